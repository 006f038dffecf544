"""Whoever has to know how a night ended is told: the history, monitors, lineage tools, a command of the shop's own."""
