"""The best items of a row, lists without repetition, and how good a list is."""
