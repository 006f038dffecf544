"""What the second opinion looks at: the files of a run and of a campaign, read by code of its own."""
