"""How a campaign is configured: campaign.toml read, checked, frozen."""
