"""Telegram: a bot of the company becomes an inbox; people write to it in its private chat."""

from channels.telegram.kind import channel_type

__all__ = ["channel_type"]
