"""What is bought together, and what completes a basket."""
