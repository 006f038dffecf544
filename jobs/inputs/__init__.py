"""The input tables: cells typed, tables checked against each other and the rules, every fault at once."""
