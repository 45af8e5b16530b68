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
from hub.customers.roots import lock_roots
from hub.db import event_log
from hub.db.engine import Database, WriteSession
from hub.db.retry import retry_serialization
from hub.db.rows import Query
from hub.due import queue, returns
from hub.due.loop import DueHandler
from hub.due.queue import Claim, Plan
from hub.due.returns import Return
from hub.events import Event, EventType, NewEvent
from hub.timers import store
from hub.timers.decide import Timer
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


async def follow(session: WriteSession, seen: Mapping[UUID, datetime], now: datetime) -> None:
    """See to the timers of these conversations, each as of a moment."""
    promises = await store.promises(session)
    if not promises.policies and not await store.any_run(session):
        return
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


class TimerReader:
    """The handler of the durable reader `reply-timers`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def __call__(self, session: WriteSession, events: Sequence[Event]) -> None:
        seen: dict[UUID, datetime] = {}
        for one in events:
            if one.type in _WATCHED and one.conversation_id and not one.data.get("imported"):
                seen[one.conversation_id] = one.occurred_at
        if seen:
            await follow(session, seen, self._clock())


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
            await follow(session, dict.fromkeys(ids, now), now)
            if len(ids) < _PAGE:
                await queue.complete(session, [claim])
            else:
                await returns.put_back(session, [Return(claim, now, {"after": str(ids[-1])})])


def _after(claim: Claim) -> UUID | None:
    after = claim.data.get("after")
    return UUID(str(after)) if after else None


def told(timer: Timer, now: datetime) -> Timer:
    """The timer once what it has to tell by now is told; itself when there is nothing."""
    if timer.breached_at is not None or timer.due_at is None:
        return timer
    if timer.due_at <= now:
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
            "policy_id": str(after.policy_id),
        },
    )
