"""One running process of the hub."""
