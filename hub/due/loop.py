"""The loop that hands due work to its handlers: when to look, how much to take, when to let go.

A handler completes or postpones its claims itself, in its own transactions. What it leaves, or
fails over, is ready again when the lease ends, with the attempt counted. A handler is stopped a
little before its lease ends, so no two ever have one claim in hand.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from hub.clock import Clock
from hub.db.engine import Database
from hub.db.outage import Outage
from hub.db.retry import is_connection_error
from hub.db.signals import Topic
from hub.due.queue import POLL, Claim, Taken, take
from hub.due.returns import release
from hub.tasks import Background, background

log = structlog.get_logger(__name__)

GRACE = 3.0
"""Seconds handlers get to finish when the loop stops, and again once they are cancelled."""
MARGIN = 0.1
"""The part of a lease that is kept free at its end."""
RETURN_AFTER = timedelta(seconds=2)
"""How long work rests that was interrupted because the database was away."""


class DueHandler(Protocol):
    async def __call__(self, claims: Sequence[Claim], /) -> None:
        """Do the work; complete or postpone each claim in a transaction of its own."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How one kind is worked on: `batch` claims at most to a handler, `hands` handlers at once.

    presses: what else there is to do makes room when many of these are ready (`hub.db.crowd`).
    """

    batch: int = 100
    hands: int = 4
    lease: timedelta = timedelta(seconds=60)
    presses: bool = False


class DueLoop:
    """Works on the kinds in `handlers`; any number of nodes may run one."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        handlers: Mapping[str, DueHandler],
        *,
        paces: Mapping[str, Pace] | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._handlers = handlers
        self._paces = dict.fromkeys(handlers, Pace()) | dict(paces or {})
        self._wake = database.signals.subscribe(Topic.DUE)
        self._busy: Counter[str] = Counter()
        self._looks: dict[Pace, float] = {}
        """When the kinds of a pace are looked at again, by the loop's time; at once if absent."""
        self._in_hand: dict[asyncio.Task[None], Sequence[Claim]] = {}
        self._dropped: list[Claim] = []
        self._stopping = False

    async def run(self) -> None:
        """Work until cancelled; then finish what is in hand, or give it back."""
        async with background() as tasks:
            looking = tasks.spawn(self._look(tasks), "due")
            try:
                await asyncio.shield(looking)
            finally:
                # A look under way may already have taken work: it is let finish.
                self._stopping = True
                self._wake.set()
                self._database.signals.unsubscribe(self._wake)
                await asyncio.wait([looking], timeout=GRACE)
                await self._let_go()

    # --- looking --------------------------------------------------------------------------

    async def _look(self, tasks: Background) -> None:
        outage = Outage("due")
        while not self._stopping:
            try:
                pause = await self._turn(tasks)
                outage.over()
            except Exception as error:  # noqa: BLE001 - reported by the outage
                pause = outage.failed(error)
                self._looks.clear()
            if await self._wake.wait(max(pause, 0)):
                self._looks.clear()

    async def _turn(self, tasks: Background) -> float:
        """Take what there are hands for; returns the seconds until there may be more."""
        await self._return_dropped()
        time, looks = asyncio.get_running_loop().time, [POLL]
        for pace, kinds in self._with_free_hands():
            if self._looks.get(pace, 0) <= time():
                self._looks[pace] = time() + POLL
                pause = await self._take(tasks, pace, kinds)
                # Gone if a hand came free meanwhile: its kind was passed over.
                if pace in self._looks:
                    self._looks[pace] = time() + min(pause, POLL)
            looks.append(self._looks.get(pace, 0) - time())
        return min(looks)

    async def _take(self, tasks: Background, pace: Pace, kinds: Sequence[str]) -> float:
        now = self._clock()
        async with self._database.at_once() as session:
            taken = await take(session, kinds, now=now, limit=pace.batch, lease=pace.lease)
        if pace.presses and len(taken.claims) > pace.batch // 2:
            self._database.crowd.noticed()
        filled = self._hand_out(tasks, pace, taken)
        return 0.0 if filled else _seconds_until(taken.next_ready, now)

    def _with_free_hands(self) -> Iterator[tuple[Pace, Sequence[str]]]:
        """Kinds of one pace are taken with one statement."""
        free: defaultdict[Pace, list[str]] = defaultdict(list)
        for kind, pace in self._paces.items():
            if self._busy[kind] < pace.hands:
                free[pace].append(kind)
        return iter(free.items())

    def _hand_out(self, tasks: Background, pace: Pace, taken: Taken) -> bool:
        """Start a handler for each kind; True when a kind may have more that is ready."""
        by_kind: defaultdict[str, list[Claim]] = defaultdict(list)
        for claim in taken.claims:
            by_kind[claim.kind].append(claim)
        for kind, claims in by_kind.items():
            self._busy[kind] += 1
            task = tasks.spawn(self._handle(kind, claims, pace), f"due {kind}")
            self._in_hand[task] = claims
            task.add_done_callback(self._in_hand.pop)
        return any(len(claims) == pace.batch for claims in by_kind.values())

    # --- working --------------------------------------------------------------------------

    async def _handle(self, kind: str, claims: Sequence[Claim], pace: Pace) -> None:
        limit = asyncio.timeout(pace.lease.total_seconds() * (1 - MARGIN))
        try:
            async with limit:
                await self._handlers[kind](claims)
        except Exception as error:  # noqa: BLE001 - the claims outlive the handler's failure
            self._failed(kind, claims, error, too_slow=limit.expired())
        finally:
            self._busy[kind] -= 1
            if self._busy[kind] == pace.hands - 1:
                self._looks.pop(pace, None)
                self._wake.cut_short()

    def _failed(
        self, kind: str, claims: Sequence[Claim], error: Exception, *, too_slow: bool
    ) -> None:
        facts = {"kind": kind, "claims": len(claims), "attempt": max(c.attempt for c in claims)}
        if is_connection_error(error) and not too_slow:
            # Not the work's fault: no need to wait for the end of the lease.
            log.warning("due.interrupted", error=repr(error), **facts)
            self._dropped.extend(claims)
            self._wake.set()
            return
        if too_slow:
            log.error("due.handler_too_slow", **facts)
        else:
            log.error("due.handler_failed", exc_info=error, **facts)
        # Look again when the lease ends. POLL does so for nodes that died.
        left = (claims[0].lease_until - self._clock()).total_seconds()
        asyncio.get_running_loop().call_later(left, self._wake.set)

    # --- giving back ----------------------------------------------------------------------

    async def _return_dropped(self) -> None:
        if dropped := list(self._dropped):
            await self._release(dropped, self._clock() + RETURN_AFTER)
            del self._dropped[: len(dropped)]

    async def _release(self, claims: Sequence[Claim], ready_at: datetime) -> None:
        async with self._database.transaction() as session:
            await release(session, claims, ready_at)

    async def _let_go(self) -> None:
        """Wait for the handlers, stop the slow ones, give back what those had in hand."""
        in_hand = dict(self._in_hand)
        if in_hand:
            await asyncio.wait(in_hand, timeout=GRACE)
        slow = [task for task in in_hand if task.cancel()]
        if slow:
            await asyncio.wait(slow, timeout=GRACE)
        # Who still runs keeps its claims until the lease ends.
        stopped = [claim for task in slow if task.done() for claim in in_hand[task]]
        try:
            await self._release([*self._dropped, *stopped], self._clock())
        except Exception as error:  # noqa: BLE001 - the leases end by themselves
            log.warning("due.not_released", claims=len(stopped), error=repr(error))


def _seconds_until(moment: datetime | None, now: datetime) -> float:
    return POLL if moment is None else (moment - now).total_seconds()
