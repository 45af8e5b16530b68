"""When a message goes by its next way too: the turns of its deliveries.

A message may have several ways, one after the other: Telegram; no receipt in two minutes: SMS. The
deliveries of each way are one turn. Only the first begins by itself; the others wait, each for
`after` from the beginning of the turn before it, or for that one's failure. What arrived, or was
answered, ends the waiting. `hub.conversations.outbound.fallbacks` does what is decided here.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.deliveries.status import Status

KIND = "fallback"
"""Due kind of the look at a message that has ways left, keyed by its entry."""

ARRIVED = "arrived"
"""Why a delivery was cancelled: the message has arrived by another way."""
ANSWERED = "answered"
"""The customer has written since."""
CHANGED = "changed"
"""The message was changed, or taken back, after it had left by the first way."""
OVERTAKEN = "overtaken"
"""It had not left when the next way's time came: one copy is enough."""
NO_RECEIPT = "no-receipt"
"""Why a turn began: the one before it was not confirmed in time."""
WAY_FAILED = "way-failed"
"""Why a turn began at once: the one before it came to nothing."""

_LOST = frozenset({Status.FAILED, Status.CANCELLED, Status.SUPPRESSED})
_SEEN = frozenset({Status.DELIVERED, Status.READ})
_HOPE = tuple(one for one in Status if one not in _LOST)


@dataclass(frozen=True, slots=True)
class Turn:
    """One way of a message.

    after: how long the turn before it is given. began_at: None while it waits.
    confirms: its channel tells when something arrives; where it does not, what the provider took
    counts as arrived: nobody will ever tell more.
    parts: (part, status) of its deliveries, repeats included.
    """

    number: int
    after: timedelta
    began_at: datetime | None
    confirms: bool
    parts: tuple[tuple[int, Status], ...]

    @property
    def arrived(self) -> bool:
        enough = _SEEN if self.confirms else _SEEN | {Status.SENT}
        return all(one in enough for one in self._best())

    @property
    def lost(self) -> bool:
        """A part of it will not come: half a message is none."""
        return any(one in _LOST for one in self._best())

    def _best(self) -> Iterable[Status]:
        """Of each part, its most hopeful delivery: a repeat covers the failure before it."""
        by_part: defaultdict[int, list[Status]] = defaultdict(list)
        for part, status in self.parts:
            by_part[part].append(status)
        for statuses in by_part.values():
            alive = [one for one in statuses if one not in _LOST]
            yield max(alive, key=_HOPE.index) if alive else statuses[0]


@dataclass(frozen=True, slots=True)
class Begin:
    """The turn `number` begins. why: NO_RECEIPT or WAY_FAILED."""

    number: int
    why: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Look again at `until`, or when there is news."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Rest:
    """No other way is taken. why: ARRIVED, ANSWERED, or empty: there is none left.

    keep: the turn that arrived; what the others have not sent yet is cancelled.
    """

    why: str
    keep: int | None = None


def decide(turns: Sequence[Turn], *, answered: bool, now: datetime) -> Begin | Wait | Rest:
    """What to do about a message's ways now. `turns` in order; the first has begun."""
    arrived = next((one.number for one in turns if one.began_at and one.arrived), None)
    if arrived is not None:
        return Rest(ARRIVED, arrived)
    if answered:
        return Rest(ANSWERED)
    waiting = [one for one in turns if one.began_at is None and not one.lost]
    if not waiting:
        return Rest("")
    following, current = waiting[0], [one for one in turns if one.began_at][-1]
    # A way between them that turned out to be closed takes no time.
    if current.lost or following.number > current.number + 1:
        return Begin(following.number, WAY_FAILED)
    assert current.began_at is not None  # noqa: S101 - chosen so above
    deadline = current.began_at + following.after
    return Wait(deadline) if now < deadline else Begin(following.number, NO_RECEIPT)
