"""`/business-hours`: when the company is there; what waits counts this time and no other."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from hub.db.engine import AnySession
from hub.faults import Spelled
from hub.hours import spec, store
from hub.operators import audit
from hub.operators.access import Scope
from hub.reminders import scan
from hub.timers import watching
from hub.web.api import AnyCall, Call, Routes
from hub.web.bodies import Input
from hub.web.cursors import Page, Paging, after_id, by_id
from hub.web.shapes import Json, Name, Output, refuse_null

routes = Routes("business hours")

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Clock = Annotated[
    str, Spelled("^([01][0-9]|2[0-4]):[0-5][0-9]$", "a time of day, such as 09:00 or 24:00")
]
Ids = Annotated[list[UUID], Field(max_length=1000)]


class HoursBody(Input):
    """Past midnight where `until` is the earlier one; the end of a day is 24:00."""

    days: Annotated[list[Day], Field(min_length=1, max_length=7)]
    from_: Annotated[Clock, Field(alias="from")]
    until: Clock


class HolidayBody(Input):
    """Closed from midnight to midnight; `yearly`: on this day of every year."""

    date: Annotated[
        str, Spelled("^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "year, month and day, such as 2026-12-24")
    ]
    yearly: bool = False
    name: Annotated[str, Field(max_length=100)] = ""


Week = Annotated[list[HoursBody], Field(max_length=spec.MOST_SPANS)]
Holidays = Annotated[list[HolidayBody], Field(max_length=spec.MOST_HOLIDAYS)]
Zone = Annotated[str, Field(min_length=1, max_length=100, examples=["Europe/Sofia"])]


class NewHours(Input):
    """`default`: holds for all inboxes and teams without hours of their own. `inboxes` and `teams`
    have these hours from now on; a team's go before its inbox's."""

    name: Name
    time_zone: Zone
    week: Week = Field(default_factory=list)
    holidays: Holidays = Field(default_factory=list)
    default: bool = False
    inboxes: Ids = Field(default_factory=list)
    teams: Ids = Field(default_factory=list)


class HoursPatch(Input):
    """What is left out stays. Lists replace what was there."""

    name: Name | None = None
    time_zone: Zone | None = None
    week: Week | None = None
    holidays: Holidays | None = None
    default: bool | None = None
    inboxes: Ids | None = None
    teams: Ids | None = None


class HoursShown(Output):
    days: list[Day]
    from_: Annotated[str, Field(alias="from")]
    until: str


class HolidayShown(Output):
    date: str
    yearly: bool
    name: str


class HoursView(Output):
    """`open`: now. `next_opening`: now, or when it opens again; null when it never does."""

    id: UUID
    name: str
    time_zone: str
    week: list[HoursShown]
    holidays: list[HolidayShown]
    default: bool
    inboxes: list[UUID]
    teams: list[UUID]
    open: bool
    next_opening: AwareDatetime | None
    created_at: AwareDatetime


_TAKEN = {409: "There is a calendar of this name; `id` says which."}


@routes.op("GET", "/business-hours", query=Paging, out=Page[HoursView], scope=Scope.MESSAGES_READ)
async def list_hours(call: Call[None, Paging]) -> Json:
    """All business hours. Without any, the company is always open."""
    async with call.reading() as session:
        items = await store.page(session, after=after_id(call.query), limit=call.query.limit)
    return by_id([_with_now(one, call) for one in items], call.query)


@routes.op(
    "POST",
    "/business-hours",
    body=NewHours,
    out=HoursView,
    status=201,
    scope=Scope.ADMIN,
    also=_TAKEN,
)
async def add_hours(call: Call[NewHours]) -> Json:
    """Set business hours, with holidays."""
    given = call.body.model_dump(by_alias=True)
    calendar_id = await store.create(call.session, given, call.now)
    await _anew(call)
    await _audit(call, "hours.created", calendar_id)
    return await _shown(call, call.session, calendar_id)


@routes.op(
    "PATCH",
    "/business-hours/{id}",
    body=HoursPatch,
    out=HoursView,
    scope=Scope.ADMIN,
    also=_TAKEN,
)
async def change_hours(call: Call[HoursPatch]) -> Json:
    """Change business hours, for all that begins from now on."""
    given = call.body.model_dump(by_alias=True, exclude_unset=True)
    refuse_null(given)
    await store.update(call.session, call.id, given)
    await _anew(call)
    await _audit(call, "hours.changed", call.id)
    return await _shown(call, call.session, call.id)


@routes.op("DELETE", "/business-hours/{id}", status=204, scope=Scope.ADMIN)
async def remove_hours(call: Call) -> None:
    """Remove business hours; who had them has the default ones."""
    await store.remove(call.session, call.id)
    await _anew(call)
    await _audit(call, "hours.removed", call.id)


async def _anew(call: AnyCall) -> None:
    """What is promised, and what is sent at working times only, is counted again."""
    await watching.anew(call.session, call.now)
    await scan.hours_changed(call.session, call.now)


async def _shown(call: AnyCall, session: AnySession, calendar_id: UUID) -> Json:
    return _with_now(await store.get(session, calendar_id), call)


def _with_now(one: Json, call: AnyCall) -> Json:
    calendar = spec.compiled(one["time_zone"], one["week"], one["holidays"])
    return {
        **one,
        "open": calendar.open_at(call.now),
        "next_opening": calendar.next_opening(call.now),
    }


async def _audit(call: AnyCall, action: str, calendar_id: UUID) -> None:
    about = ("business hours", calendar_id)
    await audit.record(call.session, call.viewer, action, about=about, now=call.now)
