"""Hours of mixed load on all four channels, with faults: does anything grow, lag or get lost?"""
