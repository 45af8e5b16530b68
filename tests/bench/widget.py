"""The first load of the chat's widget on a page: what is transferred, and when it can be used."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import web
from playwright.async_api import Browser

from hub.db.engine import Database
from tests.bench import processes
from tests.bench.measure import Row, Size, in_turn, row
from tests.chromium import chromium
from tests.installation import opened

_LOADED = "new Promise((done) => setTimeout(() => done(performance.now())))"
_READY = """new Promise((done) => {
  const ready = () => done(performance.now());
  if (window.besedka?.element) requestAnimationFrame(ready);
  else addEventListener("besedka:ready", ready);
})"""


async def measure(database: Database, size: Size) -> AsyncIterator[Row]:
    """Against an empty page of the same site, in a browser that has never been there."""
    headers = await processes.authorization(database)
    async with processes.hub(database) as hub, chromium() as browser:
        chat = await _chat(hub.url, headers)
        script = f'<script async src="{chat}widget.js"></script>'
        async with _site(script) as with_chat, _site("") as empty:
            async for one in _rows(browser, with_chat, empty, size):
                yield one


async def _rows(browser: Browser, ours: str, empty: str, size: Size) -> AsyncIterator[Row]:
    bytes_taken: dict[str, list[float]] = {ours: [], empty: []}
    requests: dict[str, list[float]] = {ours: [], empty: []}

    async def usable(url: str) -> float:
        moment, sizes = await _first_visit(browser, url, _READY if url == ours else _LOADED)
        bytes_taken[url].append(sum(sizes))
        requests[url].append(len(sizes))
        return moment

    rounds = size.pick(size.rounds, 20)
    taken = await in_turn(rounds, {ours: lambda: usable(ours), empty: lambda: usable(empty)})
    what = "first load of the widget until it can be used; against an empty page"
    yield row("widget", what, "ms", taken[ours], taken[empty], "")
    what = "first load of the widget, transferred with its page; against an empty page"
    yield row("widget", what, "bytes", bytes_taken[ours][1:], bytes_taken[empty][1:], "")
    what = "first load of the widget, answers with its page; against an empty page"
    yield row("widget", what, "", requests[ours][1:], requests[empty][1:], "<= 4")


async def _first_visit(browser: Browser, url: str, usable: str) -> tuple[float, list[float]]:
    """Milliseconds from navigation until `usable`; of each answer the bytes, headers included."""
    context = await browser.new_context()
    try:
        page = await context.new_page()
        line = await context.new_cdp_session(page)
        sizes: list[float] = []
        line.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
        await line.send("Network.enable")
        await page.goto(url)
        moment = float(await page.evaluate(usable))
        # The last event of the line follows the answer's last byte.
        await page.wait_for_timeout(100)
        return moment, sizes
    finally:
        await context.close()


async def _chat(hub: str, headers: dict[str, str]) -> str:
    async with aiohttp.ClientSession(headers=headers) as http:
        body = {"channel": "webchat", "name": "Shop", "settings": {}}
        async with http.post(f"{hub}/api/v1/inboxes", json=body) as answer:
            inbox = (await answer.json())["id"]
    await opened(f"{hub}/chat/{inbox}/")
    return f"{hub}/chat/{inbox}/"


@asynccontextmanager
async def _site(script: str) -> AsyncIterator[str]:
    async def page(_: web.Request) -> web.Response:
        text = f'<!doctype html><html lang="en"><title>Shop</title>{script}<body><h1>Shop</h1>'
        return web.Response(text=text, content_type="text/html")

    app = web.Application()
    app.router.add_get("/", page)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()
