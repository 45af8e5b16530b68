"""What the hub shows over HTTP: the API, the pages, the live feed, the way to the channels."""
