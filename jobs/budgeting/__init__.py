"""A night that must be over by a given moment: how much time each stage is given, and whether there is enough."""
