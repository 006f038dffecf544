"""Questions about a published run: why this box, why not that product, what one more unit would add."""
