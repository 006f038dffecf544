"""From the parts to one score, and the weights of the parts fitted to the past."""
