"""Guarantees, the line each rests on, and the test that turns red when that line is taken away."""
