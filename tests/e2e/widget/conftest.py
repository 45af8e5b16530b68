"""A shop's page on another origin with a strict policy, and the chat in its corner."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from time import time
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from joserfc import jwt
from joserfc.jwk import OctKey
from playwright.async_api import (
    Browser,
    BrowserContext,
    Locator,
    Page,
    Route,
    expect,
)

from hub import resources
from tests.chromium import chromium
from tests.database import fresh_database
from tests.installation import PASSWORD, Hub, environment, furnished, opened, serving

SECRET = "a-secret-of-the-shop-of-32-letters"
# On a stranger's page the shadow tree is closed; a test has to look in.
OPEN_UP = """
const attach = Element.prototype.attachShadow;
Element.prototype.attachShadow = function (init) {
  return attach.call(this, { ...init, mode: "open" });
};
"""
Json = dict[str, Any]


@dataclass(frozen=True)
class Shop:
    """The address of the shop's pages; `chat` is where its widget comes from."""

    url: str
    chat: str
    inbox: str

    def jwt(self, sub: str, **claims: object) -> str:
        usual = {"sub": sub, "aud": self.inbox, "exp": int(time()) + 300}
        return jwt.encode({"alg": "HS256"}, {**usual, **claims}, OctKey.import_key(SECRET))


def policy(chat: str) -> str:
    """What docs/web-chat.md tells a site to allow, and nothing else."""
    docs = (resources.path("migrations").parent / "docs/web-chat.md").read_text()
    (told,) = re.findall(r"^script-src https://HUB;.*$", docs, re.MULTILINE)
    scheme, _, host = "/".join(chat.split("/")[:3]).partition("://")
    here = told.replace("https://HUB", f"{scheme}://{host}")
    here = here.replace("wss://HUB", f"{scheme.replace('http', 'ws')}://{host}")
    return f"default-src 'none'; {here}"


@asynccontextmanager
async def shop_at(chat: str, *, head: str = "") -> AsyncIterator[Shop]:
    """A site of one page that shows the chat at `chat`."""

    async def page(request: web.Request) -> web.Response:
        if request.path == "/frame":
            text = '<!doctype html><title>Frame</title><iframe src="/" width=600 height=700>'
            return web.Response(text=text, content_type="text/html")
        text = (
            f'<!doctype html><html lang="en"><head><title>Tea shop</title>'
            f'<meta name="viewport" content="width=device-width, viewport-fit=cover">{head}'
            f'<script async src="{chat}widget.js"></script></head>'
            f"<body><main><h1>Tea</h1></main></body></html>"
        )
        headers = {} if "style" in head else {"Content-Security-Policy": policy(chat)}
        return web.Response(text=text, content_type="text/html", headers=headers)

    app = web.Application()
    app.router.add_get("/{tail:.*}", page)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        yield Shop(f"http://127.0.0.1:{port}/", chat, chat.rstrip("/").rsplit("/", 1)[-1])
    finally:
        await runner.cleanup()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hub(
    server_url: str, template_database: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Hub]:
    """One hub for all tests of a module: each opens an inbox of its own."""
    folder = tmp_path_factory.mktemp("hub")
    async with fresh_database(server_url, template_database) as url:
        surroundings = environment(url, folder / "data")
        async with serving(surroundings, folder / "hub.log") as served:
            served.token = await furnished(url)
            yield served


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as launched:
        yield launched


OpenShop = Callable[..., Awaitable[Shop]]


@pytest_asyncio.fixture(loop_scope="module")
async def open_shop(hub: Hub, company: "Company") -> AsyncIterator[OpenShop]:
    """Opens shops, each with a web chat of these settings."""
    async with AsyncExitStack() as stack:

        async def made(
            *, head: str = "", way: str = "", closed: bool = False, **settings: object
        ) -> Shop:
            settings = {"jwt_secret": SECRET, "visits_per_minute": 0, **settings}
            body = {"channel": "webchat", "name": "Tea shop", "settings": settings}
            company.inbox = (await company.call("POST", "inboxes", json=body))["id"]
            if closed:
                never = {"name": company.inbox, "time_zone": "UTC", "inboxes": [company.inbox]}
                await company.call("POST", "business-hours", json=never)
            await opened(f"{hub.url}/chat/{company.inbox}/")
            chat = f"{way or hub.url}/chat/{company.inbox}/"
            return await stack.enter_async_context(shop_at(chat, head=head))

        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def shop(open_shop: OpenShop) -> Shop:
    return await open_shop()


