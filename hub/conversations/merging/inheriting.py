"""What a conversation takes over from those that are merged into it, and is without one of them.

Pure. A conversation with parts keeps a journal: what it was before the first one came and then, in
order, what was changed by hand and what came. What it is follows from the journal; without one of
its parts, in whatever order they leave, it is what it would be had that part never come.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from typing import Self
from uuid import UUID

from hub.conversations.status import MOST_LABELS, ConversationStatus, State

MERGED = "merged"
"""The reason of what is closed because it became part of another conversation."""
_AWAKE = (
    ConversationStatus.OPEN,
    ConversationStatus.PENDING,
    ConversationStatus.SNOOZED,
    ConversationStatus.CLOSED,
)
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether there is work to do in it, or when there will be."""

    status: str
    snoozed_until: datetime | None = None
    closed_at: datetime | None = None
    close_reason: str = ""

    @property
    def rank(self) -> int:
        """The more awake, the lower."""
        return _AWAKE.index(ConversationStatus(self.status))


@dataclass(frozen=True, slots=True)
class Sets:
    """What there may be several of: labels, and operators who follow."""

    labels: frozenset[str] = frozenset()
    followers: frozenset[UUID] = frozenset()

    def plus(self, other: Self) -> "Sets":
        """Either's."""
        return Sets(self.labels | other.labels, self.followers | other.followers)

    def minus(self, other: Self) -> "Sets":
        """What the other one has not."""
        return Sets(self.labels - other.labels, self.followers - other.followers)


@dataclass(frozen=True, slots=True)
class Traits:
    """All of a conversation that it shares with what it becomes part of."""

    standing: Standing
    assignee_id: UUID | None = None
    team_id: UUID | None = None
    priority: int = 0
    score: tuple[int | None, datetime | None] = (None, None)
    """What the customer answered to the satisfaction question, and when."""
    sets: Sets = Sets()

    @classmethod
    def of(
        cls, state: State, followers: Iterable[UUID], score: tuple[int | None, datetime | None]
    ) -> Self:
        """As a row has it."""
        return cls(
            Standing(state.status, state.snoozed_until, state.closed_at, state.close_reason),
            state.assignee_id,
            state.team_id,
            state.priority,
            score,
            Sets(frozenset(state.labels), frozenset(followers)),
        )

    def put_on(self, state: State) -> State:
        """The state with these traits; what is counted from messages stays."""
        standing = self.standing
        closed = standing.status == ConversationStatus.CLOSED
        return replace(
            state,
            status=standing.status,
            snoozed_until=standing.snoozed_until,
            closed_at=standing.closed_at,
            close_reason=standing.close_reason,
            assignee_id=self.assignee_id,
            team_id=self.team_id,
            priority=self.priority,
            labels=tuple(sorted(self.sets.labels)),
            waiting_since=None if closed else state.waiting_since,
        )


_SINGLE = frozenset(one.name for one in fields(Traits)) - {"sets"}


@dataclass(frozen=True, slots=True)
class Change:
    """What operators, rules and the customer changed while the parts were the same.

    named: traits that were set, to what they are in `to`, of which the rest means nothing.
    """

    named: frozenset[str] = frozenset()
    to: Traits | None = None
    added: Sets = Sets()
    removed: Sets = Sets()

    def upon(self, traits: Traits) -> Traits:
        """What they are once this has been done to them."""
        single = {name: getattr(self.to, name) for name in self.named}
        return replace(traits, **single, sets=traits.sets.minus(self.removed).plus(self.added))

    def then(self, later: Self) -> "Change":
        """Both as one."""
        return Change(
            self.named | later.named,
            later.to if self.to is None or later.to is None else later.upon(self.to),
            self.added.minus(later.removed).plus(later.added),
            self.removed.minus(later.added).plus(later.removed),
        )


def difference(before: Traits, after: Traits, *, woken: bool = False) -> Change:
    """What was done to `before`. woken: the customer wrote, which keeps it as awake as it is."""
    named = {name for name in _SINGLE if getattr(before, name) != getattr(after, name)}
    return Change(
        frozenset(named | {"standing"} if woken else named),
        after,
        after.sets.minus(before.sets),
        before.sets.minus(after.sets),
    )


def joined(stays: Traits, goes: Traits) -> Traits:
    """The one that stays, once the other one is in it.

    The more awake one counts, the one that stays wins where both have something, of the
    customer's scores the newer one.
    """
    both = stays.sets.plus(goes.sets)
    if len(both.labels) > MOST_LABELS:
        both = replace(both, labels=stays.sets.labels)
    return Traits(
        min(stays.standing, goes.standing, key=lambda one: one.rank),
        stays.assignee_id or goes.assignee_id,
        stays.team_id or goes.team_id,
        max(stays.priority, goes.priority),
        max(stays.score, goes.score, key=lambda one: one[1] or _NEVER),
        both,
    )


@dataclass(frozen=True, slots=True)
class Part:
    """One that is merged into another: what it was, and what was done to the other before."""

    id: UUID
    traits: Traits
    change: Change


@dataclass(frozen=True, slots=True)
class Journal:
    """What a conversation was before anything was merged into it, and all that came after.

    at: when `change`, what was done since the last part came or left, was last looked at.
    """

    began: Traits
    at: datetime
    parts: tuple[Part, ...] = ()
    change: Change = Change()

    @property
    def traits(self) -> Traits:
        """What follows from it."""
        now = self.began
        for part in self.parts:
            now = joined(part.change.upon(now), part.traits)
        return self.change.upon(now)

    def seen(self, traits: Traits, last_inbound_at: datetime | None, now: datetime) -> Self:
        """The row has these traits by now."""
        woken = last_inbound_at is not None and last_inbound_at > self.at
        done = difference(self.traits, traits, woken=woken)
        return replace(self, at=now, change=self.change.then(done))

    def plus(self, one: UUID, traits: Traits) -> Self:
        """Another one is merged into it."""
        parts = (*self.parts, Part(one, traits, self.change))
        return replace(self, parts=parts, change=Change())

    def minus(self, one: UUID) -> Self:
        """One of its parts stands alone again; what was done before it came stays done."""
        place = next(n for n, part in enumerate(self.parts) if part.id == one)
        done, rest = self.parts[place].change, self.parts[place + 1 :]
        if not rest:
            return replace(self, parts=self.parts[:place], change=done.then(self.change))
        after = replace(rest[0], change=done.then(rest[0].change))
        return replace(self, parts=(*self.parts[:place], after, *rest[1:]))

    def with_part_as(self, one: UUID, traits: Traits) -> Self:
        """One of its parts is something else by now: it has lost a part of its own."""
        parts = [replace(part, traits=traits) if part.id == one else part for part in self.parts]
        return replace(self, parts=tuple(parts))


def without(text: str, lent: str) -> str:
    """The text of a draft without the paragraphs that another conversation lent it.

    As it is, where those were changed since. Drafts are joined by an empty line.
    """
    if text == lent:
        return ""
    gap = "\n\n"
    before, found, after = f"{gap}{text}{gap}".rpartition(f"{gap}{lent}{gap}")
    if not found or not lent:
        return text
    return gap.join([one for one in (before[len(gap) :], after[: -len(gap)]) if one])
