"""Which of one customer's boxes gets which family: dealt before solving, so that every box is a customer of its own."""
