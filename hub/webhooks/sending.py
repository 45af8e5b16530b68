"""Telling webhooks: each lane in order, a few lanes at once, none for longer than its turn.

The sender locks due work before deliveries, a replay the other way round: who loses tries again,
for a call that was made must not be forgotten.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import aiohttp
import structlog

from hub.clock import Clock
from hub.crypto import Keyring
from hub.db.engine import Database
from hub.db.retry import retry_serialization
from hub.due import queue, returns
from hub.due.loop import DueHandler, Pace
from hub.due.queue import Claim
from hub.timeline.hydrate import Summaries
from hub.webhooks import lanes
from hub.webhooks.bodies import body_of
from hub.webhooks.calling import call
from hub.webhooks.enqueue import KIND
from hub.webhooks.lanes import Endpoint, Head
from hub.webhooks.signing import headers
from hub.webhooks.verdict import Answer, judge, rest

log = structlog.get_logger(__name__)

PACES = {KIND: Pace(batch=50, hands=4, lease=timedelta(seconds=60))}
AT_ONCE = 8
"""Calls to one webhook at once, from one handler."""
TURN = timedelta(seconds=20)
"""After so long no new call is begun: with the longest call that is well within the lease."""


class WebhookSender:
    """The due handler; any number of nodes may run one."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        keyring: Keyring,
        http: aiohttp.ClientSession,
        summaries: Summaries,
    ) -> None:
        self._database = database
        self._clock = clock
        self._keyring = keyring
        self._http = http
        self._summaries = summaries
        self._resting: dict[UUID, datetime] = {}
        """Until when a webhook that answers to nothing is left alone; a courtesy, not kept."""
        self._failures: Counter[UUID] = Counter()

    @property
    def handlers(self) -> Mapping[str, DueHandler]:
        return {KIND: self.deliver}

    async def deliver(self, claims: Sequence[Claim]) -> None:
        groups: defaultdict[UUID, list[Claim]] = defaultdict(list)
        for claim in claims:
            groups[_names(claim)[0]].append(claim)
        await together(self._serve(webhook_id, some) for webhook_id, some in groups.items())

    async def _serve(self, webhook_id: UUID, claims: Sequence[Claim]) -> None:
        now = self._clock()
        async with self._database.reading() as session:
            endpoint = await lanes.endpoint(session, webhook_id, now)
        if endpoint is None:
            await retry_serialization(partial(self._stopped, webhook_id, claims))
            return
        limit = asyncio.Semaphore(AT_ONCE)
        await together(self._lane(endpoint, claim, limit, now + TURN) for claim in claims)

    async def _stopped(self, webhook_id: UUID, claims: Sequence[Claim]) -> None:
        """End what waits for a webhook that is off: it may have been planned as it was stopped."""
        async with self._database.transaction() as session:
            if not await lanes.give_up_all(session, webhook_id, self._clock()):
                # Switched on again meanwhile.
                await returns.release(session, claims, self._clock())
                return
            await queue.complete(session, claims)

    async def _lane(
        self, endpoint: Endpoint, claim: Claim, limit: asyncio.Semaphore, until: datetime
    ) -> None:
        async with limit:
            going_on = True
            while going_on and self._clock() < until:
                going_on = await self._step(endpoint, claim)
        if going_on:
            async with self._database.transaction() as session:
                await returns.postpone(session, claim, self._clock())

    async def _step(self, endpoint: Endpoint, claim: Claim) -> bool:
        """Tell the oldest thing of the lane; False when this claim is done with or given back."""
        _, lane = _names(claim)
        async with self._database.reading() as session:
            head = await lanes.head(session, endpoint.id, lane)
            body = await body_of(session, head, self._summaries) if head else None
        if head is None:
            return not await self._finish(endpoint, claim)
        if (wait_until := self._not_before(endpoint, head)) is not None:
            async with self._database.transaction() as session:
                await returns.postpone(session, claim, wait_until)
            return False
        if body is None:
            return await retry_serialization(partial(self._forget, claim, head))
        return await self._tell(endpoint, claim, head, body)

    async def _finish(self, endpoint: Endpoint, claim: Claim) -> bool:
        """End the claim of an empty lane; False when something has come in meanwhile."""
        async with self._database.transaction() as session:
            if not await returns.hold(session, claim):
                return True
            if await lanes.head(session, endpoint.id, _names(claim)[1]) is not None:
                return False
            await queue.complete(session, [claim])
            return True

    def _not_before(self, endpoint: Endpoint, head: Head) -> datetime | None:
        times = [head.next_at, self._resting.get(endpoint.id)]
        later = [one for one in times if one is not None and one > self._clock()]
        return max(later, default=None)

    async def _forget(self, claim: Claim, head: Head) -> bool:
        async with self._database.transaction() as session:
            if not await returns.hold(session, claim):
                return False
            await lanes.give_up(session, head.id, lanes.FORGOTTEN, self._clock())
            return True

    async def _tell(self, endpoint: Endpoint, claim: Claim, head: Head, body: bytes) -> bool:
        keys = [self._keyring.decrypt(one) for one in (endpoint.secret, endpoint.old) if one]
        signed = headers(keys, str(head.event_id), self._clock(), body)
        answer = await call(self._http, endpoint.url, body, signed)
        now = self._clock()
        self._consider_rest(endpoint.id, answer, now)
        return await retry_serialization(partial(self._record, claim, head, answer, now))

    async def _record(self, claim: Claim, head: Head, answer: Answer, now: datetime) -> bool:
        webhook_id, _ = _names(claim)
        verdict = judge(answer, head.tries + 1, now)
        async with self._database.transaction() as session:
            # Whoever has lost the claim has been replaced: the other one's call counts.
            if not await returns.hold(session, claim):
                return False
            off = await lanes.record(session, webhook_id, head.id, answer, verdict, now)
            if off:
                await queue.complete(session, [claim])
        if off:
            log.warning("webhook.disabled", webhook_id=str(webhook_id))
        return not off

    def _consider_rest(self, webhook_id: UUID, answer: Answer, now: datetime) -> None:
        if answer.told:
            self._failures.pop(webhook_id, None)
            self._resting.pop(webhook_id, None)
            return
        # Calls that were under way together are one sign, not many.
        if self._resting.get(webhook_id, now) > now:
            return
        pause = rest(answer, self._failures[webhook_id] + 1)
        if pause is not None:
            self._failures[webhook_id] += 1
            self._resting[webhook_id] = now + pause


async def together(works: Iterable[Awaitable[None]]) -> None:
    """Do all at once, each to its own end: then raises the first failure, if there was one.

    The claims of what failed come back when their lease ends.
    """
    ends = await asyncio.gather(*works, return_exceptions=True)
    for end in ends:
        if end is not None:
            raise end


def _names(claim: Claim) -> tuple[UUID, UUID]:
    """The webhook and the lane of a claim."""
    webhook_id, lane = claim.key.split(":")
    return UUID(webhook_id), UUID(lane)
