"""How likely a customer is to like what is sent, from ratings, and how that makes a utility."""
