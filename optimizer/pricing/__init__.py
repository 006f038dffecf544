"""Prices of stock and quotas that lower the proved bound: a first guess, then dual ascent with second-order steps."""
