"""What a night starts from: the prices and the weights that the last published run ended with, or nothing."""
