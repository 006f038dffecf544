"""The search for one best box, compiled; read memory, ranking, box, bounds, search, shortlist."""
