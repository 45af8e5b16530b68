"""When a chat that nobody looks at goes on by mail, with what, and to which address.

Pure. Whoever has not read for ten minutes and does not look at the page has gone; a mail at most
each quarter of an hour brings what they have not seen, and never twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

UNREAD_FOR = timedelta(minutes=10)
APART = timedelta(minutes=15)
"""Between two mails about one chat."""
LOOK_AGAIN = timedelta(minutes=1)
"""While the visitor is on the page: the number beside the chat tells them, no mail has to."""
MOST = 20
"""Messages in one mail; the rest is told by its number."""


@dataclass(frozen=True, slots=True)
class Unread:
    """An operator's message in the chat that its visitor has neither read nor been mailed."""

    position: int
    left_at: datetime
    text: str
    author: str
    files: int = 0


@dataclass(frozen=True, slots=True)
class Nothing:
    """It was read, or was mailed already."""


@dataclass(frozen=True, slots=True)
class Wait:
    until: datetime


@dataclass(frozen=True, slots=True)
class Mail:
    """Send these; `more` of them are left out. `position`: up to where the mail tells."""

    messages: tuple[Unread, ...]
    more: int
    position: int


def decide(
    unread: Sequence[Unread], mailed_at: datetime | None, now: datetime, *, here: bool = False
) -> Nothing | Wait | Mail:
    """What to do about the chat now.

    mailed_at: when the last mail about it was written. here: the visitor looks at the page.
    """
    if not unread:
        return Nothing()
    due = min(one.left_at for one in unread) + UNREAD_FOR
    if mailed_at is not None:
        due = max(due, mailed_at + APART)
    if now < due:
        return Wait(due)
    if here:
        return Wait(now + LOOK_AGAIN)
    shown = tuple(sorted(unread, key=lambda one: one.position))
    return Mail(shown[:MOST], len(shown) - len(shown[:MOST]), shown[-1].position)


@dataclass(frozen=True, slots=True)
class OwnAddress:
    """A mail address that is the customer's already. proven: somebody vouches for that."""

    value: str
    proven: bool
    last_inbound_at: datetime | None = None


def address(claimed: str, own: Sequence[OwnAddress]) -> str:
    """Where the mail goes; empty when no address is known.

    claimed: what the visitor, or the company's site, says it is (normalised, or nothing). An
    address that was typed proves nothing: it is taken where there is no other.
    """
    if not own or claimed in {one.value for one in own}:
        return claimed
    return max(own, key=lambda one: (one.proven, _moment(one.last_inbound_at))).value


def _moment(at: datetime | None) -> float:
    return at.timestamp() if at is not None else 0.0
