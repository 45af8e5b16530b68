"""The way in: what an inbox hands over, committed in groups, each message exactly once."""
