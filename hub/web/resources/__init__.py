"""The resources of the API, a module each: its shapes, and what each of its operations calls."""
