"""Pages that need no JavaScript: signing in and up, and what a link in a message leads to."""
