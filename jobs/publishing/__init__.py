"""A run becomes what readers see, all of it or nothing; and goes back."""
