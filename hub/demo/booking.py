"""The demo's booking system: it owns its appointments, and tells the hub of every change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hub.clock import rfc3339
from hub.demo.doors import Api, DoorClosed, Json
from hub.demo.notebook import Notebook
from hub.demo.stories import Chat, Person
from hub.demo.twins import SCHEMES
from hub.hours.calendar import Calendar
from hub.hours.spec import compiled

LASTS = timedelta(minutes=30)
PLACE = "Luna Optics"
_BOOKED_BEFORE: Sequence[tuple[timedelta, str]] = (
    (timedelta(hours=3), "confirmed"),
    (timedelta(hours=27), "confirmed"),
    (timedelta(hours=-20), "completed"),
)
"""What is in the book on the first day: when, counted from the demo's start, and its status."""
_HOUR = timedelta(hours=1)
_FARTHEST = 14 * 24


@dataclass(frozen=True, slots=True)
class Visit:
    """An appointment in the book. status: as the hub knows it, with its customer's answer."""

    number: str
    contact_point: str
    starts_at: datetime
    service: str
    status: str


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody who can be booked for: where they are reached on a twin."""

    name: str
    contact_point: str


def opening_hours(chat: Chat) -> Calendar:
    """When the shop of that chat is open, on its own clock."""
    return compiled(chat.hours["time_zone"], chat.hours["week"], chat.hours["holidays"])


def first_book(begun: datetime, calendar: Calendar) -> list[tuple[datetime, str]]:
    """When its appointments begin, and their status: the demo may be started at night."""
    hour = begun.replace(minute=0, second=0, microsecond=0)
    return [
        (_open_from(hour + after, after, calendar), status) for after, status in _BOOKED_BEFORE
    ]


def _open_from(begun: datetime, after: timedelta, calendar: Calendar) -> datetime:
    """Then or, hour by hour away from the beginning, when the shop is open until it is over."""
    wanted = begun + after
    step = _HOUR if after > timedelta() else -_HOUR
    found = (wanted + step * number for number in range(_FARTHEST))
    last = LASTS - timedelta(minutes=1)
    fits = (one for one in found if calendar.open_at(one) and calendar.open_at(one + last))
    return next(fits, wanted)


class Booking:
    """`api` holds the booking system's token; its book is kept in the demo's notes.

    zone: of the shop's clock.
    """

    def __init__(
        self, api: Api, notebook: Notebook, people: Mapping[str, Person], calendar: Calendar
    ) -> None:
        self._api = api
        self._notebook = notebook
        self._people = people
        self._calendar = calendar
        self.zone = calendar.zone

    def known(self) -> list[Known]:
        """The customers of the story whom a twin stands in for."""
        channels = self._notebook.notes.channels or ()
        return [
            Known(one.name, f"{SCHEMES[channel]}:{address}")
            for one in self._people.values()
            for channel, address in one.addresses.items()
            if channel in channels
        ]

    async def fill(self) -> None:
        """Write what was booked before the demo began, whatever of it is not there yet."""
        people = {one.name: one for one in self.known()}.values()
        book = first_book(self._notebook.notes.started_at, self._calendar)
        for number, ((starts_at, status), one) in enumerate(zip(book, people, strict=False), 1):
            if f"A-{number}" not in self._notebook.notes.appointments:
                facts = {"contact_point": one.contact_point, "service": "Eye test"}
                await self._tell(f"A-{number}", facts, starts_at, status=status)

    async def book(
        self, contact_point: str, starts_at: datetime, service: str, locale: str
    ) -> str:
        """Its number. Raises DoorClosed when the hub refuses."""
        number = f"A-{len(self._notebook.notes.appointments) + 1}"
        facts = {"contact_point": contact_point, "service": service, "locale": locale}
        await self._tell(number, facts, starts_at, status="booked")
        return number

    async def move(self, number: str, starts_at: datetime) -> None:
        """To another time; whoever asked for it has to be asked anew. Raises KeyError."""
        await self._tell(number, self._kept(number), starts_at, status="booked")

    async def cancel(self, number: str) -> None:
        """Raises KeyError for what is not in the book."""
        kept = self._kept(number)
        starts_at = datetime.fromisoformat(kept["starts_at"])
        await self._tell(number, kept, starts_at, status="cancelled")

    async def visits(self) -> list[Visit]:
        """In the order of their times."""
        known = {one["external_id"]: one for one in await self._in_the_hub()}
        found = [
            Visit(
                number,
                kept["contact_point"],
                datetime.fromisoformat(kept["starts_at"]),
                kept["service"],
                known[number]["status"] if number in known else "booked",
            )
            for number, kept in self._notebook.notes.appointments.items()
        ]
        return sorted(found, key=lambda one: one.starts_at)

    async def _in_the_hub(self) -> list[Json]:
        page = await self._api.call("GET", "/api/v1/appointments", limit="200")
        items: list[Json] = page["items"]
        return items

    def _kept(self, number: str) -> Mapping[str, Any]:
        return self._notebook.notes.appointments[number]

    async def _tell(
        self, number: str, facts: Mapping[str, Any], starts_at: datetime, *, status: str
    ) -> None:
        version = int(facts.get("version", 0)) + 1
        try:
            await self._push(number, facts, starts_at, status, version)
        except DoorClosed as refused:
            # Killed between telling the hub and noting it: that version is taken.
            if refused.status != 409:
                raise
            version += 1
            await self._push(number, facts, starts_at, status, version)
        kept = {**facts, "starts_at": rfc3339(starts_at), "version": version}
        book = {**self._notebook.notes.appointments, number: kept}
        await self._notebook.change(appointments=book)

    async def _push(
        self,
        number: str,
        facts: Mapping[str, Any],
        starts_at: datetime,
        status: str,
        version: int,
    ) -> None:
        customer = {"contact_point": facts["contact_point"], "locale": facts.get("locale", "")}
        body: Json = {
            "customer": {name: one for name, one in customer.items() if one},
            "status": status,
            "version": version,
            "number": number,
            "starts_at": rfc3339(starts_at),
            "ends_at": rfc3339(starts_at + LASTS),
            "place": PLACE,
            "data": {"service": facts["service"]},
        }
        await self._api.call("PUT", f"/api/v1/appointments/{number}", body)
