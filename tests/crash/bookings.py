"""A booking system that moves and cancels appointments, and what their customers must hear."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import text

from hub import clock
from hub.clock import rfc3339
from tests.crash.world import World

Push = Callable[[str, Mapping[str, Any]], Awaitable[None]]
"""Push (external id, body) until it is acknowledged."""

_FAR, _NEAR, _AT_ONCE = timedelta(hours=3), timedelta(hours=2), timedelta(hours=1, seconds=1)
"""How long before the appointment; its reminder is due an hour before (`world.REMINDED`)."""


@dataclass(frozen=True, slots=True)
class Course:
    """What a booking system says of an appointment, one version after another: (how long from
    now, status), and what its only reminder has to end as: status, reason.

    beside: how long from now the same customer has another, booked before: one message names both.
    """

    versions: Sequence[tuple[timedelta, str]]
    status: str
    reason: str = ""
    beside: timedelta | None = None


COURSES = (
    Course(((_AT_ONCE, "booked"),), "sent"),
    Course(((_FAR, "booked"), (_NEAR, "booked"), (_AT_ONCE, "booked")), "sent"),
    Course(((_FAR, "booked"), (_AT_ONCE, "cancelled")), "dropped", "cancelled"),
    Course(((_FAR, "booked"), (_AT_ONCE, "confirmed")), "dropped", "skipped"),
    Course(((_AT_ONCE, "booked"),), "sent", beside=_NEAR),
)
"""The reminder's rule is for what is booked, and asks that when it is due."""


class Bookings:
    """Appointments of one load: what was pushed of each, and where its customer is."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.places: dict[str, str] = {}
        """Appointment to the place that was acknowledged last."""

    @property
    def of_every_kind(self) -> bool:
        return len(self.places) >= len(COURSES)

    def buyer(self, appointment: str) -> str:
        return f"fake:{appointment}"

    async def book(self, push: Push) -> None:
        """One more appointment on its whole course."""
        number = len(self.places)
        appointment, course = f"{self._name}-a{number}", COURSES[number % len(COURSES)]
        if course.beside is not None:
            other = self._body(appointment, _place(appointment, 0), course.beside)
            await push(_beside(appointment), {**other, "version": 1, "status": "booked"})
        for version, (span, status) in enumerate(course.versions, 1):
            place = _place(appointment, version)
            body = self._body(appointment, place, span)
            self.places[appointment] = place
            await push(appointment, {**body, "version": version, "status": status})

    def _body(self, appointment: str, place: str, span: timedelta) -> dict[str, Any]:
        return {
            "customer": {"contact_point": self.buyer(appointment)},
            "place": place,
            "starts_at": rfc3339(clock.now() + span),
        }

    async def assert_reminded(
        self, world: World, heard: Callable[[str], Awaitable[Sequence[Mapping[str, Any]]]]
    ) -> Counter[str]:
        """Each appointment's last plan was sent once, or refused with its reason; no other was.

        heard: the messages on the timeline of whoever is at an address.
        """
        statuses: Counter[str] = Counter()
        for number, (appointment, place) in enumerate(self.places.items()):
            course = COURSES[number % len(COURSES)]
            planned = await _reminders(world, appointment)
            ends = [(one["status"], one["reason"]) for one in planned]
            # Cancelled before the planner came to it, it never had one.
            assert ends[-1:] == [(course.status, course.reason)] or (
                course.reason == "cancelled" and not ends
            ), (appointment, ends)
            assert set(ends[:-1]) <= {("dropped", "moved")}, (appointment, ends)
            told = await heard(self.buyer(appointment))
            sent = [str(one["entry_id"]) for one in planned if one["status"] == "sent"]
            words = f"See you in {place}"
            if course.beside is not None:
                words += f" and {_place(appointment, 0)}"
                beside = await _reminders(world, _beside(appointment))
                ended = [(one["status"], one["reason"], str(one["entry_id"])) for one in beside]
                assert ended == [("sent", "joined", *sent)], (appointment, ended)
            assert [(one["id"], one["text"]) for one in told] == [
                (entry, words) for entry in sent
            ], appointment
            statuses += Counter(str(one["status"]) for one in told)
        return statuses


def _place(appointment: str, version: int) -> str:
    return f"room {version} of {appointment}"


def _beside(appointment: str) -> str:
    return f"{appointment}-beside"


async def _reminders(world: World, appointment: str) -> Sequence[Mapping[str, Any]]:
    async with world.database.reading() as session:
        rows = await session.execute(text(_REMINDERS), {"appointment": appointment})
        return [row._asdict() for row in rows]


_REMINDERS = """
    SELECT r.status, r.reason, d.entry_id FROM reminders AS r
    JOIN appointments AS a ON a.id = r.object_id AND a.external_id = :appointment
    LEFT JOIN decisions AS d ON d.id = r.decision_id
    ORDER BY r.id
"""
