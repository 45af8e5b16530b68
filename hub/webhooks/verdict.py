"""What a call's outcome means: told, to be tried again and when, given up, or switched off."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

LADDER = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""The pauses between ten tries, three days in all: those that Standard Webhooks recommends."""
DISABLE_AFTER = timedelta(days=5)
"""A webhook that has failed so long without one success is switched off."""
_SHORTEST_REST, _LONGEST_REST = timedelta(seconds=5), timedelta(minutes=5)
_LONGEST_ASKED = timedelta(hours=1)
_BUSY = frozenset({429, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Answer:
    """How one call went.

    code: the HTTP status; None when there was no answer, and `fault` says why.
    retry_after: seconds it asked us to wait. said: the beginning of its words.
    """

    code: int | None
    milliseconds: int
    fault: str = ""
    retry_after: float = 0.0
    said: str = ""

    @property
    def told(self) -> bool:
        return self.code is not None and 200 <= self.code < 300


class Fate(Enum):
    DELIVERED = "delivered"
    AGAIN = "pending"
    FAILED = "failed"
    GONE = "gone"
    """The receiver wants no more of it (410): the webhook is switched off."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """again_at: of AGAIN."""

    fate: Fate
    again_at: datetime | None = None


def judge(answer: Answer, tries: int, now: datetime) -> Verdict:
    """What becomes of a delivery; `tries` counts this one, since it was planned or replayed."""
    if answer.told:
        return Verdict(Fate.DELIVERED)
    if answer.code == 410:
        return Verdict(Fate.GONE)
    if tries > len(LADDER):
        return Verdict(Fate.FAILED)
    return Verdict(Fate.AGAIN, now + max(LADDER[tries - 1], _asked(answer)))


def rest(answer: Answer, failures: int) -> timedelta | None:
    """How long the whole webhook is left alone, when not just one delivery displeased it.

    failures: such answers in a row, this one included.
    """
    if answer.code is not None and answer.code not in _BUSY:
        return None
    doubled = _SHORTEST_REST * 2.0 ** min(failures - 1, 10)
    return max(min(doubled, _LONGEST_REST), _asked(answer))


def _asked(answer: Answer) -> timedelta:
    """What it asked for, bounded as a number: a receiver may write more than a time can hold."""
    return timedelta(seconds=min(answer.retry_after, _LONGEST_ASKED.total_seconds()))


def is_hopeless(failing_since: datetime | None, now: datetime) -> bool:
    """Whether a webhook has failed for so long that it is switched off."""
    return failing_since is not None and now - failing_since >= DISABLE_AFTER
