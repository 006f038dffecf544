"""What a night that published nothing leaves behind: its lines, its log, and whatever it had found out by then."""
