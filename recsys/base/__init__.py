"""What all parts use: events as arrays, order, seeds, threads, shrinking."""
