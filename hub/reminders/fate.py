"""What became of a rule's reminder for a customer, and why there is none: changes nothing."""

from datetime import datetime
from typing import Any
from uuid import UUID

from hub.clock import rfc3339, zone_of
from hub.db.engine import AnySession
from hub.reminders import planning, repository, subjects, timing
from hub.reminders.repository import Only
from hub.rules import context
from hub.rules.active import Active, ActiveRules


async def of(
    session: AnySession, rule_id: UUID, customer_id: UUID, object_id: UUID | None, now: datetime
) -> dict[str, Any] | None:
    """`{"status", "reason", "due_at", "moment"}` of the newest one, about this object or any.

    status: planned, sent, dropped, or none: then `reason` is no-time, cancelled (it is over),
    before-rule (its time had passed when the rule came) or soon (it is planned in a moment).
    None for what plans no reminders.
    """
    rule = await ActiveRules().one(session, rule_id)
    if rule is None or planning.relative(rule) is None:
        return None
    only = Only(customer=customer_id, rule=rule_id, object=object_id)
    found = await repository.listed(session, only, limit=1)
    if found:
        return {name: found[0][name] for name in ("status", "reason", "due_at", "moment")}
    return None if object_id is None else await _none(session, rule, object_id, now)


async def _none(
    session: AnySession, rule: Active, object_id: UUID, now: datetime
) -> dict[str, Any] | None:
    when = planning.relative(rule)
    assert when is not None  # noqa: S101 - the caller has looked
    one = (await subjects.load(session, when.object_kind, [object_id])).get(object_id)
    if one is None:
        return None
    standing = subjects.standing(when.object_kind, one, when)
    if standing.over or standing.moment is None:
        reason = "cancelled" if standing.over else "no-time"
        return {"status": "none", "reason": reason, "due_at": None, "moment": None}
    people = await context.customers(session, {one.root_id})
    hours = await planning.hours_of(session, [rule])
    zone = zone_of(str(people[one.root_id]["time_zone"]))
    due_at = timing.due_at(planning.timing_of(rule, when, hours), standing.moment, zone)
    return {
        "status": "none",
        "reason": "before-rule" if due_at < now else "soon",
        "due_at": rfc3339(due_at),
        "moment": rfc3339(standing.moment),
    }
