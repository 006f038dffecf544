"""Nights of the past, oldest first: what would have been sent, knowing what was known then. Begin with replay.py."""
