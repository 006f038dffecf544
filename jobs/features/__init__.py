"""Columns of customers and products as attributes that a model can learn from."""
