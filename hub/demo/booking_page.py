"""The booking desk beside the shop: who comes when; book, move and cancel.

It reads and writes times on the shop's clock.
"""

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlencode

from aiohttp import web

from hub.demo.booking import Booking
from hub.demo.desk_page import Desk, locale_of, require_own_page
from hub.errors import HubError

_OVER = frozenset({"cancelled", "completed", "missed"})
_LONGEST = 200
"""Characters of a field of the form."""


class BookingPage:
    """Its pages stand below those of the shop, in the same clothes."""

    def __init__(self, booking: Booking, desk: Desk) -> None:
        self._booking = booking
        self._desk = desk

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/booking", self.book),
            web.post("/booking", self.made),
            web.post("/booking/{number}", self.changed),
        ]

    async def book(self, request: web.Request) -> web.Response:
        """What is in the book, and the form for more."""
        return await self._page(locale_of(request), told=self._told(request))

    async def made(self, request: web.Request) -> web.Response:
        """The form was sent: tell the hub, then show the page anew."""
        require_own_page(request)
        locale, form = locale_of(request), await _form(request)
        try:
            number = await self._booking.book(
                form["contact_point"], self._moment(form["starts_at"]), form["service"], locale
            )
        except (HubError, OSError, KeyError, ValueError) as error:
            return await self._refused(locale, error)
        raise _again(locale, number, "booked")

    async def changed(self, request: web.Request) -> web.Response:
        """Moved, when a time was given; else cancelled."""
        require_own_page(request)
        locale, form, number = (
            locale_of(request),
            await _form(request),
            request.match_info["number"],
        )
        try:
            if form.get("deed") == "move":
                await self._booking.move(number, self._moment(form["starts_at"]))
            else:
                await self._booking.cancel(number)
        except (HubError, OSError, KeyError, ValueError) as error:
            return await self._refused(locale, error)
        raise _again(locale, number, "moved" if form.get("deed") == "move" else "cancelled")

    def _moment(self, text: str) -> datetime:
        """As a browser's field spells a time. Raises ValueError."""
        return datetime.fromisoformat(text).replace(tzinfo=self._booking.zone)

    async def _refused(self, locale: str, error: Exception) -> web.Response:
        words = self._desk.words[locale]
        why = error if isinstance(error, HubError) else words["booking_incomplete"]
        told = {"kind": "refused", "text": words["refused"].format(why=why)}
        return await self._page(locale, told=told, status=422)

    def _told(self, request: web.Request) -> Mapping[str, str] | None:
        words = self._desk.words[locale_of(request)]
        number, deed = request.query.get("number", "")[:20], request.query.get("did", "")
        said = words.get(f"booking_{deed}") if deed in {"booked", "moved", "cancelled"} else None
        return {"kind": "moved", "text": said.format(number=number)} if said else None

    async def _page(
        self, locale: str, *, told: Mapping[str, str] | None, status: int = 200
    ) -> web.Response:
        visits = [
            {
                "number": one.number,
                "contact_point": one.contact_point,
                "starts_at": at.strftime("%Y-%m-%dT%H:%M"),
                "shown": at.strftime("%d.%m. %H:%M"),
                "service": one.service,
                "status": one.status,
                "over": one.status in _OVER,
            }
            for one in await self._booking.visits()
            for at in (one.starts_at.astimezone(self._booking.zone),)
        ]
        facts = {"visits": visits, "known": self._booking.known(), "told": told}
        return self._desk.page("booking.html", locale, facts, status)


async def _form(request: web.Request) -> Mapping[str, str]:
    posted = await request.post()
    return {name: str(one).strip()[:_LONGEST] for name, one in posted.items() if str(one).strip()}


def _again(locale: str, number: str, deed: str) -> web.HTTPSeeOther:
    query = urlencode({"lang": locale, "number": number, "did": deed})
    return web.HTTPSeeOther(f"/booking?{query}")
