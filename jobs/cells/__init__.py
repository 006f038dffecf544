"""Cells of any type as ids, texts and moments: what lost nothing is read, what cannot be read is refused by type."""
