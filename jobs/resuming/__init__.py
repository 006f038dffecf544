"""Finished stages of a night, kept by what they depend on: a night that was cut off goes on from them, and the next
night makes anew only what changed."""
