"""Taking a customer's answer: the appointment's status, its event, a line on the timeline."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from hub.appointments.answers import Answer, Outcome, weigh
from hub.appointments.put import APPOINTMENTS
from hub.appointments.tables import Appointment
from hub.clock import rfc3339
from hub.db.engine import AnySession, WriteSession
from hub.events import EventType
from hub.objects import put as objects
from hub.objects.put import News, Who


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer somebody gave. asked_for: when it was to start when they were asked."""

    appointment_id: UUID
    answer: Answer
    asked_for: datetime | None
    channel: str


async def hold(session: WriteSession, ids: Collection[UUID]) -> None:
    """Keep systems from pushing these until the transaction ends. Before any root is locked."""
    rows = await session.execute(
        select(Appointment.system, Appointment.external_id).where(Appointment.id.in_(ids))
    )
    for system, external_id in sorted(tuple(row) for row in rows):
        await objects.one_at_a_time(session, APPOINTMENTS.name, system, external_id)


async def find(session: AnySession, appointment_id: UUID) -> Appointment | None:
    """As it is now, read anew."""
    return await session.get(Appointment, appointment_id, populate_existing=True)


async def take(
    session: WriteSession, row: Appointment, answered: Answered, now: datetime
) -> Outcome:
    """What the answer changes, changed. `hold` was called before, and the root is locked."""
    outcome = weigh(
        answered.answer,
        asked_for=answered.asked_for,
        status=row.status,
        starts_at=row.starts_at,
        now=now,
    )
    if not outcome.status:
        return outcome
    before = objects.state(row)
    row.status = outcome.status
    said: dict[str, Any] = {"answer": str(answered.answer), "channel": answered.channel}
    facts = {**said, "starts_at": rfc3339(row.starts_at) if row.starts_at else None}
    told = News(
        [(EventType.APPOINTMENT_ANSWERED, facts)],
        [(f"appointment.{outcome.status}", facts)],
    )
    who = Who("customer", None, "")
    await objects.settle(session, APPOINTMENTS, row, before, said, who, now=now, more=told)
    return outcome
