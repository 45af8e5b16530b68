"""What is due, with all that decides about it: whether it still holds, and what became of it."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from asyncpg import Record

from hub.clock import zone_of
from hub.hours.calendar import Calendar
from hub.reminders import planning, subjects, timing
from hub.reminders.subjects import Subject
from hub.reminders.timing import History, Planned
from hub.rules.active import Active
from hub.rules.context import Context


class Due(NamedTuple):
    """A planned reminder whose time has come, or that may go along with one.

    waits: its own time has not come. again: it was said in time, in a message that was taken back.
    A tuple, as all below: thousands are made at a time.
    """

    id: UUID
    rule_id: UUID
    kind: str
    object_id: UUID
    planned: Planned
    waits: bool = False
    again: bool = False


def due_of(row: Record, *, waits: bool = False) -> Due:
    planned = Planned(row["moment"], row["due_at"])
    named = (row["id"], row["rule_id"], row["object_kind"], row["object_id"])
    return Due(*named, planned, waits=waits, again=row["decision_id"] is not None)


class End(NamedTuple):
    """What became of it. status: sent, dropped."""

    id: UUID
    status: str
    reason: str = ""
    decision_id: UUID | None = None


class Matter(NamedTuple):
    """A due reminder with all that decides about it, as it is now."""

    due: Due
    rule: Active
    subject: Subject
    seen: Context


def is_late(one: Matter, now: datetime) -> bool:
    when = planning.relative(one.rule)
    if when is None:
        return False
    span = planning.timing_of(one.rule, when)
    # A rule's own `late` is asked when it fires; that of one without was kept the first time.
    span = replace(span, late=timedelta.max) if one.due.again else span
    return timing.is_late(span, one.due.planned, now)


def outdated(one: Matter, hours: Calendar) -> str:
    """Why what was planned is no longer what it should be; empty when it still is."""
    due, subject, when = one.due, one.subject, planning.relative(one.rule)
    if when is None or when.object_kind != due.kind:
        return "rule-off"
    step = timing.step(
        planning.timing_of(one.rule, when, hours),
        subjects.standing(due.kind, subject, when),
        zone_of(str(one.seen.customer["time_zone"])),
        History(planned=due.planned),
        due.planned.due_at,
    )
    return step.drop
