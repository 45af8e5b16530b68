"""The shop's desk (orders, a button for each next status) and its site, which shows the chat.

A server of its own on its own port, as a real shop would be: nothing here is part of the hub.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlencode, urlsplit

import yaml
from aiohttp import web
from babel.numbers import format_currency
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from hub import resources
from hub.clock import Clock
from hub.demo import doors
from hub.demo.notebook import Notebook
from hub.demo.shop import NEXT, Kept, Shop
from hub.demo.stories import Person
from hub.errors import HubError

LOCALES = {"en": "English", "ru": "Русский", "bg": "Български"}
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    # `no-referrer` would also empty the Origin of our own form.
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


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
        folder = resources.path("templates") / "demo"
        self._words: dict[str, dict[str, str]] = yaml.safe_load(
            (folder / "words.yaml").read_text(encoding="utf-8")
        )
        self._css = (folder / "shop.css").read_text(encoding="utf-8")
        self._templates = Environment(
            loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined
        )

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/", self.orders)
        app.router.add_get("/shop.css", self.style)
        app.router.add_get("/site", self.site)
        app.router.add_get("/chat", self.new_chat)
        app.router.add_post("/orders/{number}", self.move)
        app.router.add_get("/orders/{number}/chat", self.chat)
        return app

    async def orders(self, request: web.Request) -> web.Response:
        locale = _locale(request)
        return self._page(locale, told=_told(request, self._words[locale]))

    async def site(self, request: web.Request) -> web.Response:
        """What customers see: any page of any site, with the chat's one script tag."""
        locale = _locale(request)
        text = self._templates.get_template("site.html").render(
            locale=locale,
            locales=LOCALES,
            words=self._words[locale],
            hub=self._hub_url,
            chat=self._notebook.notes.chats["shop"]["id"],
        )
        headers = {**_HEADERS, "Content-Security-Policy": site_policy(self._hub_url)}
        return web.Response(text=text, content_type="text/html", headers=headers)

    async def style(self, _request: web.Request) -> web.Response:
        return web.Response(text=self._css, content_type="text/css", headers=_HEADERS)

    async def move(self, request: web.Request) -> web.Response:
        """A button was pressed: tell the hub, then show the page anew."""
        _require_own_page(request)
        locale, kept = _locale(request), self._kept(request)
        status = str((await request.post()).get("status", ""))
        if status not in kept.next:
            raise web.HTTPConflict(text="The order is not where this page thought it was.")
        try:
            await self._shop.move(kept.number, status)
        except (HubError, OSError) as error:
            words = self._words[locale]
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
        text = self._templates.get_template("shop.html").render(
            locale=locale,
            locales=LOCALES,
            words=self._words[locale],
            hub=self._hub_url,
            twins=self._twins,
            orders=[_row(one, locale) for one in self._shop.orders()],
            told=told,
            moved=told.get("number", "") if told else "",
        )
        return web.Response(
            text=text, content_type="text/html", status=http_status, headers=_HEADERS
        )


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


def _locale(request: web.Request) -> str:
    wished = request.query.get("lang") or request.headers.get("Accept-Language") or ""
    found = re.search(r"\b(en|ru|bg)\b", wished.lower())
    return found[1] if found else "en"


def _require_own_page(request: web.Request) -> None:
    """Another site's page must not press our buttons; a browser tells where a form was."""
    origin = request.headers.get("Origin")
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    if site != "same-origin" or (origin and urlsplit(origin).netloc != request.host):
        raise web.HTTPForbidden(text="This came from a page of another site.")
