"""Web chat: visitors of the company's site write to it, on a page of ours or in its own widget."""

from channels.webchat.channel import channel_type

__all__ = ["channel_type"]
