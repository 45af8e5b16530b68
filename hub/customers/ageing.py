"""How long an address is believed to be the same person's: numbers are given to others in time."""

from datetime import datetime, timedelta

BELIEVED_FOR = {"tel": timedelta(days=365)}
"""By scheme; what is not here belongs to its owner for ever.

Operators give a number away after half a year to two years of silence.
"""


def outlived(scheme: str, last_heard_at: datetime | None, now: datetime) -> bool:
    """Whether so long nothing came from there that somebody else may have the address now."""
    believed = BELIEVED_FOR.get(scheme)
    return believed is not None and last_heard_at is not None and now - last_heard_at > believed
