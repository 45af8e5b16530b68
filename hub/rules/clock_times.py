"""Rules that a clock sets off: for every customer, on the company's clock or on each one's own."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from hub.clock import DEFAULT_ZONE, Clock, rfc3339, zone_of
from hub.db.engine import Database, WriteSession
from hub.db.retry import retry_serialization
from hub.db.rows import Query
from hub.deliveries import policy
from hub.due import queue, returns
from hub.due.loop import DueHandler
from hub.due.queue import Claim, Plan
from hub.due.returns import Return
from hub.rules import context as contexts
from hub.rules.actions import Tools
from hub.rules.active import Active, ActiveRules
from hub.rules.context import Subject
from hub.rules.firing import Asked, Occasion, at_trigger, fire_all
from hub.rules.schedule import CUSTOMER_ZONE, next_time
from hub.rules.triggers import AtClock

CLOCK = "rule-clock"
"""Due kind of a rule's next clock time, keyed by its id."""

LOOK_AGAIN = timedelta(hours=1)
"""How long a customer's new zone may stay unnoticed: their time comes late by that at most."""
_BACK = timedelta(days=2)
"""How far back a missed time is looked for. Only the last missed one counts."""
_PAGE = 200

# A record that was merged in lends its zone where the survivor has none, else the installation.
_ZONE = f"""coalesce(nullif(c.time_zone, ''),
    (SELECT min(m.time_zone) FROM customers AS m WHERE m.root_id = c.id AND m.time_zone <> ''),
    nullif({policy.ZONE}, ''), '{DEFAULT_ZONE}')"""  # noqa: S608
_ZONES = Query(
    f"SELECT DISTINCT {_ZONE} AS zone"  # noqa: S608
    " FROM customers AS c WHERE c.id = c.root_id"
)
_CUSTOMERS = Query(
    "SELECT c.id FROM customers AS c"  # noqa: S608
    " WHERE c.id = c.root_id AND (CAST(:after AS uuid) IS NULL OR c.id > :after)"
    f"  AND (CAST(:zone AS text) IS NULL OR {_ZONE} = :zone)"
    f" ORDER BY c.id LIMIT {_PAGE}"
)


@dataclass(frozen=True, slots=True)
class Tick:
    """The clock of `zone` showed the time at `at`. zone: None is the clock of all customers."""

    zone: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Round:
    """What is left to do: the customers past `after` of the first tick, then the other ticks.

    until: up to when the clocks have been looked at.
    """

    until: datetime
    ticks: tuple[Tick, ...] = ()
    after: UUID | None = None

    def data(self) -> Mapping[str, object]:
        return {
            "until": rfc3339(self.until),
            "ticks": [[one.zone, rfc3339(one.at)] for one in self.ticks],
            "after": str(self.after) if self.after else None,
        }

    @classmethod
    def of(cls, data: Mapping[str, object]) -> "Round":
        ticks, after = data.get("ticks"), data.get("after")
        listed = ticks if isinstance(ticks, list) else []
        return cls(
            datetime.fromisoformat(str(data["until"])),
            tuple(Tick(zone, datetime.fromisoformat(at)) for zone, at in listed),
            UUID(str(after)) if after else None,
        )

    def past(self, page: Sequence[UUID]) -> "Round":
        """The round once these customers of its first tick are done."""
        if len(page) < _PAGE:
            return Round(self.until, self.ticks[1:])
        return Round(self.until, self.ticks, page[-1])


def ticks(when: AtClock, zones: Sequence[str], since: datetime, until: datetime) -> Iterator[Tick]:
    """The last time, later than `since` and not after `until`, that each clock showed."""
    since = max(since, until - _BACK)
    for zone in _clocks(when, zones):
        last = last_shown(partial(next_time, when.expression, zone), since, until)
        if last is not None:
            yield Tick(zone if when.zone == CUSTOMER_ZONE else None, last)


