"""Besedka: one timeline per customer, whatever the channel."""

__version__ = "0.1.0"
