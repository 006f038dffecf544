"""The guard: are tonight's tables and scores those of the same shop as last night's? Refused where they are not."""
