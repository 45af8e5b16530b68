"""The shop's desk (orders, a button for each next status) and its site, which shows the chat.

A server of its own on its own port, as a real shop would be: nothing here is part of the hub.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlencode, urlsplit

from aiohttp import web
from babel.numbers import format_currency

from hub.clock import Clock
from hub.demo import doors
from hub.demo.booking import Booking
from hub.demo.booking_page import BookingPage
from hub.demo.desk_page import HEADERS, Desk, locale_of, require_own_page
from hub.demo.notebook import Notebook
from hub.demo.shop import NEXT, Kept, Shop
from hub.demo.stories import Person
from hub.errors import HubError


@dataclass(frozen=True, slots=True)
class Row:
    """An order as the page shows it."""

    number: str
    person: Person
    status: str
    total: str
    next: tuple[str, ...]


class ShopPage:
    """`hub_url`: where browsers find the hub; `twins`: the twins' pages by channel."""

    def __init__(
        self,
        shop: Shop,
        booking: Booking,
        notebook: Notebook,
        clock: Clock,
        hub_url: str,
        twins: Mapping[str, str] | None = None,
    ) -> None:
        self._shop = shop
        self._notebook = notebook
        self._clock = clock
        self._hub_url = hub_url
        self._twins = twins or {}
        links = {"hub": hub_url, "twins": self._twins}
        self._desk = Desk.open(links)
        self._booking = BookingPage(booking, self._desk)

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/", self.orders)
        app.router.add_get("/shop.css", self.style)
        app.router.add_get("/site", self.site)
        app.router.add_get("/chat", self.new_chat)
        app.router.add_post("/orders/{number}", self.move)
        app.router.add_get("/orders/{number}/chat", self.chat)
        app.router.add_routes(self._booking.routes())
        return app

    async def orders(self, request: web.Request) -> web.Response:
        locale = locale_of(request)
        return self._page(locale, told=_told(request, self._desk.words[locale]))

    async def site(self, request: web.Request) -> web.Response:
        """What customers see: any page of any site, with the chat's one script tag."""
        locale = locale_of(request)
        chat = self._notebook.notes.chats["shop"]["id"]
        policy = site_policy(self._hub_url)
        return self._desk.page("site.html", locale, {"chat": chat}, policy=policy)

    async def style(self, _request: web.Request) -> web.Response:
        return web.Response(text=self._desk.css, content_type="text/css", headers=HEADERS)

    async def move(self, request: web.Request) -> web.Response:
        """A button was pressed: tell the hub, then show the page anew."""
        require_own_page(request)
        locale, kept = locale_of(request), self._kept(request)
        status = str((await request.post()).get("status", ""))
        if status not in kept.next:
            raise web.HTTPConflict(text="The order is not where this page thought it was.")
        try:
            await self._shop.move(kept.number, status)
        except (HubError, OSError) as error:
            words = self._desk.words[locale]
            told = {"kind": "refused", "text": words["refused"].format(why=error)}
            return self._page(locale, told=told, http_status=502)
        query = urlencode({"lang": locale, "moved": kept.number, "to": status})
        raise web.HTTPSeeOther(f"../?{query}")

    async def chat(self, request: web.Request) -> web.Response:
        """The hosted chat, with the shop's word for who its visitor is."""
        kept = self._kept(request)
        chat = self._notebook.notes.chats[kept.person.inbox]
        facts = {"key": kept.person.key, "name": kept.person.name, "locale": kept.person.locale}
        proof = doors.proof_of(
            facts, inbox_id=chat["id"], secret=chat["secret"], now=self._clock()
        )
        # A fragment never leaves the browser: the proof is in no log and no Referer.
        raise web.HTTPFound(f"{self._hub_url}/chat/{chat['id']}/#jwt={proof}")

    async def new_chat(self, _request: web.Request) -> web.Response:
        raise web.HTTPFound(f"{self._hub_url}/chat/{self._notebook.notes.chats['shop']['id']}/")

    def _kept(self, request: web.Request) -> Kept:
        try:
            return self._shop.order(request.match_info["number"])
        except KeyError:
            raise web.HTTPNotFound(text="There is no such order.") from None

    def _page(
        self, locale: str, *, told: Mapping[str, str] | None, http_status: int = 200
    ) -> web.Response:
        facts = {
            "orders": [_row(one, locale) for one in self._shop.orders()],
            "told": told,
            "moved": told.get("number", "") if told else "",
        }
        return self._desk.page("shop.html", locale, facts, http_status)


def site_policy(hub_url: str) -> str:
    """What docs/web-chat.md asks of a page that shows a chat, and what our page itself needs."""
    parts = urlsplit(hub_url)
    hub = f"{parts.scheme}://{parts.netloc}"
    # A WebSocket has a scheme of its own, which browsers do not take for the same source.
    live = hub.replace("http", "ws", 1)
    return (
        f"default-src 'none'; script-src {hub}; connect-src {hub} {live}; img-src data: {hub}; "
        "style-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    )


def _row(kept: Kept, locale: str) -> Row:
    order = kept.person.order or {}
    total = format_currency(Decimal(order["total"]), order["currency"], locale=locale)
    return Row(kept.number, kept.person, kept.status, str(total), kept.next)


def _told(request: web.Request, words: Mapping[str, str]) -> dict[str, str] | None:
    number, status = request.query.get("moved", ""), request.query.get("to", "")
    if not re.fullmatch(r"[A-Z]-\d{1,6}", number):
        return None
    if status not in known_statuses():
        return None
    said = words["moved"].format(number=number, status=words[status])
    return {"kind": "moved", "text": said, "number": number}


def known_statuses() -> frozenset[str]:
    return frozenset(NEXT) | {one for after in NEXT.values() for one in after}
