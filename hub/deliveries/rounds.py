"""One round over claimed lanes: what is sent now, what waits, what has ended."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from hub.db.engine import WriteSession
from hub.deliveries import gates, lane, rests
from hub.deliveries.dispatch import Head
from hub.deliveries.gates import Wanted
from hub.deliveries.lane import End, Hold, Rest, Send, Wait
from hub.deliveries.rests import Rests
from hub.deliveries.seats import Seats
from hub.due import queue, returns
from hub.due.queue import Claim
from hub.due.returns import Return
from hub.inboxes.open_inbox import OpenInbox

Senders = Callable[[UUID], OpenInbox | None]
"""The open inbox of an id, or None while it is not open on this node."""

_Steps = dict[UUID, Send | Wait | Rest | End]
"""By contact point."""


@dataclass(frozen=True, slots=True)
class Sending:
    """A delivery marked `sending`, attempt number `attempt`, by the one that holds `claim`."""

    claim: Claim
    head: Head
    inbox: OpenInbox
    attempt: int


@dataclass(frozen=True, slots=True)
class Ended:
    """A head that is not tried (again)."""

    claim: Claim
    head: Head
    end: End


class SeatsTaken:
    """The seats of one round; those that no send came to use are given back at its end."""

    def __init__(self, seats: Seats) -> None:
        self._seats = seats
        self._unused: Counter[UUID] = Counter()

    def take(self, inbox_id: UUID, now: datetime) -> datetime | None:
        later = self._seats.take(inbox_id, now)
        if later is None:
            self._unused[inbox_id] += 1
        return later

    def use(self, sends: Iterable[Sending]) -> None:
        """These sends have their seats until they end."""
        self._unused.subtract(one.head.inbox_id for one in sends)

    def give_back(self) -> None:
        for inbox_id in self._unused.elements():
            self._seats.leave(inbox_id)


@dataclass(frozen=True, slots=True)
class Round:
    sends: tuple[Sending, ...]
    ends: tuple[Ended, ...]


async def begin(
    session: WriteSession,
    claims: Sequence[Claim],
    senders: Senders,
    seats: SeatsTaken,
    resting: Rests,
    now: datetime,
) -> Round:
    """Decide for every lane; mark what is to be sent, give back what waits, drop what is empty."""
    held = await returns.hold_all(session, claims)
    mine = {UUID(one.key): one for one in claims if one.id in held}
    heads = await lane.heads(session, list(mine))
    inboxes = {one.inbox_id: senders(one.inbox_id) for one in heads.values()}
    decided = await _steps(session, mine, heads, inboxes, now)
    closed = await _rested(session, heads, decided, resting, now)
    steps = _seated(decided | closed, mine, heads, seats, now)
    steps |= await _without_slot(session, heads, inboxes, steps, now)
    marked = await _mark(session, heads, steps, now)
    await queue.complete(session, [mine[key] for key in mine.keys() - heads.keys()])
    await returns.put_back(session, _returns(mine, heads, steps, marked, now), now)
    sends = [
        Sending(mine[key], head, inbox, marked[head.id])
        for key, head in heads.items()
        if head.id in marked and (inbox := inboxes[head.inbox_id]) is not None
    ]
    ends = [
        Ended(mine[key], heads[key], step) for key, step in steps.items() if isinstance(step, End)
    ]
    return Round(tuple(sends), tuple(ends))


async def _steps(
    session: WriteSession,
    mine: Mapping[UUID, Claim],
    heads: Mapping[UUID, Head],
    inboxes: Mapping[UUID, OpenInbox | None],
    now: datetime,
) -> _Steps:
    paused = await gates.paused(session, inboxes.keys(), now)
    steps: _Steps = {}
    for key, head in heads.items():
        inbox = inboxes[head.inbox_id]
        steps[key] = lane.decide(
            head,
            Hold.of(mine[key].data),
            repeat_is_safe=inbox.capabilities.repeat_is_safe if inbox else None,
            paused_until=paused.get(head.inbox_id),
            now=now,
        )
    return steps


async def _rested(
    session: WriteSession, heads: Mapping[UUID, Head], steps: _Steps, resting: Rests, now: datetime
) -> _Steps:
    """Until when each lane waits whose inbox is closed here."""
    closed = {key: heads[key] for key, step in steps.items() if isinstance(step, Rest)}
    elsewhere = await rests.open_elsewhere(session, {one.inbox_id for one in closed.values()})
    waits: _Steps = {}
    for key, head in closed.items():
        soon = head.inbox_id in elsewhere
        again = now + rests.SHORTEST if soon else resting.until(head.inbox_id, now)
        waits[key] = Wait(min(again, head.deadline))
    return waits


def _seated(
    steps: _Steps,
    mine: Mapping[UUID, Claim],
    heads: Mapping[UUID, Head],
    seats: SeatsTaken,
    now: datetime,
) -> _Steps:
    """Those for whom this node has no seat wait; a slot they have, they keep."""
    seated: _Steps = {}
    for key, step in steps.items():
        later = seats.take(heads[key].inbox_id, now) if isinstance(step, Send) else None
        seated[key] = step if later is None else Wait(later, Hold.of(mine[key].data))
    return seated


async def _without_slot(
    session: WriteSession,
    heads: Mapping[UUID, Head],
    inboxes: Mapping[UUID, OpenInbox | None],
    steps: _Steps,
    now: datetime,
) -> _Steps:
    """Those that are given a slot which is still to come: they wait for it, and keep it."""
    wanting = {
        key: Wanted(heads[key].inbox_id, key, inbox.capabilities)
        for key, step in steps.items()
        if isinstance(step, Send) and step.needs_slot
        # A lane whose inbox is closed is told to wait, so it has one here.
        if (inbox := inboxes[heads[key].inbox_id]) is not None
    }
    slots = await gates.reserve(session, list(wanting.values()), now)
    waits: _Steps = {}
    for key, slot in zip(wanting, slots, strict=True):
        if (start := gates.on_grid(slot)) > now:
            waits[key] = Wait(start, Hold(start, has_slot=True))
    return waits


async def _mark(
    session: WriteSession, heads: Mapping[UUID, Head], steps: _Steps, now: datetime
) -> dict[UUID, int]:
    going = [heads[key].id for key, step in steps.items() if isinstance(step, Send)]
    return await lane.mark_sending(session, going, now)


def _returns(
    mine: Mapping[UUID, Claim],
    heads: Mapping[UUID, Head],
    steps: _Steps,
    marked: Mapping[UUID, int],
    now: datetime,
) -> list[Return]:
    back = []
    for key, step in steps.items():
        if isinstance(step, Wait):
            back.append(Return(mine[key], step.until, step.hold.data))
        elif isinstance(step, Send) and heads[key].id not in marked:
            # Cancelled since the head was read: look at the lane again.
            back.append(Return(mine[key], now))
    return back
