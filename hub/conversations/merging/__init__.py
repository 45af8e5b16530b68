"""Conversations and customers made one, taken apart, and either undone."""
