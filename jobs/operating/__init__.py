"""What operators read: every night in a row, how things stand, what changed between two runs, and what came true."""
