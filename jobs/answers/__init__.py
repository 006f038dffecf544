"""What a command answers, for people in lines and for programs in one JSON object; the schema of both stands here."""
