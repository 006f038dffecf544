"""From a platform's exports to a campaign: what lies in a folder, the SQL that reads it, what is missing."""
