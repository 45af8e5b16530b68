"""`/appointment/{token}`: the page where a customer says whether they will come.

The token is all the proof there is: whoever has it got the message. Looking answers nothing,
since programs that check mails for viruses follow every link.
"""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qs

from aiohttp import web

from hub.appointments import answer
from hub.appointments.answer import Answered
from hub.appointments.answers import STATUS, Answer, Verdict, weigh
from hub.appointments.links import AnswerLinks, Linked
from hub.appointments.tables import Appointment
from hub.customers.roots import lock_roots
from hub.db.engine import AnySession
from hub.inboxes import company
from hub.rendering import render
from hub.rules import context
from hub.rules.context import Subject
from hub.web.bodies import read_bounded
from hub.web.html.pages import Pages
from hub.web.services import Services

_LARGEST = 4 * 1024


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page shows. state: a verdict, or `ask` while nothing has been answered."""

    language: str
    company: str
    when: str
    place: str
    status: str
    state: str


class AnswerPages:
    """Served to customers, who are signed in nowhere."""

    def __init__(self, services: Services, pages: Pages) -> None:
        self._services = services
        self._pages = pages
        self._links = AnswerLinks(services.keyring, services.settings.public_url)

    async def ask(self, request: web.Request) -> web.Response:
        """What it is about, and three buttons."""
        linked = self._links.read(request.match_info["token"])
        if linked is None:
            return self._page(request, None)
        async with self._services.database.reading() as session:
            row = await answer.find(session, linked.appointment_id)
            shown = await self._shown(session, request, row, linked) if row else None
        return self._page(request, shown)

    async def answer(self, request: web.Request) -> web.Response:
        """Take the answer; the same one twice is taken once."""
        linked = self._links.read(request.match_info["token"])
        form = parse_qs((await read_bounded(request, _LARGEST)).decode("utf-8", "replace"))
        said = form.get("answer", [""])[0]
        if linked is None or said not in set(Answer):
            return await self.ask(request)
        given = Answered(linked.appointment_id, Answer(said), linked.starts_at, "link")
        async with self._services.database.transaction() as session:
            await answer.hold(session, [linked.appointment_id])
            row = await answer.find(session, linked.appointment_id)
            if row is None:
                return self._page(request, None)
            await lock_roots(session, [row.customer_id])
            await answer.take(session, row, given, self._services.clock())
            shown = await self._shown(session, request, row, linked)
        return self._page(request, shown)

    async def _shown(
        self, session: AnySession, request: web.Request, row: Appointment, linked: Linked
    ) -> Shown:
        now = self._services.clock()
        [seen] = await context.load(session, [Subject("appointment", row.id)], now)
        customer = seen.customer if seen else {"time_zone": "", "locale": ""}
        language = self._pages.language(request, str(customer["locale"]))
        when = _words(row.starts_at, language, str(customer["time_zone"]))
        known = await company.of_object(session, row.id)
        return Shown(language, known, when, row.place, row.status, _state(row, linked, now))

    def _page(self, request: web.Request, shown: Shown | None) -> web.Response:
        status = 404 if shown is None else 200
        locale = shown.language if shown else ""
        return self._pages.page(
            request, "appointment.html", status=status, locale=locale, shown=shown
        )


def _words(moment: datetime | None, language: str, zone: str) -> str:
    if moment is None:
        return ""
    said = render(
        "{{ at | day }}, {{ at | time }}", {"at": moment}, locale=language, time_zone=zone
    )
    return said if zone else f"{said} UTC"


def _state(row: Appointment, linked: Linked, now: datetime) -> str:
    """What can be said of it: the answer that holds, or why none is taken any more."""
    outcome = weigh(
        next((one for one, status in STATUS.items() if status == row.status), Answer.CONFIRM),
        asked_for=linked.starts_at,
        status=row.status,
        starts_at=row.starts_at,
        now=now,
    )
    if outcome.verdict is Verdict.MOVED or not outcome.status:
        return str(outcome.verdict)
    return "ask"
