"""How far a delivery, and the message it carries, has come: whatever order the news arrive in."""

from collections import defaultdict
from collections.abc import Iterable
from enum import StrEnum


class Status(StrEnum):
    SCHEDULED = "scheduled"
    """Waits for its `send_at`."""
    WAITING = "waiting"
    """Waits for something else (a fallback's turn)."""
    QUEUED = "queued"
    SENDING = "sending"
    """Being handed to the provider; after a crash: perhaps handed over."""
    UNKNOWN = "unknown"
    """Perhaps sent. Never repeated unasked; an operator decides, or a receipt tells."""
    SENT = "sent"
    """The provider took it."""
    DELIVERED = "delivered"
    FAILED = "failed"
    READ = "read"
    CANCELLED = "cancelled"
    SUPPRESSED = "suppressed"
    """A rule or an opt-out kept it from being sent."""


RANK = {status: rank for rank, status in enumerate(Status)}
"""The members of `Status` stand in the order of their ranks.

A bounce may follow *delivered* (mail servers accept first and refuse later), so *failed* stands
above it; whoever has read the message has received it, whatever a server said, so *read* stands
above *failed*. What was cancelled or suppressed never left, so no news can be about it.
"""

UNSENT = frozenset({Status.SCHEDULED, Status.WAITING, Status.QUEUED})
"""What can still be called back."""
ARRIVED = frozenset({Status.SENT, Status.DELIVERED, Status.READ})
"""What went wrong on the way no longer matters."""
RETRIABLE = frozenset({Status.FAILED, Status.UNKNOWN})

# Of the deliveries of one part (a delivery and its retries) the most hopeful one counts ...
_HOPE = (
    Status.SUPPRESSED,
    Status.CANCELLED,
    Status.FAILED,
    Status.UNKNOWN,
    Status.SCHEDULED,
    Status.WAITING,
    Status.QUEUED,
    Status.SENDING,
    Status.SENT,
    Status.DELIVERED,
    Status.READ,
)
# ... and of the parts of a message the one an operator has to know about.
_TROUBLE = (
    Status.FAILED,
    Status.UNKNOWN,
    Status.CANCELLED,
    Status.SUPPRESSED,
    Status.SCHEDULED,
    Status.WAITING,
    Status.QUEUED,
    Status.SENDING,
    Status.SENT,
    Status.DELIVERED,
    Status.READ,
)


def merge(old: Status, news: Status) -> Status:
    """The status after `news`: the one of higher rank.

    A maximum, so any order and any repetition of the same news ends alike. The one step back is
    no news and not made here: the outbox puts a `sending` delivery back to `queued` when the
    provider certainly did not take it.
    """
    return max(old, news, key=RANK.__getitem__)


def message_status(deliveries: Iterable[tuple[int, int, Status]]) -> Status:
    """A message's status from its deliveries' (turn, part, status).

    The best per part, so a retry covers the failure before it; then the worst over the parts: a
    message of which one half failed has not arrived; then the best of its ways.
    """
    turns: defaultdict[int, defaultdict[int, list[Status]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for turn, part, status in deliveries:
        turns[turn][part].append(status)
    ways = (
        min((max(one, key=_HOPE.index) for one in parts.values()), key=_TROUBLE.index)
        for parts in turns.values()
    )
    return max(ways, key=_HOPE.index)
