"""Running rules over the event log: each event once, each firing once, each failure on its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from hub.clock import Clock
from hub.customers.roots import lock_roots
from hub.db.engine import WriteSession
from hub.db.passing import Probe
from hub.db.rows import Query
from hub.events import Event, EventType
from hub.rules import clock_times, context, firing, planning, recall, skips, subjects
from hub.rules.actions import Tools
from hub.rules.active import Active, ActiveRules
from hub.rules.context import Context, Subject
from hub.rules.firing import Occasion, fire_all, rounds
from hub.rules.skips import Offered, Skip
from hub.rules.triggers import AtClock, OnEvent, happened, overtaken
from hub.rules.waiting import Waiting

_WAITING = Query("""
    SELECT FROM rules WHERE enabled AND (
        spec -> 'trigger' ->> 'on' = ANY (CAST(:names AS text[]))
        OR CAST(:moves AS boolean) AND starts_with(
            coalesce(spec -> 'trigger' ->> 'before', spec -> 'trigger' ->> 'after'),
            'conversation.'))
""")


def look(events: Sequence[Event]) -> Probe | bool:
    """Whether any rule may wait for these events (`hub.db.passing`)."""
    if any(event.type == EventType.RULE_CHANGED for event in events):
        return True
    names = {name for event in events for name in happened(event)}
    moves = bool(planning.first_moves(events))
    return Probe(_WAITING, {"names": list(names), "moves": moves}) if names else False


@dataclass(frozen=True, slots=True)
class Asked:
    """A rule that an event sets off, if its conditions hold for what is `seen`."""

    rule: Active
    event: Event
    subject: Subject
    seen: Context

    @property
    def occasion(self) -> Occasion:
        event = self.event
        current = self.seen.current or not overtaken(event)
        return Occasion(event.occurred_at, current, event.seq, event.depth, event.rule_id)


@dataclass(frozen=True, slots=True)
class Offer:
    """An event as those rules see it that wait for it by `name`."""

    name: str
    event: Event
    subject: Subject
    seen: Context
    rules: Waiting

    @property
    def offered(self) -> Offered:
        seen = self.seen
        return Offered(self.name, seen.customer_id, seen.object_kind, seen.object_id)


class RuleReader:
    """The handler of the durable reader `rules`: its effects commit with its place in the log."""

    NAME = "rules"

    def __init__(self, tools: Tools, clock: Clock) -> None:
        self._tools = tools
        self._clock = clock
        self._rules = ActiveRules()

    async def __call__(self, session: WriteSession, events: Sequence[Event]) -> None:
        changed = {
            UUID(str(event.data["rule_id"]))
            for event in events
            if event.type == EventType.RULE_CHANGED
        }
        if not changed and not any(happened(event) for event in events):
            return
        now = self._clock()
        rules = await self._rules.all(session)
        offers = await self._offers(session, events, rules, now)
        meant = [
            Asked(rule, one.event, one.subject, one.seen)
            for one in offers
            for rule in one.rules.that_may(one.seen.facts)
            if rule.compiled.test(one.seen.facts)
        ]
        # Customers, due work, skips: everybody locks in this order, or they would deadlock.
        await _unsay(session, offers, meant, now)
        await self._run(session, meant, now)
        for rule in rules:
            if rule.id in changed:
                await _replan(session, rule, now)
        await planning.after_events(session, events, rules, now)
        await skips.keep(session, _gathering(offers, meant), now)
        await skips.offer(session, [one.offered for one in offers], now)

    async def _offers(
        self,
        session: WriteSession,
        events: Sequence[Event],
        rules: Sequence[Active],
        now: datetime,
    ) -> list[Offer]:
        waiting = _by_event(rules)
        named = [(event, name) for event in events for name in happened(event) if name in waiting]
        if not named:
            return []
        about = await subjects.of_events(session, [event for event, _ in named])
        seen = await context.load(session, list(about.values()), now)
        known = dict(zip(about, seen, strict=True))
        return [
            Offer(name, event, about[event.seq], one, waiting[name])
            for event, name in named
            if (one := known.get(event.seq)) is not None
        ]

    async def _run(self, session: WriteSession, meant: Sequence[Asked], now: datetime) -> None:
        """Those of one customer one after the other, and each sees what the one before it left."""
        held = await context.hold(session, [one.seen for one in meant], now)
        asked = [
            replace(one, seen=seen)
            for one, seen in zip(meant, held, strict=True)
            if seen is not None
        ]
        touched: set[UUID] = set()
        for places in rounds([one.seen.customer_id for one in asked]):
            group = await _seen_anew(session, [asked[n] for n in places], touched, now)
            touched |= await self._fire(session, group, now)

    async def _fire(
        self, session: WriteSession, group: Sequence[Asked], now: datetime
    ) -> set[UUID]:
        """The customers for whom something was done."""
        at_once = []
        for one in group:
            if one.rule.compiled.window is not None and one.event.rule_id != one.rule.id:
                await planning.gather(session, one.rule, one.seen, one.occasion, now)
            else:
                at_once.append(one)
        fired = await fire_all(
            session,
            [firing.Asked(one.rule, one.seen, one.occasion) for one in at_once],
            tools=self._tools,
            now=now,
        )
        return {
            one.seen.customer_id
            for one, it in zip(at_once, fired, strict=True)
            if it.firing_id is not None
        }


async def _unsay(
    session: WriteSession, offers: Sequence[Offer], meant: Sequence[Asked], now: datetime
) -> None:
    """A status that has passed is not announced, also where quiet hours still hold the message."""
    passed = {one.seen.object_id for one in offers if overtaken(one.event)}
    said = await recall.announced(session, passed) if passed else ()
    if not said:
        return
    people = {one.customer_id for one in said} | {one.seen.customer_id for one in meant}
    await lock_roots(session, people)
    for one in await recall.announced(session, passed):
        if one in said:
            await recall.take_back(session, one, "superseded", now)


async def _seen_anew(
    session: WriteSession, group: Sequence[Asked], touched: set[UUID], now: datetime
) -> list[Asked]:
    """Where another rule has just acted on the customer, what it left counts."""
    stale = [one for one in group if one.seen.customer_id in touched]
    seen = await context.load(session, [one.subject for one in stale], now) if stale else []
    fresh = {id(one): it for one, it in zip(stale, seen, strict=True)}
    found = [(one, fresh.get(id(one), one.seen)) for one in group]
    return [replace(one, seen=it) for one, it in found if it is not None]


def _by_event(rules: Sequence[Active]) -> Mapping[str, Waiting]:
    found: dict[str, list[Active]] = {}
    for rule in rules:
        if isinstance(rule.compiled.when, OnEvent):
            found.setdefault(rule.compiled.when.name, []).append(rule)
    return {name: Waiting(those) for name, those in found.items()}


def _gathering(offers: Sequence[Offer], meant: Sequence[Asked]) -> list[Skip]:
    """What leaves no trace while it gathers says so itself when its conditions do not hold."""
    fit = {(one.rule.id, one.event.seq) for one in meant}
    return [
        _skip(rule, one.seen)
        for one in offers
        for rule in one.rules.gathering
        if (rule.id, one.event.seq) not in fit
    ]


def _skip(rule: Active, seen: Context) -> Skip:
    return Skip(
        rule.id,
        rule.version,
        seen.customer_id,
        seen.object_kind,
        seen.object_id,
        "skipped",
        "conditions",
    )


async def _replan(session: WriteSession, rule: Active, now: datetime) -> None:
    if isinstance(rule.compiled.when, AtClock):
        await clock_times.plan(session, rule.id, rule.compiled.when, now)
    else:
        await planning.of_unfinished(session, rule, now)
