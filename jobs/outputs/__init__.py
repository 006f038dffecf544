"""The files of a run folder, one module per file (docs/campaign.md, "Out"). Writers take plain frames and arrays."""
