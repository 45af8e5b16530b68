"""Running rules over the event log: each event once, each firing once, each failure on its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from hub.clock import Clock
from hub.db.engine import WriteSession
from hub.events import Event, EventType
from hub.rules import clock_times, context, planning, skips, subjects
from hub.rules.actions import Tools
from hub.rules.active import Active, ActiveRules
from hub.rules.context import Context, Subject
from hub.rules.firing import Occasion, fire
from hub.rules.skips import Skip
from hub.rules.triggers import AtClock, OnEvent, happened


@dataclass(frozen=True, slots=True)
class Asked:
    """A rule that an event sets off, if its conditions hold for what is `seen`."""

    rule: Active
    event: Event
    subject: Subject
    seen: Context

    @property
    def meant(self) -> bool:
        return self.rule.compiled.test(self.seen.facts)

    @property
    def occasion(self) -> Occasion:
        event = self.event
        # A later status takes over from an earlier one only where the event is about a status.
        current = self.seen.current or event.type != EventType.ORDER_STATUS_CHANGED
        return Occasion(event.occurred_at, current, event.seq, event.depth, event.rule_id)


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
        meant: list[Asked] = []
        skipped: list[Skip] = []
        for one in await self._asked(session, events, rules, now):
            meant.append(one) if one.meant else skipped.append(_skip(one))
        # Customers, due work, skips: everybody locks in this order, or they would deadlock.
        await self._run(session, meant, now)
        for rule in rules:
            if rule.id in changed:
                await _replan(session, rule, now)
        await planning.after_events(session, events, rules, now)
        await skips.keep(session, skipped, now)

    async def _asked(
        self,
        session: WriteSession,
        events: Sequence[Event],
        rules: Sequence[Active],
        now: datetime,
    ) -> list[Asked]:
        waiting = _by_event(rules)
        pairs = [
            (event, rule)
            for event in events
            for name in happened(event)
            for rule in waiting.get(name, ())
        ]
        if not pairs:
            return []
        about = await subjects.of_events(session, [event for event, _ in pairs])
        seen = await context.load(session, list(about.values()), now)
        known = dict(zip(about, seen, strict=True))
        return [
            Asked(rule, event, about[event.seq], one)
            for event, rule in pairs
            if (one := known.get(event.seq)) is not None
        ]

    async def _run(self, session: WriteSession, meant: Sequence[Asked], now: datetime) -> None:
        held = await context.hold(session, [one.seen for one in meant], now)
        touched: set[UUID] = set()
        for one, seen in zip(meant, held, strict=True):
            if seen is not None:
                await self._one(session, replace(one, seen=seen), touched, now)

    async def _one(
        self, session: WriteSession, one: Asked, touched: set[UUID], now: datetime
    ) -> None:
        seen: Context | None = one.seen
        if one.seen.customer_id in touched:
            # Another rule has just acted on this customer: what it left counts.
            [seen] = await context.load(session, [one.subject], now)
        if seen is None:
            return
        if one.rule.compiled.window is not None and one.event.rule_id != one.rule.id:
            await planning.gather(session, one.rule, seen, one.occasion, now)
            return
        fired = await fire(session, one.rule, seen, one.occasion, tools=self._tools, now=now)
        if fired.firing_id is not None:
            touched.add(seen.customer_id)


def _by_event(rules: Sequence[Active]) -> Mapping[str, list[Active]]:
    found: dict[str, list[Active]] = {}
    for rule in rules:
        if isinstance(rule.compiled.when, OnEvent):
            found.setdefault(rule.compiled.when.name, []).append(rule)
    return found


def _skip(one: Asked) -> Skip:
    seen = one.seen
    return Skip(
        one.rule.id,
        one.rule.version,
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
