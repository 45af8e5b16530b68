"""The way out: from what an operator or a rule wants to say to its queued deliveries."""
