"""Telling the people who run the hub what needs their hand, once per incident."""
