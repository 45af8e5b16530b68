"""The demo as one process: the hub, the shop beside it, and on the first start the story."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import aiohttp
from aiohttp import web

from hub import clock as wall
from hub.db.cluster import Tenancy
from hub.demo import doors, stories
from hub.demo.booking import Booking, opening_hours
from hub.demo.callers import Callers
from hub.demo.clock import LeapingClock
from hub.demo.doors import Api
from hub.demo.founding import found
from hub.demo.furnishing import furnish
from hub.demo.notebook import Notebook, Notes
from hub.demo.shop import Shop
from hub.demo.shop_page import ShopPage
from hub.demo.stories import Script, Step
from hub.demo.storyteller import Storyteller
from hub.demo.twins import (
    furnish_twins,
    loading_twins,
    open_twins,
    reaching_twins,
    serve_twins,
)
from hub.installation import Installation
from hub.node import process
from hub.node.process import Ready
from hub.node.role import Role
from hub.ports import RunningTwin
from hub.settings import Settings

HOST_OPERATOR = "maria"
"""Whose sign-in the visitor of the demo gets."""
_PATIENCE = aiohttp.ClientTimeout(total=30)


@dataclass(frozen=True, slots=True)
class Opened:
    """Where everything of the demo is, and how to get in."""

    ready: Ready
    email: str
    password: str
    chat_url: str
    shop_url: str
    twin_urls: Mapping[str, str]
    """By channel: where one is the customers of it."""


async def serve(
    settings: Settings,
    *,
    opened: Callable[[Opened], Awaitable[None]],
    say: Callable[[str], None],
    tenancy: Tenancy | None = None,
) -> None:
    """Serve until cancelled; `opened` is called once all is there, `say` hears of the progress."""
    script = stories.load()
    notebook = Notebook.open(settings.data_path / "demo.json", wall.now())
    clock = LeapingClock(wall.now, _hour_of_the_story(script, notebook.notes))
    async with AsyncExitStack() as stack:
        # Their imports take as long as the database takes to start: side by side.
        loading = await stack.enter_async_context(loading_twins())
        twins: dict[str, RunningTwin] = {}

        async def prepare(at: Settings) -> None:
            twins.update(await serve_twins(stack, at, await loading))

        async def ready(at: Ready, installation: Installation) -> None:
            await found(installation, script, notebook, clock())
            client = await stack.enter_async_context(_client())
            base = _own_address(installation.settings)
            calling = partial(doors.with_token, client, base)
            shop = await _told(calling, script, notebook, clock, twins, say)
            token = notebook.notes.tokens["booking"]
            calendar = opening_hours(script.chats["shop"])
            booking = Booking(calling(token), notebook, script.people, calendar)
            await booking.fill()
            pages = {name: twin.page for name, twin in twins.items()}
            page = ShopPage(shop, booking, notebook, clock, at.url, pages)
            shop_url = await stack.enter_async_context(_beside(page, installation.settings))
            await opened(_described(at, script, notebook.notes, shop_url, pages))
            # Each start may have found other ports free. Nobody waits for that, nor for the
            # inboxes: they open by themselves, a moment later.
            await furnish_twins(calling(notebook.notes.tokens["storyteller"]), notebook, twins)

        say("Starting the hub")
        await process.run(
            reaching_twins(settings),
            role=Role.ALL,
            ready=ready,
            clock=clock,
            prepare=prepare,
            tenancy=tenancy,
        )


def _left(script: Script, notes: Notes) -> Sequence[Step]:
    """What of the story has not been told yet."""
    channels = notes.channels if notes.channels is not None else script.channels()
    return script.told_on(channels).steps[notes.told :]


def _hour_of_the_story(script: Script, notes: Notes) -> datetime:
    """When its next step happens; now, when it is told to the end."""
    left = _left(script, notes)
    return notes.started_at - left[0].ago if left else wall.now()


async def _told(
    calling: Callable[[str], Api],
    script: Script,
    notebook: Notebook,
    clock: LeapingClock,
    twins: Mapping[str, RunningTwin],
    say: Callable[[str], None],
) -> Shop:
    """The shop, once all that its story takes is set up and told: at the first start."""
    tokens = notebook.notes.tokens
    shop = Shop(calling(tokens["shop"]), notebook, script.people)
    if not _left(script, notebook.notes):
        return shop
    admin = calling(tokens["storyteller"])
    say("Opening the chats")
    await furnish(admin, script, notebook)
    connected = await furnish_twins(admin, notebook, twins)
    reached = await open_twins(admin, notebook, connected)
    if notebook.notes.channels is None:
        await notebook.change(channels=reached)
    told = script.told_on(notebook.notes.channels or ())
    callers = Callers(admin, told, notebook, clock, twins)
    await Storyteller(admin, told, notebook, shop, clock, callers).tell(say)
    return shop


def _described(
    at: Ready, script: Script, notes: Notes, shop_url: str, pages: Mapping[str, str]
) -> Opened:
    return Opened(
        ready=at,
        email=script.colleagues[HOST_OPERATOR].email,
        password=notes.passwords[HOST_OPERATOR],
        chat_url=f"{at.url}/chat/{notes.chats['shop']['id']}/",
        shop_url=shop_url,
        twin_urls=pages,
    )


def _own_address(settings: Settings) -> str:
    """The hub as it is reached from this process, without the proxy that others come through."""
    return f"http://{_dialled(settings.host)}:{settings.port}"


def _dialled(host: str) -> str:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - not listened on
    return f"[{host}]" if ":" in host else host


def _client() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        timeout=_PATIENCE, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False
    )


@asynccontextmanager
async def _beside(page: ShopPage, settings: Settings) -> AsyncIterator[str]:
    """Serve the shop on the next port, or on any that is free; its address."""
    runner = web.AppRunner(page.app(), access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, settings.host, settings.port + 1).start()
        except (OSError, OverflowError):
            await web.TCPSite(runner, settings.host, 0).start()
        yield f"http://{_dialled(settings.host)}:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()
