"""Campaigns to try: the demo shop from retail data, and made-up shops of any size."""
