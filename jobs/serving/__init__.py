"""Reading what was published, as a shop's website does: a reader that follows new nights and hidden products."""
