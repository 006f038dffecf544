"""Questions about a published run: why this box, why not that product, what a unit is worth."""
