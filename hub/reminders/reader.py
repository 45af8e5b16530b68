"""Following the event log: what is planned follows objects, customers and rules."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

from hub.clock import Clock
from hub.db.engine import WriteSession
from hub.due import queue
from hub.due.queue import Plan
from hub.events import Event, EventType
from hub.reminders import planning, scan, subjects
from hub.rules.active import Active, ActiveRules

READER = "reminders"

_OBJECTS: Mapping[str, str] = {
    EventType.ORDER_CREATED: "order",
    EventType.ORDER_STATUS_CHANGED: "order",
    EventType.ORDER_UPDATED: "order",
    EventType.APPOINTMENT_CREATED: "appointment",
    EventType.APPOINTMENT_MOVED: "appointment",
    EventType.APPOINTMENT_CANCELLED: "appointment",
    EventType.APPOINTMENT_MISSED: "appointment",
    EventType.APPOINTMENT_COMPLETED: "appointment",
    EventType.APPOINTMENT_UPDATED: "appointment",
    EventType.APPOINTMENT_ANSWERED: "appointment",
}


def look(events: Sequence[Event]) -> bool:
    """Whether anything planned may follow these events (`hub.db.passing`)."""
    return any(
        one.type in _OBJECTS or one.type == EventType.RULE_CHANGED or _concerns_zone(one)
        for one in events
    )


class ReminderReader:
    """The handler of the durable reader `reminders`: plans commit with its place in the log."""

    def __init__(self, clock: Clock) -> None:
        self._rules = ActiveRules()
        self._clock = clock

    async def __call__(self, session: WriteSession, events: Sequence[Event]) -> None:
        objects: defaultdict[str, set[UUID]] = defaultdict(set)
        customers: set[UUID] = set()
        for event in events:
            if (kind := _OBJECTS.get(event.type)) is not None:
                objects[kind].add(UUID(str(event.data[f"{kind}_id"])))
            elif _concerns_zone(event) and event.customer_id is not None:
                customers.add(event.customer_id)
        await self._rules_changed(session, events)
        if objects or customers:
            await self._replan(session, objects, customers)

    async def _rules_changed(self, session: WriteSession, events: Sequence[Event]) -> None:
        changed = {
            str(event.data["rule_id"]) for event in events if event.type == EventType.RULE_CHANGED
        }
        now = self._clock()
        await queue.plan(session, [Plan(scan.KIND, rule_id, now) for rule_id in changed])

    async def _replan(
        self,
        session: WriteSession,
        objects: defaultdict[str, set[UUID]],
        customers: set[UUID],
    ) -> None:
        rules = [one for one in await self._rules.all(session) if planning.relative(one)]
        for kind in sorted(_kinds(rules)):
            if customers:
                objects[kind] |= await subjects.of_customers(session, kind, customers)
            await planning.replan(session, rules, kind, objects[kind], now=self._clock())


def _kinds(rules: Sequence[Active]) -> set[str]:
    return {when.object_kind for one in rules if (when := planning.relative(one))}


def _concerns_zone(event: Event) -> bool:
    """A day before is a day of the customer's calendar, wherever they have moved to."""
    if event.type == EventType.CUSTOMER_RESHAPED:
        return True
    changed = event.data.get("changed")
    return (
        event.type == EventType.CUSTOMER_UPDATED
        and isinstance(changed, list)
        and "time_zone" in changed
    )
