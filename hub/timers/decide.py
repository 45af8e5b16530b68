"""Which timers a conversation has now, and when each warns and is due: pure.

The reply timers run from the oldest message nobody has answered, whatever state the conversation
is in: the first one until it was answered once, afterwards the next one. An answer ends them. The
resolution timer runs while the conversation is open, pauses while it is pending or snoozed, and
ends when it is closed; opened again, it begins anew. Of a wait that is over, what was told is kept
beside them, without a time.

Beside what is promised to all, who was not content is called back: from the low score until they
are answered or the conversation is closed, whatever the policies say.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from hub.conversations.rating import CALL_BACK_WITHIN
from hub.conversations.status import ConversationStatus
from hub.hours.calendar import Calendar

Kind = Literal["first_reply", "next_reply", "resolution", "call_back"]
KINDS: tuple[Kind, ...] = ("first_reply", "next_reply", "resolution")
"""What policies promise."""
CALL_BACK: Kind = "call_back"
NO_POLICY = UUID(int=0)
"""Of a call back, which no policy promises."""
_CALL_BACK_WARNS = 0.8
_NONE = timedelta()


@dataclass(frozen=True, slots=True)
class Facts:
    """A conversation, as far as timers look at it. rated_low_at: when its low score came."""

    status: str
    inbox_id: UUID
    team_id: UUID | None
    priority: int
    waiting_since: datetime | None
    replied: bool
    rated_low_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """What happened to a conversation until `at`. steps: each status it took, and when."""

    at: datetime
    steps: tuple[tuple[str, datetime], ...] = ()


@dataclass(frozen=True, slots=True)
class Policy:
    """targets: in business time. warn: the part of a target after which a warning is told."""

    id: UUID
    inboxes: frozenset[UUID]
    teams: frozenset[UUID]
    priority: int
    targets: Mapping[Kind, timedelta]
    warn: float

    def fits(self, facts: Facts) -> bool:
        return (
            (not self.inboxes or facts.inbox_id in self.inboxes)
            and (not self.teams or facts.team_id in self.teams)
            and facts.priority >= self.priority
        )


@dataclass(frozen=True, slots=True)
class Timer:
    """As `hub.timers.tables.ConversationTimer` keeps it."""

    kind: Kind
    policy_id: UUID
    started_at: datetime
    running_since: datetime | None
    spent: timedelta = _NONE
    due_at: datetime | None = None
    warn_at: datetime | None = None
    warned_at: datetime | None = None
    breached_at: datetime | None = None

    @property
    def next_at(self) -> datetime | None:
        """When something is to be told of it next."""
        if self.breached_at is not None:
            return None
        return self.due_at if self.warned_at is not None else (self.warn_at or self.due_at)


def timers(
    facts: Facts,
    before: Sequence[Timer],
    policies: Sequence[Policy],
    calendar: Calendar,
    at: datetime,
) -> tuple[Timer, ...]:
    """The timers from `at` on. `policies`: in their order, the first that fits holds."""
    promised = [one for one in before if one.kind != CALL_BACK]
    called = next((one for one in before if one.kind == CALL_BACK), None)
    return (*_promised(facts, promised, policies, calendar, at), *_call_back(facts, called))


def _call_back(facts: Facts, before: Timer | None) -> tuple[Timer, ...]:
    """In hours of the clock, as the line on the timeline says it."""
    since, waits = facts.rated_low_at, facts.waiting_since
    if since is None or waits is None or waits > since:
        return ()
    if facts.status == ConversationStatus.CLOSED:
        return ()
    if before is not None and before.started_at == since:
        return (before,)
    due_at, warn_at = since + CALL_BACK_WITHIN, since + CALL_BACK_WITHIN * _CALL_BACK_WARNS
    return (Timer(CALL_BACK, NO_POLICY, since, since, due_at=due_at, warn_at=warn_at),)


def _promised(
    facts: Facts,
    before: Sequence[Timer],
    policies: Sequence[Policy],
    calendar: Calendar,
    at: datetime,
) -> tuple[Timer, ...]:
    policy = next((one for one in policies if one.fits(facts)), None)
    if policy is None:
        return ()
    if facts.status == ConversationStatus.CLOSED:
        return _resting(before, frozenset())
    known = {one.kind: one for one in before}
    found = []
    if facts.waiting_since is not None:
        kind: Kind = "next_reply" if facts.replied else "first_reply"
        found.append(_reply(kind, known.get(kind), policy, facts.waiting_since))
    found.append(_resolution(facts, known.get("resolution"), policy, calendar, at))
    run = [_timed(one, policy, calendar, at) for one in found if one.kind in policy.targets]
    return (*run, *_resting(before, {one.kind for one in run}))


def _resting(before: Sequence[Timer], running: Collection[Kind]) -> tuple[Timer, ...]:
    """What was told of a wait that has ended: an answer taken back must not tell it again."""
    return tuple(
        replace(one, running_since=None, due_at=None, warn_at=None)
        for one in before
        if one.kind not in {"resolution", *running} and (one.warned_at or one.breached_at)
    )


def folded(
    facts: Facts,
    before: Sequence[Timer],
    policies: Sequence[Policy],
    calendar: Calendar,
    way: Way,
) -> tuple[Timer, ...]:
    """`timers` at the end of a way on which the status changed, perhaps more than once.

    What the way ends with holds, also where the status has changed once more since: that will be
    told. What is closed by now has no timers, whoever closed it.
    """
    status = facts.status
    for status, at in way.steps:
        before = timers(replace(facts, status=status), before, policies, calendar, at)
    if facts.status == ConversationStatus.CLOSED:
        status = facts.status
    return timers(replace(facts, status=status), before, policies, calendar, way.at)


def _reply(kind: Kind, before: Timer | None, policy: Policy, since: datetime) -> Timer:
    if before is not None and before.started_at == since:
        return replace(before, policy_id=policy.id, running_since=since)
    return Timer(kind, policy.id, since, since)


def _resolution(
    facts: Facts, before: Timer | None, policy: Policy, calendar: Calendar, at: datetime
) -> Timer:
    runs = facts.status == ConversationStatus.OPEN
    if before is None:
        return Timer("resolution", policy.id, at, at if runs else None)
    one = replace(before, policy_id=policy.id)
    if runs and one.running_since is None:
        return replace(one, running_since=at)
    if not runs and one.running_since is not None:
        spent = one.spent + calendar.between(one.running_since, at)
        return replace(one, running_since=None, spent=spent)
    return one


def _timed(one: Timer, policy: Policy, calendar: Calendar, at: datetime) -> Timer:
    if one.running_since is None:
        return replace(one, due_at=None, warn_at=None)
    target = policy.targets[one.kind]
    due_at = calendar.after(one.running_since, target - one.spent)
    warn_at = calendar.after(one.running_since, target * policy.warn - one.spent)
    return replace(
        one,
        due_at=due_at,
        warn_at=warn_at,
        warned_at=_still(one.warned_at, warn_at, at),
        breached_at=_still(one.breached_at, due_at, at),
    )


def _still(told_at: datetime | None, moment: datetime | None, at: datetime) -> datetime | None:
    """When it was told; None where a longer promise puts the moment off: it is told again then."""
    if told_at is None or moment is None:
        return told_at
    return None if moment > max(told_at, at) else told_at
