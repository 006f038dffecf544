"""The website's lists and the reasons beside every item, from a trained recommender."""
