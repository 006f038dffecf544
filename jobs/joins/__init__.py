"""Do the ids of one table stand in another? Counted, told, and looked at under other spellings; never repaired."""
