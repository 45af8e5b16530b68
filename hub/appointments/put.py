"""Taking an appointment from a booking system: what a change of it means."""

from datetime import datetime
from uuid import UUID

from hub.appointments.status import BOOKED, CANCELLED, COMPLETED, MISSED, meaning
from hub.appointments.tables import Appointment, AppointmentVersion
from hub.clock import rfc3339
from hub.db.engine import WriteSession
from hub.events import EventType
from hub.objects import put as objects
from hub.objects.body import PushedBody
from hub.objects.put import Facts, Kind, News, Put, State

_ENDS = {
    CANCELLED: EventType.APPOINTMENT_CANCELLED,
    MISSED: EventType.APPOINTMENT_MISSED,
    COMPLETED: EventType.APPOINTMENT_COMPLETED,
}


def news(before: State, now: State) -> News:
    """Made, moved, ended in one of three ways; all else is an update that nobody is told of."""
    starts: Facts = {"starts_at": rfc3339(now.starts_at) if now.starts_at else None}
    found: list[tuple[EventType, Facts]] = []
    if not before.known:
        found.append((EventType.APPOINTMENT_CREATED, starts))
    elif now.starts_at != before.starts_at:
        was = rfc3339(before.starts_at) if before.starts_at else None
        found.append((EventType.APPOINTMENT_MOVED, {**starts, "was": was}))
    ended = _ENDS.get(meaning(now.status))
    if ended is not None and meaning(now.status) != meaning(before.status):
        found.append((ended, starts))
    if not found:
        return News([(EventType.APPOINTMENT_UPDATED, starts)])
    return News(found, [(str(type_), facts) for type_, facts in found])


def rescheduled(before: State, now: State) -> bool:
    """Whether it takes place at another time, or no longer, or after all."""
    times = (before.starts_at, before.ends_at) != (now.starts_at, now.ends_at)
    off = (meaning(before.status) == CANCELLED) != (meaning(now.status) == CANCELLED)
    return before.known and (times or off)


APPOINTMENTS = Kind("appointment", Appointment, AppointmentVersion, BOOKED, news, rescheduled)


async def put_appointment(
    session: WriteSession,
    system: str,
    external_id: str,
    body: PushedBody,
    *,
    by: UUID | None,
    now: datetime,
) -> Put[Appointment]:
    """Raises NotFound for an unknown customer id, Conflict for one version with two bodies."""
    return await objects.put(session, APPOINTMENTS, system, external_id, body, by=by, now=now)
