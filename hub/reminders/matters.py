"""What is due, with all that decides about it: whether it still holds, and what became of it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from asyncpg import Record

from hub.clock import zone_of
from hub.hours.calendar import Calendar
from hub.reminders import planning, subjects, timing
from hub.reminders.subjects import Subject
from hub.reminders.timing import Planned, Timing
from hub.rules.active import Active
from hub.rules.context import Context
from hub.rules.triggers import Relative


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


class Span(NamedTuple):
    """How long before or after what a rule reminds."""

    when: Relative
    timing: Timing


def spans_of(matters: Sequence[Matter], hours: Calendar) -> Mapping[UUID, Span]:
    """The span of each rule that is still bound to objects."""
    rules = {one.rule.id: one.rule for one in matters}
    return {
        id_: Span(when, planning.timing_of(rule, when, hours))
        for id_, rule in rules.items()
        if (when := planning.relative(rule)) is not None
    }


def why_stale(one: Matter, span: Span | None) -> str:
    """Why what was planned is no longer what it should be; empty when it still is."""
    due, customer = one.due, one.seen.customer
    if span is None or span.when.object_kind != due.kind:
        return "rule-off"
    standing = subjects.standing(due.kind, one.subject, span.when)
    return timing.stale(span.timing, standing, zone_of(customer["time_zone"]), due.planned)


def is_late(one: Matter, span: Span, now: datetime) -> bool:
    # A rule's own `late` is asked when it fires; that of one without was kept the first time.
    bound = replace(span.timing, late=timedelta.max) if one.due.again else span.timing
    return timing.is_late(bound, one.due.planned, now)
