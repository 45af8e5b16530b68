"""Running rules over the event log: each event once, each firing once, each failure on its own."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from hub.clock import Clock
from hub.customers.roots import lock_roots
from hub.db.engine import WriteSession
from hub.events import Event, EventType
from hub.rules import context
from hub.rules.active import Active, ActiveRules
from hub.rules.context import Context, Subject
from hub.rules.firing import Occasion, Tools, fire

Meant = tuple[Active, Event, Context]


class RuleReader:
    """The handler of the durable reader `rules`: its effects commit with its place in the log."""

    NAME = "rules"

    def __init__(self, tools: Tools, clock: Clock) -> None:
        self._tools = tools
        self._clock = clock
        self._rules = ActiveRules(tools.notices)

    async def __call__(self, session: WriteSession, events: Sequence[Event]) -> None:
        triggering = [event for event in events if event.type in _SUBJECTS]
        if not triggering:
            return
        rules = await self._rules.by_event(session)
        wanted = [event for event in triggering if rules.get(event.type)]
        if wanted:
            await self._run(session, rules, wanted)

    async def _run(
        self, session: WriteSession, rules: Mapping[str, list[Active]], events: Sequence[Event]
    ) -> None:
        now = self._clock()
        subjects = [_subject(event) for event in events]
        seen = await context.load(session, subjects, now)
        meant: list[Meant] = [
            (rule, event, one)
            for event, one in zip(events, seen, strict=True)
            if one is not None
            for rule in rules[event.type]
            if rule.compiled.test(one.facts)
        ]
        # All at once and sorted: one by one they would deadlock with what comes in meanwhile.
        await lock_roots(session, {one.customer_id for _, _, one in meant})
        for rule, event, one in meant:
            # A later status takes over from an earlier one only where the event is about it.
            current = one.current or event.type != EventType.ORDER_STATUS_CHANGED
            occasion = Occasion(event.occurred_at, current, event.seq, event.depth)
            await fire(session, rule, one, occasion, tools=self._tools, now=now)


_SUBJECTS: Mapping[str, str] = {
    EventType.ORDER_CREATED: "order",
    EventType.ORDER_STATUS_CHANGED: "order",
    EventType.ORDER_UPDATED: "order",
    EventType.APPOINTMENT_CREATED: "appointment",
    EventType.APPOINTMENT_MOVED: "appointment",
    EventType.APPOINTMENT_UPDATED: "appointment",
    EventType.APPOINTMENT_CANCELLED: "appointment",
    EventType.APPOINTMENT_MISSED: "appointment",
    EventType.APPOINTMENT_COMPLETED: "appointment",
}
"""The kind of object an event is about; `data` names it as `<kind>_id`."""


def _subject(event: Event) -> Subject:
    kind = _SUBJECTS[event.type]
    told = {}
    if "status" in event.data:
        told = {"status": event.data["status"], "previous_status": event.data.get("from", "")}
    return Subject(kind, UUID(str(event.data[f"{kind}_id"])), told)
