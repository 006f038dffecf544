"""Laminar rules (groups that nest or do not meet): swaps between customers find the best plan, and prove it."""
