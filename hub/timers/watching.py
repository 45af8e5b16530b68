"""Timers follow their conversations, and tell when a promise is nearly, or really, broken.

The reader looks at every conversation that something happened to and starts, pauses and ends its
timers; what each has still to tell stands as a due row. When the promises themselves change, all
unfinished conversations are gone through once more, a page in each transaction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from uuid import UUID

from hub.clock import Clock, rfc3339
from hub.conversations import update
from hub.conversations.rating import RATED_LOW
from hub.conversations.status import ConversationStatus
from hub.customers.roots import lock_roots
from hub.db import event_log
from hub.db.engine import Database, WriteSession
from hub.db.passing import Probe
from hub.db.retry import retry_serialization
from hub.db.rows import Query
from hub.deliveries.status import Status
from hub.due import queue, returns
from hub.due.loop import DueHandler
from hub.due.queue import Claim, Plan
from hub.due.returns import Return
from hub.events import Event, EventType, NewEvent
from hub.timers import store
from hub.timers.decide import CALL_BACK, Timer, Way
from hub.timers.store import TIMER

READER = "reply-timers"
ANEW = "reply-timers-anew"
"""Due kind of going through all unfinished conversations; there is one."""
_PAGE = 200
_WATCHED = frozenset(
    {
        EventType.CONVERSATION_OPENED,
        EventType.CONVERSATION_UPDATED,
        EventType.MESSAGE_CREATED,
        EventType.MESSAGE_UPDATED,
    }
)
_UNFINISHED = Query("""
    SELECT id FROM conversations
    WHERE status <> 'closed' AND (CAST(:after AS uuid) IS NULL OR id > :after)
    ORDER BY id LIMIT :limit
""")


async def anew(session: WriteSession, now: datetime) -> None:
    """The promises, or the hours, have changed: look at everything that is not closed."""
    await queue.plan(session, [Plan(ANEW, "all", now)])


async def follow(session: WriteSession, seen: Mapping[UUID, Way], now: datetime) -> None:
    """See to the timers of these conversations, each at the end of its way."""
    promises = await store.promises(session)
    before = await store.watched(session, list(seen))
    stale = {one.root_id for one in before if one.from_now(promises, seen[one.id]) != one.timers}
    if not stale:
        return
    await lock_roots(session, stale)
    # Read after locking: what was answered meanwhile counts.
    held = [one for one in await store.watched(session, list(seen)) if one.root_id in stale]
    changed = {one.id: (one.timers, one.from_now(promises, seen[one.id])) for one in held}
    unlike = {id_: pair for id_, pair in changed.items() if pair[0] != pair[1]}
    await store.keep(session, unlike, now)


def look(events: Sequence[Event]) -> Probe | bool:
    """Whether these events may start, pause or end a timer (`hub.db.passing`)."""
    if any(map(_rates_low, events)):
        return True
    return Probe(store.ANY_PROMISE, {}) if ways(events) else False


class TimerReader:
    """The handler of the durable reader `reply-timers`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def __call__(self, session: WriteSession, events: Sequence[Event]) -> None:
        seen = ways(events)
        if seen and (any(map(_rates_low, events)) or await store.any_promise(session)):
            await follow(session, seen, self._clock())


def ways(events: Sequence[Event]) -> dict[UUID, Way]:
    """What happened to each conversation whose timers that may concern."""
    found: dict[UUID, Way] = {}
    for one in events:
        if one.conversation_id is None or not _concerns(one):
            continue
        before = found[one.conversation_id].steps if one.conversation_id in found else ()
        found[one.conversation_id] = Way(one.occurred_at, (*before, *_steps(one)))
    return found


def _concerns(event: Event) -> bool:
    if event.type == EventType.MESSAGE_STATUS_CHANGED:
        # An answer taken back: its customer waits on.
        return event.data.get("message_status") == Status.CANCELLED
    if _rates_low(event):
        return True
    return event.type in _WATCHED and not event.data.get("imported")


def _rates_low(event: Event) -> bool:
    """Whoever was not content is called back, whether or not anything is promised to others."""
    return event.type == EventType.ACTIVITY_CREATED and event.data.get("activity") == RATED_LOW


def _steps(event: Event) -> tuple[tuple[str, datetime], ...]:
    """The status that a conversation took; empty where it kept the one it had."""
    if event.type == EventType.CONVERSATION_OPENED:
        return ((ConversationStatus.OPEN, event.occurred_at),)
    changed = event.data.get("changed")
    if not isinstance(changed, Mapping) or "status" not in changed:
        return ()
    return ((str(changed["status"][1]), event.occurred_at),)


class Timers:
    """The due handlers: what a timer has to tell, and going through all of them."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    @property
    def handlers(self) -> Mapping[str, DueHandler]:
        """What the due loop calls, by kind."""
        return {TIMER: self._tell, ANEW: self._anew}

    async def _tell(self, claims: Sequence[Claim], /) -> None:
        for one in claims:
            await retry_serialization(partial(self._tell_one, one))

    async def _tell_one(self, claim: Claim) -> None:
        now = self._clock()
        conversation_id, kind = UUID(claim.key.partition(":")[0]), claim.key.partition(":")[2]
        async with self._database.transaction() as session:
            held = await update.hold(session, conversation_id)
            known = await store.watched(session, [conversation_id])
            timer = next((one for each in known for one in each.timers if one.kind == kind), None)
            after = told(timer, now) if timer else None
            if held is not None and timer is not None and after is not None and after != timer:
                await store.keep(session, {conversation_id: ((timer,), (after,))}, now)
                await event_log.append(session, [_event(held, timer, after, now)])
            elif after is not None and after.next_at is not None:
                await returns.postpone(session, claim, after.next_at)
            await queue.complete(session, [claim])

    async def _anew(self, claims: Sequence[Claim], /) -> None:
        for one in claims:
            await retry_serialization(partial(self._page, one))

    async def _page(self, claim: Claim) -> None:
        now = self._clock()
        async with self._database.transaction() as session:
            values = {"after": _after(claim), "limit": _PAGE}
            ids = [row["id"] for row in await _UNFINISHED.rows(session, values)]
            await follow(session, dict.fromkeys(ids, Way(now)), now)
            if len(ids) < _PAGE:
                await queue.complete(session, [claim])
            else:
                back = Return(claim, now, {"after": str(ids[-1])})
                await returns.put_back(session, [back], now)


def _after(claim: Claim) -> UUID | None:
    after = claim.data.get("after")
    return UUID(str(after)) if after else None


def told(timer: Timer, now: datetime) -> Timer:
    """The timer once what it has to tell by now is told; itself when there is nothing."""
    if timer.breached_at is not None:
        return timer
    # One that is due in more than ten years has no time for it, but may have one for its warning.
    if timer.due_at is not None and timer.due_at <= now:
        return replace(timer, warned_at=timer.warned_at or now, breached_at=now)
    if timer.warned_at is None and timer.warn_at is not None and timer.warn_at <= now:
        return replace(timer, warned_at=now)
    return timer


def _event(held: update.Held, before: Timer, after: Timer, now: datetime) -> NewEvent:
    breached = after.breached_at is not None and before.breached_at is None
    kind = (
        EventType.CONVERSATION_TIMER_BREACHED if breached else EventType.CONVERSATION_TIMER_WARNED
    )
    return NewEvent(
        kind,
        now,
        customer_id=held.root_id,
        conversation_id=held.id,
        inbox_id=held.inbox_id,
        data={
            "timer": after.kind,
            "due_at": rfc3339(after.due_at) if after.due_at else None,
            "policy_id": None if after.kind == CALL_BACK else str(after.policy_id),
        },
    )
