"""The twin of Telegram: a local Bot API server that the adapter cannot tell from the real one."""

from channels.telegram.twin.serving import TelegramTwin

twin = TelegramTwin()

__all__ = ["TelegramTwin", "twin"]
