"""How good the recommender is on the campaign's own past, the weights that fit it, and the gate a model must pass."""
