"""Business hours: when the company is there, by named calendars."""
