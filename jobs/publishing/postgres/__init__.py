"""A release in the shop's own PostgreSQL: tables beside, views in front, rolled back at once."""
