"""Identifiers: UUIDv7, so that they sort by time and cannot be counted."""

from uuid import UUID

from asyncpg.pgproto.pgproto import UUID as DriverUUID
from uuid_utils import uuid7

__all__ = ["UUID", "new_id", "parse_id"]


def new_id() -> UUID:
    """A fresh UUIDv7 (RFC 9562), monotone within the process.

    Of the driver's class, as ids in rows are: made in a third of the time that Python's own takes,
    and spelled, compared and sent in less.
    """
    return DriverUUID(uuid7().bytes)


def parse_id(text: str) -> UUID | None:
    """The UUID that `text` spells, or None."""
    try:
        return UUID(text)
    except ValueError:
        return None
