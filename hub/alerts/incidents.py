"""When a sign of trouble becomes an alert, when it is told again, and when it is over.

One alert per incident: it must have lasted, so that a hiccup wakes nobody; what comes and goes is
one incident as long as it does not stay away; what was told is told to be over.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from hub.operators.access import Role

CALM = timedelta(minutes=2)
"""An incident of which there was no sign for so long is over."""
AGAIN = timedelta(hours=6)
"""What was told, and gets ever more or comes again, is told again after that. Only what is told to
be over may be told anew before."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """after: how long it must last. over: whether its end is news. roles: who can help it.

    listed: the page Problems shows the things themselves.
    """

    after: timedelta
    roles: frozenset[Role]
    over: bool = True
    listed: bool = False


_ADMINISTRATORS = frozenset({Role.ADMINISTRATOR})
_SUPERVISORS = frozenset({Role.ADMINISTRATOR, Role.SUPERVISOR})
_NOW, _MINUTE, _FIVE = timedelta(0), timedelta(minutes=1), timedelta(minutes=5)

PATTERNS: Final[Mapping[str, Pattern]] = {
    "inbox-down": Pattern(_FIVE, _ADMINISTRATORS, listed=True),
    "stuck": Pattern(_NOW, _SUPERVISORS, listed=True),
    "quarantine": Pattern(_NOW, _ADMINISTRATORS, listed=True),
    "in-doubt": Pattern(_FIVE, _SUPERVISORS, listed=True),
    "failing": Pattern(_NOW, _SUPERVISORS, over=False, listed=True),
    "due-late": Pattern(_FIVE, _ADMINISTRATORS),
    "not-numbered": Pattern(_MINUTE, _ADMINISTRATORS),
    "reader-behind": Pattern(_FIVE, _ADMINISTRATORS),
    "event-skipped": Pattern(_NOW, _ADMINISTRATORS, over=False),
    "webhook-failing": Pattern(_NOW, _ADMINISTRATORS),
    "webhook-off": Pattern(_NOW, _ADMINISTRATORS),
}


@dataclass(frozen=True, slots=True)
class Sign:
    """What is wrong at this moment, and since when, as far as that can be known."""

    kind: str
    subject: str
    since: datetime
    latest: datetime
    number: int = 1
    inbox_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """An incident that is not over."""

    id: UUID
    kind: str
    subject: str
    since: datetime
    seen_at: datetime
    told_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is to be done: `new` and `seen` are written down; `tell` are keys of those two."""

    new: Sequence[Sign]
    seen: Mapping[UUID, Sign]
    tell: frozenset[tuple[str, str]]
    over: Sequence[Known]
    ended: Sequence[Known]
    """Ended without a word: nobody had been told, or its end is no news."""


def judge(
    signs: Sequence[Sign],
    known: Sequence[Known],
    now: datetime,
    told: Mapping[tuple[str, str], datetime] | None = None,
) -> Judgement:
    """Compare what is found with what is known. told: when what has ended since was told."""
    quiet = {
        key for key, at in (told or {}).items() if now - at < AGAIN and not PATTERNS[key[0]].over
    }
    before = {(one.kind, one.subject): one for one in known}
    found = {(one.kind, one.subject): one for one in signs}
    gone = [one for key, one in before.items() if key not in found and now - one.seen_at >= CALM]
    over = [one for one in gone if one.told_at is not None and PATTERNS[one.kind].over]
    return Judgement(
        new=[sign for key, sign in found.items() if key not in before],
        seen={before[key].id: sign for key, sign in found.items() if key in before},
        tell=frozenset(
            key
            for key, sign in found.items()
            if key not in quiet and _is_news(sign, before.get(key), now)
        ),
        over=over,
        ended=[one for one in gone if one not in over],
    )


def _is_news(sign: Sign, known: Known | None, now: datetime) -> bool:
    if known is not None and known.told_at is not None:
        return sign.latest > known.told_at and now - known.told_at >= AGAIN
    since = sign.since if known is None else min(sign.since, known.since)
    return now - since >= PATTERNS[sign.kind].after
