"""Which values are nearly the same, as a person would say: folded, in words, with a typo; and what says nothing."""
