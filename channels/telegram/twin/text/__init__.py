"""Text with its entities: what was said, and what is bold, a link or a quote in it."""

from channels.telegram.twin.text.formatted import Formatted, formatted, plain

__all__ = ["Formatted", "formatted", "plain"]
