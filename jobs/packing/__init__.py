"""From a shop and its scores to boxes, and the words about them."""
