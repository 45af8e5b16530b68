"""Who gets a conversation: its customer's owner, a team, and in a team whose turn it is."""
