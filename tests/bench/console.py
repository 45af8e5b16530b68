"""The console, from the click to the paint: opening a conversation, another view, sending.

A browser at a company a hundred times the demo; what counts is the slowest of twenty (p95).
"""

import statistics
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

import aiohttp
from playwright.async_api import Page

from hub import clock
from hub.db.engine import Database
from hub.operators import repository
from hub.operators.access import Role
from hub.operators.passwords import Passwords
from tests.bench import population, processes
from tests.bench.floors import raw
from tests.bench.measure import Row, Size, percentile
from tests.chromium import chromium
from tests.installation import opened

TARGET_MS = 100
QUESTION = "Are you open on Sunday?"
EMAIL, PASSWORD = "bench@example.com", "a long enough pass phrase"

# The time from the click until what was asked for is on the screen: not a frame that holds its
# place, but the row or the entry itself, which is told by its id.
_CLICK = """async ([button, [sign, id]]) => {
  const painted = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const shown = () => document.querySelector(sign)?.getAttribute(id);
  const before = shown();
  const clicked = performance.now();
  document.querySelector(button).click();
  while (!shown() || shown() === before) {
    if (performance.now() - clicked > 5000) throw new Error(`${sign} stays as it is`);
    await painted();
  }
  await painted();
  return performance.now() - clicked;
}"""
_LAST = ".piece:last-child > :last-child"
_ENTRY = [_LAST, "data-entry"]
_ROW = [".rows .row", "data-conversation"]

Step = Callable[[Page, int], Awaitable[float]]


async def _open(page: Page, turn: int) -> float:
    row = f'.row[data-at="{2 + turn % 6}"]'
    return float(await page.evaluate(_CLICK, [row, _ENTRY]))


async def _view(page: Page, turn: int) -> float:
    button = f".list .tabs button:nth-child({4 - 3 * (turn % 2)})"
    return float(await page.evaluate(_CLICK, [button, _ROW]))


async def _send(page: Page, turn: int) -> float:
    await page.fill(".composer textarea", f"An answer, number {turn}")
    return float(await page.evaluate(_CLICK, [".composer .send", _ENTRY]))


STEPS: dict[str, Step] = {
    "opening a conversation": _open,
    "switching a view": _view,
    "sending": _send,
}


async def measure(database: Database, size: Size) -> AsyncIterator[Row]:
    async with _console(database, size) as page:
        for name, step in STEPS.items():
            if step is _send:
                await page.locator(".list .tabs button").first.click()
                await page.locator(".row", has_text=QUESTION).click()
                await page.wait_for_selector(_LAST)
            taken = [await step(page, turn) for turn in range(2 + size.pick(20, 60))][2:]
            worst = percentile(sorted(taken), 0.95)
            middle = statistics.median(taken)
            what = f"{name}, click to painted, p95 (median {middle:.0f}); floor: target"
            yield Row("console", what, "ms", worst, TARGET_MS, worst / TARGET_MS, "<= 1")


@asynccontextmanager
async def _console(database: Database, size: Size) -> AsyncIterator[Page]:
    hashed = await Passwords().hash(PASSWORD)
    async with database.transaction() as session:
        await repository.create(
            session, EMAIL, Role.ADMINISTRATOR, password_hash=hashed, now=clock.now()
        )
    async with raw(database) as connection:
        inbox = await population.make_inbox(connection)
        await population.grow(connection, inbox, messages=size.pick(15_000, 150_000), each=20)
    headers = await processes.authorization(database)
    async with processes.hub(database) as hub, chromium() as browser:
        await _somebody_writes(hub.url, headers)
        page = await browser.new_page(viewport={"width": 1440, "height": 900})
        await page.goto(f"{hub.url}/")
        await page.fill("#email", EMAIL)
        await page.fill("#password", PASSWORD)
        await page.click("form button")
        await page.wait_for_selector('.row[data-at="8"]')
        await page.wait_for_load_state("networkidle")
        yield page


async def _somebody_writes(url: str, headers: Mapping[str, str]) -> None:
    """A customer who can be answered: those written by SQL have no chat to read it in."""
    async with aiohttp.ClientSession(raise_for_status=True) as session:
        body = {"channel": "webchat", "name": "Bench", "settings": {}}
        answer = await session.post(f"{url}/api/v1/inboxes", json=body, headers=headers)
        chat = f"{url}/chat/{(await answer.json())['id']}"
        await opened(f"{chat}/")
        visit = await (await session.post(f"{chat}/visits", json={})).json()
        message = {"client_id": "bench-1", "text": QUESTION}
        bearer = {"Authorization": f"Bearer {visit['token']}"}
        await session.post(f"{chat}/messages", json=message, headers=bearer)
