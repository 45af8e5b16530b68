"""`/appointments`: what booking systems push, and what became of it."""

from hub.appointments import repository
from hub.appointments.put import put_appointment
from hub.appointments.tables import Appointment
from hub.errors import NotFound
from hub.objects.body import PushedBody
from hub.operators.access import Scope
from hub.web.api import Call, Routes
from hub.web.cursors import Page
from hub.web.resources import objects
from hub.web.resources.objects import ObjectQuery, ObjectView, SystemQuery, system_of
from hub.web.shapes import Json, Output

routes = Routes("appointments")


class AppointmentView(ObjectView):
    """An appointment; `status` is its system's word, or what its customer answered."""


class PutAppointment(Output):
    """applied: False for a repeat and for a version older than the one known."""

    applied: bool
    appointment: AppointmentView


@routes.op(
    "PUT",
    "/appointments/{external}",
    body=PushedBody,
    query=SystemQuery,
    out=PutAppointment,
    scope=Scope.ORDERS_WRITE,
    also={409: "`version-conflict`: this version came before with another body."},
)
async def push_appointment(call: Call[PushedBody, SystemQuery]) -> Json:
    """Push an appointment, as often as needed and in any order; its reminders go along with it."""
    done = await put_appointment(
        call.session,
        system_of(call),
        str(call.path["external"]),
        call.body,
        by=call.viewer.id,
        now=call.now,
    )
    (shown,) = (await repository.by_ids(call.session, [done.row.id])).values()
    return {"applied": done.applied, "appointment": shown}


@routes.op(
    "GET",
    "/appointments/{external}",
    query=SystemQuery,
    out=AppointmentView,
    scope=Scope.CUSTOMERS_READ,
)
async def get_appointment(call: Call[None, SystemQuery]) -> Json:
    """An appointment by its system's own id."""
    async with call.reading() as session:
        found = await repository.get(session, system_of(call), str(call.path["external"]))
    if found is None:
        raise NotFound("No such appointment in this system.")
    return found


@routes.op(
    "GET",
    "/appointments",
    query=ObjectQuery,
    out=Page[AppointmentView],
    scope=Scope.CUSTOMERS_READ,
)
async def list_appointments(call: Call[None, ObjectQuery]) -> Json:
    """Appointments of everybody or of one customer, by status, number and time."""
    return await objects.listed(call, Appointment)
