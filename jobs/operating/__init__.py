"""What operators read and are told: every night in a row, how things stand, metrics, notices, lineage."""
