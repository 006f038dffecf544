"""Real and large cases to measure the night on; `beauty` writes a campaign from the Amazon Beauty reviews."""
