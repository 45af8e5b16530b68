"""Telegram: a bot of the company becomes an inbox; people write to it in its private chat."""

from channels.telegram import quick_types

quick_types.load()

from channels.telegram.channel import channel_type  # noqa: E402 - only now is aiogram imported

__all__ = ["channel_type"]
