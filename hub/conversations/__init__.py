"""Conversations as they stand; the ways in and out of them, and merging, are packages above."""
