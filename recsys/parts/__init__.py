"""The parts of a score, each a small model of its own."""
