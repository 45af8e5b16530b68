"""The outbox: claimed lanes in, messages handed to their channels, results recorded.

    claim (the due loop) → mark `sending`, commit → Channel.send, no transaction open → record

A process that dies in between leaves a delivery in `sending`. Whoever claims the lane next knows
that it is in doubt: repeated where the receiver recognises repeats, else *unknown* and shown.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from functools import partial
from time import perf_counter
from uuid import UUID

import structlog

from hub.clock import Clock
from hub.db.engine import Database
from hub.db.outage import Outage
from hub.db.retry import is_connection_error, retry_serialization
from hub.deliveries import lane, news, rounds
from hub.deliveries.dispatch import Outcome, Result, Stop, hand_over, to_message
from hub.deliveries.enqueue import RELEASE
from hub.deliveries.news import News
from hub.deliveries.recording import Finished, record_ended, record_finished, step_after
from hub.deliveries.rests import Rests
from hub.deliveries.rounds import Ended, Round, SeatsTaken, Senders, Sending
from hub.deliveries.seats import PER_INBOX, Seats
from hub.deliveries.status import Status
from hub.due import queue
from hub.due.loop import DueHandler, Pace
from hub.due.queue import Claim
from hub.tasks import Background

log = structlog.get_logger(__name__)

SEND_TIMEOUT = 40.0
"""Seconds a channel may take for one message, unless the lease ends sooner."""
LEASE_MARGIN = 10.0
"""Seconds of the lease kept for recording the result."""
SHORTEST_TIMEOUT = 3.0
"""With less time than this left in the lease, a send is not begun."""
GRACE = 2.0
"""Seconds that sends under way are still given when the loop, having waited itself, stops."""
PACES = {lane.KIND: Pace(batch=PER_INBOX, hands=64)}
"""Many hands: one is busy until the slowest send of its batch has ended."""
RECORDING_TRIES = 40
"""How often a result is offered to a database that is away, up to two seconds apart."""
LINGER = 0.003
"""Seconds in which sends that end together are gathered into one transaction."""


class Outbox:
    """Due handlers for lanes and scheduled deliveries; any number of nodes may run one."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        senders: Senders,
        *,
        jitter: Callable[[], float] = random.random,
        stop: Stop | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._senders = senders
        self._jitter = jitter
        self._stop = stop
        self._background = Background()
        self._seats = Seats()
        self._rests = Rests()

    @property
    def handlers(self) -> Mapping[str, DueHandler]:
        """What the due loop calls, by kind."""
        return {lane.KIND: self.lanes, RELEASE: self.release}

    async def lanes(self, claims: Sequence[Claim]) -> None:
        """Send the head of each claimed lane. Cancelled, it sees the sends under way through."""
        await self._see_through(self._work(claims))

    async def release(self, claims: Sequence[Claim]) -> None:
        """Queue the scheduled deliveries whose time has come."""
        await retry_serialization(lambda: self._release(claims))

    async def inbox_opened(self, inbox_id: UUID) -> None:
        """Look at once at everything that waits for this inbox."""
        async with self._database.transaction() as session:
            await lane.hasten_inbox(session, inbox_id, self._clock())

    async def _release(self, claims: Sequence[Claim]) -> None:
        now = self._clock()
        async with self._database.transaction() as session:
            held = await news.lock(session, [UUID(one.key) for one in claims])
            await news.apply(session, held, [News(one, Status.QUEUED, now) for one in held], now)
            await lane.hasten(session, [one.contact_point_id for one in held.values()], now)
            await queue.complete(session, claims)

    async def _see_through(self, work: Coroutine[object, object, None]) -> None:
        task = self._background.spawn(work, "outbox")
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            await asyncio.wait([task], timeout=GRACE)
            task.cancel()
            await asyncio.wait([task], timeout=GRACE)
            raise

    async def _work(self, claims: Sequence[Claim]) -> None:
        todo = await retry_serialization(lambda: self._begin(claims))
        seated = {one.claim.id: (one.head.inbox_id, perf_counter()) for one in todo.sends}
        try:
            async with asyncio.TaskGroup() as group:
                if todo.ends:
                    group.create_task(self._record_ends(todo.ends))
                ended: asyncio.Queue[Finished] = asyncio.Queue()
                for one in todo.sends:
                    group.create_task(self._send(one, ended))
                await self._record_all(ended, seated)
        finally:
            for inbox_id, _ in seated.values():
                self._seats.leave(inbox_id)

    async def _begin(self, claims: Sequence[Claim]) -> Round:
        seats = SeatsTaken(self._seats)
        try:
            async with self._database.transaction() as session:
                todo = await rounds.begin(
                    session, claims, self._senders, seats, self._rests, self._clock()
                )
            seats.use(todo.sends)
        finally:
            seats.give_back()
        return todo

    async def _record_all(
        self, ended: "asyncio.Queue[Finished]", seated: dict[int, tuple[UUID, float]]
    ) -> None:
        """Record results as they come, those that come together in one go; each frees its seat.

        A slow provider thus holds up neither the results of the others nor their lanes.
        """
        while seated:
            batch = [await ended.get()]
            await asyncio.sleep(LINGER)
            while not ended.empty():
                batch.append(ended.get_nowait())
            await self._record(batch)
            for one in batch:
                inbox_id, started = seated.pop(one.claim.id)
                self._seats.leave(inbox_id, perf_counter() - started)

    async def _send(self, one: Sending, ended: "asyncio.Queue[Finished]") -> None:
        outcome = await self._try(one)
        step = step_after(
            one.head,
            outcome,
            attempt=one.attempt,
            safe=one.inbox.capabilities.repeat_is_safe,
            now=self._clock(),
            jitter=self._jitter(),
        )
        ended.put_nowait(Finished(one.claim, one.head, one.attempt, outcome, step))
        if outcome.misconfigured is not None:
            one.inbox.misconfigured(outcome.misconfigured)

    async def _try(self, one: Sending) -> Outcome:
        # The lease must outlast the send: else another node would take it for abandoned.
        left = (one.claim.lease_until - self._clock()).total_seconds() - LEASE_MARGIN
        if left < SHORTEST_TIMEOUT:
            return Outcome(Result.NOT_STARTED)
        message = to_message(one.head, one.attempt, self._stop)
        return await hand_over(one.inbox.channel, message, min(left, SEND_TIMEOUT))

    async def _record(self, batch: Sequence[Finished]) -> None:
        """Record results, waiting for a database that is away; one bad result spoils no other."""
        try:
            await self._in_transaction(partial(record_finished, finished=batch))
        except Exception:
            if len(batch) == 1:
                # It stays `sending`, so the next claim of its lane treats it as in doubt.
                log.exception("outbox.result_lost", delivery_id=str(batch[0].head.id))
                return
            for one in batch:
                await self._record([one])

    async def _record_ends(self, ends: Sequence[Ended]) -> None:
        try:
            await self._in_transaction(partial(record_ended, ended=ends))
        except Exception:
            # Nothing was decided: the lanes are looked at again when their leases end.
            log.exception("outbox.ends_not_recorded", count=len(ends))

    async def _in_transaction(self, work: Callable[..., Awaitable[None]]) -> None:
        """Run `work(session, now=)`; a database that is away is waited for."""
        outage = Outage("outbox")
        for _ in range(RECORDING_TRIES):
            try:
                await retry_serialization(partial(self._once, work))
            except Exception as error:
                if not is_connection_error(error):
                    raise
                await asyncio.sleep(outage.failed(error))
            else:
                outage.over()
                return
        await self._once(work)

    async def _once(self, work: Callable[..., Awaitable[None]]) -> None:
        async with self._database.transaction() as session:
            await work(session, now=self._clock())
