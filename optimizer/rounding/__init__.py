"""From prices to whole boxes: a plan in hand is mended, improved by integer programmes, and proved."""
