"""Which conversation a message from a customer belongs to, and what that does to the conversation.

1. A conversation the message names (a signature of ours first, then the references of its thread,
   newest first), if it is the same customer's and not closed for longer than its inbox allows.
   Another customer's is never joined, even with our signature: a forwarded mail must not put a
   stranger's words on somebody's timeline.
2. A live message: the customer's newest open, pending or snoozed one of the inbox's pool; else a
   new one. Whatever it joins becomes open.
3. An automatic message (auto-reply, bulk mail) joins the customer's newest one of the pool in
   whatever state and leaves that as it is. If there is none it gets one that is born closed: to be
   found in the list and reopened by hand when it was a person after all.
4. An imported message joins the conversation that was alive around its time (silent for less than
   that before or after it), so history falls into episodes; else one born closed.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from hub.inboxes.open_inbox import REOPEN_DAYS


class Known(NamedTuple):
    """A conversation as routing sees it.

    history: only automatic and imported messages are in it, so its dates are theirs.
    """

    id: UUID
    root_id: UUID
    inbox_id: UUID
    pool: str
    status: str
    opened_at: datetime
    updated_at: datetime
    closed_at: datetime | None = None
    history: bool = False


class Arrival(NamedTuple):
    """The message `id` of the customer `root_id`.

    named: what it refers to, surest first: conversations, or messages that `place` placed before.
    silence: how long its inbox takes a conversation for the same one.
    at: when it sorts: now, or for an imported one the time it was written.
    """

    id: UUID
    root_id: UUID
    inbox_id: UUID
    pool: str
    at: datetime
    named: tuple[UUID, ...] = ()
    automatic: bool = False
    imported: bool = False
    silence: timedelta = timedelta(days=REOPEN_DAYS)

    @property
    def live(self) -> bool:
        return not (self.automatic or self.imported)


@dataclass(frozen=True, slots=True)
class Existing:
    conversation_id: UUID


@dataclass(frozen=True, slots=True)
class Opened:
    """A new conversation; `status` is open, or closed when nobody is to be woken."""

    status: str


class Placement(NamedTuple):
    """Where a message went: the conversation afterwards, and its status before ('' = new)."""

    conversation: Known
    was: str

    @property
    def opened(self) -> bool:
        return self.was == ""

    @property
    def reopened(self) -> bool:
        return not self.opened and self.was != self.conversation.status


def route(arrival: Arrival, conversations: Iterable[Known], now: datetime) -> Existing | Opened:
    """The rules above. `conversations`: those that may matter, of any customer and pool."""
    own = [one for one in conversations if one.root_id == arrival.root_id]
    chosen = _named(arrival, own, now) or _fitting(arrival, own)
    if chosen is not None:
        return Existing(chosen.id)
    return Opened("open" if arrival.live else "closed")


def _named(arrival: Arrival, own: Sequence[Known], now: datetime) -> Known | None:
    if not arrival.named:
        return None
    by_id = {one.id: one for one in own}
    found = (by_id[name] for name in arrival.named if name in by_id)
    return next((one for one in found if not _stale(one, arrival, now)), None)


def _stale(conversation: Known, arrival: Arrival, now: datetime) -> bool:
    closed_at = conversation.closed_at
    if conversation.status != "closed" or closed_at is None:
        return False
    # History is compared with the time it was written, not with the day of its import.
    return (arrival.at if arrival.imported else now) - closed_at >= arrival.silence


def _fitting(arrival: Arrival, own: Sequence[Known]) -> Known | None:
    pool = [one for one in own if one.pool == arrival.pool]
    if arrival.imported:
        pool = [one for one in pool if _alive_around(one, arrival)]
        return max(pool, key=lambda one: (one.opened_at, one.id), default=None)
    if not arrival.automatic:
        pool = [one for one in pool if one.status != "closed"]
    return max(pool, key=lambda one: (one.updated_at, one.id), default=None)


def _alive_around(conversation: Known, arrival: Arrival) -> bool:
    if conversation.opened_at - arrival.at >= arrival.silence:
        return False
    closed_at = conversation.closed_at
    return closed_at is None or arrival.at - closed_at < arrival.silence


def place(
    arrivals: Sequence[Arrival],
    conversations: Iterable[Known],
    now: datetime,
    fresh_id: Callable[[], UUID],
) -> list[Placement]:
    """Route one after the other: each message sees what the ones before it did.

    fresh_id: gives the ids of new conversations.
    """
    by_root: dict[UUID, dict[UUID, Known]] = {}
    for one in conversations:
        by_root.setdefault(one.root_id, {})[one.id] = one
    said: dict[UUID, UUID] = {}
    placements = []
    for arrival in arrivals:
        own = by_root.setdefault(arrival.root_id, {})
        if arrival.named:
            named = tuple([said.get(name, name) for name in arrival.named])
            arrival = arrival._replace(named=named)  # noqa: PLW2901
        placement = _place(arrival, own, now, fresh_id)
        said[arrival.id] = placement.conversation.id
        own[placement.conversation.id] = placement.conversation
        placements.append(placement)
    return placements


def _place(
    arrival: Arrival, own: dict[UUID, Known], now: datetime, fresh_id: Callable[[], UUID]
) -> Placement:
    routed = route(arrival, own.values(), now)
    if isinstance(routed, Opened):
        return Placement(_opened(arrival, routed.status, now, fresh_id()), was="")
    before = own[routed.conversation_id]
    return Placement(_joined(before, arrival, now), was=before.status)


def _opened(arrival: Arrival, status: str, now: datetime, fresh: UUID) -> Known:
    at = arrival.at if arrival.imported else now
    return Known(
        id=fresh,
        root_id=arrival.root_id,
        inbox_id=arrival.inbox_id,
        pool=arrival.pool,
        status=status,
        opened_at=at,
        updated_at=at,
        closed_at=at if status == "closed" else None,
        history=not arrival.live,
    )


def _joined(conversation: Known, arrival: Arrival, now: datetime) -> Known:
    if arrival.live:
        return conversation._replace(status="open", closed_at=None, updated_at=now, history=False)
    if not (conversation.history and arrival.imported):
        return conversation
    closed_at = conversation.closed_at
    return conversation._replace(
        opened_at=min(conversation.opened_at, arrival.at),
        updated_at=max(conversation.updated_at, arrival.at),
        closed_at=max(closed_at, arrival.at) if closed_at is not None else None,
    )
