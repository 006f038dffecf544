"""A small shop to click through, made of the published lists: `/demo`."""
