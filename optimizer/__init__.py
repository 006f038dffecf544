"""Packing: utilities, rules and stock in; boxes, prices and proof out. Knows arrays, not models, ids or files."""
