"""From tables to a trained recommender that answers for ids."""
