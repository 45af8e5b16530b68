"""How fast the hub is, in ratios to what the machine could do at best, measured side by side."""
