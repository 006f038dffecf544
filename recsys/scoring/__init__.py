"""Parts mixed into one score, and the weights that the past speaks for."""
