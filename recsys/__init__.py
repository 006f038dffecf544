"""Recommending: events in, scores and ranked lists out. Knows arrays, not ids, boxes or files."""