@dataclass
class Visitor:
    """A page with the widget on it; `faults` are what its console complained of."""

    page: Page
    faults: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    @classmethod
    async def at(cls, context: BrowserContext, url: str) -> "Visitor":
        page = await context.new_page()
        visitor = cls(page)
        page.on("console", lambda said: visitor._heard(said.type, said.text))
        page.on("pageerror", lambda error: visitor.faults.append(str(error)))
        page.on("request", lambda request: visitor.requests.append(request.url))
        page.on("websocket", lambda socket: visitor.requests.append(socket.url))
        await page.goto(url)
        return visitor

    def _heard(self, kind: str, text: str) -> None:
        # A cut line is what some tests are about.
        if kind == "error" and "net::ERR" not in text and "WebSocket connection" not in text:
            self.faults.append(text)

    @property
    def launcher(self) -> Locator:
        return self.page.locator(".launcher")

    @property
    def text(self) -> Locator:
        return self.page.locator("#text")

    def bubble(self, text: str) -> Locator:
        return self.page.locator(".bubble").get_by_text(text, exact=True)

    async def opens(self) -> None:
        await self.launcher.click()
        await expect(self.page.locator(".panel")).to_be_visible()

    async def writes(self, text: str) -> None:
        await self.text.fill(text)
        await self.text.press("Enter")

    async def sees(self, text: str, *, mark: str = "", within: float = 10) -> None:
        await expect(self.bubble(text)).to_be_visible(timeout=within * 1000)
        if mark:
            row = self.page.locator(".row", has=self.bubble(text))
            await expect(row.locator(".mark")).to_have_text(mark, timeout=within * 1000)

    async def texts(self) -> list[str]:
        """All bubbles in order, without the greeting."""
        return (await self.page.locator(".bubble").all_inner_texts())[1:]


async def refuse_next(page: Page) -> None:
    """What a proxy between the widget and the hub may say of the next message."""
    headers = {"Access-Control-Allow-Origin": "*"}

    async def refuse(route: Route) -> None:
        await route.fulfill(status=413, headers=headers, body="<h1>Too large</h1>")

    await page.route("**/messages", refuse, times=1)


@pytest_asyncio.fixture(loop_scope="module")
async def person(browser: Browser) -> AsyncIterator[Callable[..., Awaitable[BrowserContext]]]:
    """Browsers of people, each with a storage of its own."""
    async with AsyncExitStack() as stack:

        async def made(**options: Any) -> BrowserContext:
            context = await browser.new_context(locale="en-GB", **options)
            stack.push_async_callback(context.close)
            await context.add_init_script(OPEN_UP)
            return context

        yield made


People = Callable[..., Awaitable[BrowserContext]]


@dataclass
class Company:
    """The other side, over the API."""

    hub: Hub
    http: aiohttp.ClientSession
    inbox: str = ""

    async def call(self, method: str, path: str, **sent: Any) -> Any:
        address = f"{self.hub.url}/api/v1/{path}"
        async with self.http.request(method, address, **sent) as answer:
            assert answer.status < 300, await answer.text()
            return await answer.json()

    async def customers(self) -> list[Json]:
        """Those who wrote to the inbox of this test."""
        items: list[Json] = (await self.call("GET", "customers", params={"limit": "100"}))["items"]
        return [
            one
            for one in items
            if any(point["value"].startswith(self.inbox) for point in one["contact_points"])
        ]

    async def said(self, customer: str) -> list[str]:
        """What the customer wrote, in the order it was recorded."""
        texts: list[str] = []
        query: Mapping[str, str] = {"limit": "100"}
        while True:
            page = await self.call("GET", f"customers/{customer}/timeline", params=query)
            found = [one for one in page["items"] if one["direction"] == "inbound"]
            texts = [one["text"] for one in found] + texts
            if not page.get("before"):
                return texts
            query = {"limit": "100", "before": page["before"]}

    async def reads(self) -> None:
        """An operator opens the conversation."""
        (customer,) = await self.customers()
        found = await self.call("GET", "conversations", params={"customer": customer["id"]})
        (conversation,) = found["items"]
        who = {"email": "anna@example.com", "password": PASSWORD}
        # A jar that keeps cookies of an address without a name.
        jar = aiohttp.CookieJar(unsafe=True)
        own = {"Origin": self.hub.url}
        async with aiohttp.ClientSession(cookie_jar=jar, headers=own) as browser:
            async with browser.post(f"{self.hub.url}/sign-in", data=who) as answer:
                assert answer.status == 200, await answer.text()
            url = f"{self.hub.url}/api/v1/conversations/{conversation['id']}/read"
            async with browser.post(url) as answer:
                assert answer.status < 300, await answer.text()

    async def opens_a_mailbox(self) -> None:
        """A mail inbox that nobody answers for at the moment: what it has to send waits."""
        at = {"imap_host": "127.0.0.1", "imap_port": 9, "imap_tls": "none", "imap_user": "us"}
        out = {"smtp_host": "127.0.0.1", "smtp_port": 9, "smtp_tls": "none"}
        settings = {"address": "us@shop.example", "imap_password": "x", **at, **out}
        body = {"channel": "email", "name": "Mail", "settings": settings}
        await self.call("POST", "inboxes", json=body)

    async def answers(self, text: str, customer: str = "", **more: object) -> Json:
        customer = customer or (await self.customers())[0]["id"]
        body = {"text": text, **more}
        sent: Json = await self.call("POST", f"customers/{customer}/messages", json=body)
        return sent


@pytest_asyncio.fixture(loop_scope="module")
async def company(hub: Hub) -> AsyncIterator[Company]:
    headers = {"Authorization": f"Bearer {hub.token}"}
    async with aiohttp.ClientSession(headers=headers) as http:
        yield Company(hub, http)
