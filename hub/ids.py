"""Identifiers: UUIDv7, so that they sort by time and cannot be counted."""

from uuid import UUID

from uuid_utils.compat import uuid7

__all__ = ["UUID", "new_id", "parse_id"]


def new_id() -> UUID:
    """A fresh UUIDv7 (RFC 9562), monotone within the process."""
    return uuid7()


def parse_id(text: str) -> UUID | None:
    """The UUID that `text` spells, or None."""
    try:
        return UUID(text)
    except ValueError:
        return None