def last_shown(
    coming: Callable[[datetime], datetime], since: datetime, until: datetime
) -> datetime | None:
    """The last time later than `since` and not after `until`; `coming`: the next one after.

    By halves: a clock of every minute shows thousands of times in what was missed.
    """
    last, bound = None, until
    found = coming(since)
    while found <= until:
        middle = found + (bound - found) / 2
        later = coming(middle)
        if later <= until:
            last = later
        else:
            last, bound = found, middle
        found = coming(last)
    return last


def following(when: AtClock, zones: Sequence[str], after: datetime) -> datetime:
    """When to look at the clocks again."""
    times = [next_time(when.expression, zone, after) for zone in _clocks(when, zones)]
    if when.zone == CUSTOMER_ZONE:
        times.append(after + LOOK_AGAIN)
    return min(times)


def _clocks(when: AtClock, zones: Sequence[str]) -> Sequence[str]:
    """Zones that nobody knows run on the default clock, as everywhere."""
    if when.zone != CUSTOMER_ZONE:
        return [when.zone]
    return sorted({zone for zone in zones if zone_of(zone).key == zone} | {DEFAULT_ZONE})


async def plan(session: WriteSession, rule_id: UUID, when: AtClock, now: datetime) -> None:
    """Plan the rule's next time, from now on."""
    due_at = following(when, await _zones(session, when), now)
    await queue.plan(session, [Plan(CLOCK, str(rule_id), due_at, Round(now).data())])


async def _zones(session: WriteSession, when: AtClock) -> Sequence[str]:
    if when.zone != CUSTOMER_ZONE:
        return []
    return [row["zone"] for row in await _ZONES.rows(session, {})]


class ClockRules:
    """The due handler that goes through the customers, a page in each transaction."""

    def __init__(self, database: Database, tools: Tools, clock: Clock) -> None:
        self._database = database
        self._tools = tools
        self._clock = clock
        self._rules = ActiveRules()

    @property
    def handlers(self) -> Mapping[str, DueHandler]:
        """What the due loop calls, by kind."""
        return {CLOCK: self._all}

    async def _all(self, claims: Sequence[Claim], /) -> None:
        for one in claims:
            await retry_serialization(partial(self._one, one))

    async def _one(self, claim: Claim) -> None:
        now = self._clock()
        async with self._database.transaction() as session:
            rule = await self._rules.one(session, UUID(claim.key))
            when = rule.compiled.when if rule else None
            if rule is None or not isinstance(when, AtClock):
                await queue.complete(session, [claim])
                return
            left = Round.of(claim.data)
            # Asked of all customers, so at the beginning and the end of a round only.
            zones = None if left.ticks else await _zones(session, when)
            if zones is not None:
                left = Round(now, tuple(ticks(when, zones, left.until, now)))
            left = await self._page(session, rule, left, now)
            ready_at = now
            if not left.ticks:
                zones = await _zones(session, when) if zones is None else zones
                ready_at = following(when, zones, left.until)
            await returns.put_back(session, [Return(claim, ready_at, left.data())], now)

    async def _page(
        self, session: WriteSession, rule: Active, left: Round, now: datetime
    ) -> Round:
        """Do the next customers; what is left then."""
        if not left.ticks:
            return left
        tick = left.ticks[0]
        rows = await _CUSTOMERS.rows(session, {"after": left.after, "zone": tick.zone})
        ids = [row["id"] for row in rows]
        occasion = Occasion(tick.at)
        seen = await contexts.load(session, [Subject("customer", one) for one in ids], now)
        meant = [
            one
            for one in seen
            if one is not None and rule.compiled.test(one.facts.beside(at_trigger(occasion)))
        ]
        held = await contexts.hold(session, meant, now)
        asked = [Asked(rule, one, occasion) for one in held if one is not None]
        await fire_all(session, asked, tools=self._tools, now=now)
        return left.past(ids)
