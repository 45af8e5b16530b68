"""What the console's tests share: a furnished hub, chats over its own API, pages that complain."""

import asyncio
from dataclasses import dataclass
from typing import Any

import aiohttp
import asyncpg
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.installation import PASSWORD


@dataclass(frozen=True)
class Facts:
    """Where the hub is, and how to get in."""

    url: str
    token: str
    inbox: str
    database_url: str


@dataclass
class Desk:
    """A hub with operators, and the two ways of those who are not in the browser."""

    hub: Facts
    session: aiohttp.ClientSession

    async def api(self, method: str, path: str, body: object = None) -> Any:
        """A call with the token of a program; the answer has to be a success."""
        headers = {"Authorization": f"Bearer {self.hub.token}"}
        address = f"{self.hub.url}/api/v1{path}"
        async with self.session.request(method, address, json=body, headers=headers) as answer:
            said = await answer.text()
            assert answer.status < 300, (method, path, answer.status, said)
            return await answer.json() if said else None

    async def visitor(self) -> "Visitor":
        """Somebody new on the site's chat."""
        base = f"{self.hub.url}/chat/{self.hub.inbox}"
        async with self.session.post(f"{base}/visits", json={}) as answer:
            assert answer.status < 300, await answer.text()
            return Visitor(self, base, (await answer.json())["token"])

    async def customer(self, name: str, *texts: str) -> tuple["Visitor", str]:
        """A visitor with a name who has written; and the customer's id."""
        before = {one["id"] for one in (await self.api("GET", "/customers"))["items"]}
        visitor = await self.visitor()
        for text in texts:
            await visitor.write(text)
        (new,) = [
            one
            for one in (await self.api("GET", "/customers"))["items"]
            if one["id"] not in before
        ]
        await self.api("PATCH", f"/customers/{new['id']}", {"name": name})
        return visitor, new["id"]

    async def operator(self, email: str, name: str) -> None:
        """A colleague, who may be there from another test."""
        known = (await self.api("GET", "/operators"))["items"]
        if not any(one["email"] == email for one in known):
            body = {"email": email, "name": name, "role": "operator", "password": PASSWORD}
            await self.api("POST", "/operators", body)

    async def statement(self, sql: str, *values: object) -> None:
        """Straight into the database: for amounts that the API would take minutes to take in."""
        connection = await asyncpg.connect(database_address(self.hub.database_url))
        try:
            await connection.execute(sql, *values, timeout=120)
        finally:
            await connection.close()


@dataclass
class Visitor:
    """Somebody who writes in the site's chat."""

    desk: Desk
    base: str
    token: str
    count: int = 0

    async def write(self, text: str) -> None:
        self.count += 1
        body = {"client_id": f"{self.token[-12:]}-{self.count}", "text": text}
        headers = {"Authorization": f"Bearer {self.token}"}
        address = f"{self.base}/messages"
        async with self.desk.session.post(address, json=body, headers=headers) as answer:
            assert answer.status < 300, await answer.text()


COUNT_QUESTIONS = """
const ask = window.fetch;
window.questions = 0;
window.fetch = async (...how) => {
  window.questions += 1;
  try { return await ask(...how); } finally { window.questions -= 1; }
};
const later = window.setTimeout, never = window.clearTimeout, planned = new Set();
window.setTimeout = (work, delay, ...rest) => {
  const soon = delay >= 100 && delay <= 200;
  const id = later((...given) => { answered(id); work(...given); }, delay, ...rest);
  if (soon) { planned.add(id); window.questions += 1; }
  return id;
};
window.clearTimeout = (id) => { answered(id); never(id); };
const answered = (id) => { if (planned.delete(id)) window.questions -= 1; };
"""
"""Run before a page's own scripts, it counts what the page waits for: answers, and the moment
after which it asks for what stands beside the words."""
_CALM = """async () => {
  for (let calm = 0; calm < 10; ) {
    await new Promise(requestAnimationFrame);
    calm = window.questions || document.querySelector("[aria-busy=true]") ? 0 : calm + 1;
  }
}"""


def database_address(url: str) -> str:
    """What asyncpg itself understands."""
    return url.replace("postgresql+asyncpg", "postgresql")


async def signed_in(
    browser: Browser,
    address: str,
    email: str = "anna@example.com",
    **options: Any,
) -> tuple[BrowserContext, Page, list[str]]:
    """A browser at the console of an operator, and what its page complains about."""
    wanted = {"locale": "en-GB", "viewport": {"width": 1440, "height": 900}, **options}
    context = await browser.new_context(**wanted)
    await context.add_init_script(COUNT_QUESTIONS)
    page = await context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    await page.goto(f"{address}/")
    await page.fill("#email", email)
    await page.fill("#password", PASSWORD)
    await page.click("form button")
    await expect(page.locator(".list")).to_be_visible(timeout=15_000)
    return context, page, complaints


async def settled(page: Page) -> None:
    """Until the page has nothing more to ask or to draw: calm for ten frames in a row."""
    async with asyncio.timeout(30):
        await page.evaluate(_CALM)
