"""What a plan and its prices tell: what a unit is worth, why an item is not in a box, why boxes are short."""
