"""The twin of Telegram: a Bot API server for one bot and its customers' page, on one port."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web

from channels.telegram.twin.about import About
from channels.telegram.twin.acts import Acts
from channels.telegram.twin.answering import Answering
from channels.telegram.twin.calls import LARGEST_UPLOAD, Call
from channels.telegram.twin.editing import Editing
from channels.telegram.twin.faults import Faults
from channels.telegram.twin.limits import Limits, Pace
from channels.telegram.twin.page import Page
from channels.telegram.twin.presses import Presses
from channels.telegram.twin.refusals import Refused
from channels.telegram.twin.sending import Sending
from channels.telegram.twin.stage import Stage
from channels.telegram.twin.updates import Updates
from channels.telegram.twin.webhook import Webhook
from channels.telegram.twin.world import World
from hub.ports.twin import RunningTwin

TOKEN = "7000000001:AAtwin-of-the-bot-api-no-secret-at-all"  # noqa: S105 - opens nothing
BOT: Mapping[str, Any] = {
    "id": 7_000_000_001,
    "is_bot": True,
    "first_name": "Luna Optics",
    "username": "luna_optics_bot",
    "can_join_groups": True,
    "can_read_all_group_messages": False,
    "supports_inline_queries": False,
    "can_connect_to_business": False,
    "has_main_web_app": False,
    "has_topics_enabled": False,
    "allows_users_to_create_topics": False,
    "can_manage_bots": False,
}


_REAL = Pace()


class Running:
    """A served twin; `world`, `faults`, `limits`, `violations` are for tests to look into."""

    def __init__(self, data_dir: Path, pace: Pace | None, clock: Callable[[], float]) -> None:
        self.world = World(data_dir, BOT)
        self.faults = Faults()
        self.limits = Limits(pace, clock)
        self.updates = Updates(self.world, clock)
        self.presses = Presses(self.world, self.updates, clock, self._answered)
        self.acts = Acts(
            self.world, self.updates, self.presses, Stage(self.world, self.updates, clock)
        )
        self.answering = Answering(self.world, TOKEN, self.limits, self.faults, self._noted)
        self.webhook = Webhook(self.world, self.updates, clock, self._perform)
        self.address = ""
        self._page = Page(self)
        sending = Sending(self.world, clock, self._page.typing)
        self.answering.methods |= {
            **sending.methods(),
            **Editing(self.world, clock, sending).methods(),
            **About(self.world, self.presses, self._ended).methods(),
            **self.webhook.methods(),
        }

    @property
    def page(self) -> str:
        return f"{self.address}/"

    @property
    def settings(self) -> Mapping[str, object]:
        return {"token": TOKEN, "api_base": self.address}

    @property
    def violations(self) -> list[str]:
        """What the bot's calls were at fault in."""
        return list(self.answering.violations.found)

    async def connect(self, urls: Mapping[str, str]) -> None:
        """Nothing to enter: a bot says itself where its webhook is."""

    async def play(self, act: Mapping[str, object]) -> None:
        """Keys: channels.telegram.twin.acts. Raises ValueError for what cannot be done."""
        self.acts.play(act)

    def app(self) -> web.Application:
        # A little more than files may have, so that the limit's own words are said.
        app = web.Application(client_max_size=LARGEST_UPLOAD + (1 << 20))
        app.add_routes([*self.answering.routes(), *self._page.routes()])
        return app

    def close(self) -> None:
        self.answering.ending.set()
        self.updates.close()
        self._page.close()

    def _answered(self, chat_id: int, text: str, alert: bool) -> None:  # noqa: FBT001
        self._page.tell({"type": "answer", "chat": chat_id, "text": text, "alert": alert})

    def _noted(self) -> None:
        self._page.tell({"type": "violations", "violations": self.violations})

    def _ended(self, how: str) -> None:
        """The bot left this server: what waited for it is gone."""
        if how == "logOut":
            self.updates.drop_all()
        self.world.forget("webhook")

    async def _perform(self, method: str, arguments: Mapping[str, str]) -> object:
        try:
            return await self.answering.perform(Call(method, arguments))
        except Refused as refused:
            return refused.body()


@dataclass(frozen=True, slots=True)
class TelegramTwin:
    """`pace`: how fast the bot may send; None for no limit."""

    pace: Pace | None = _REAL
    clock: Callable[[], float] = time.time

    @property
    def name(self) -> str:
        return "telegram"

    def serve(
        self, host: str, port: int, data_dir: Path
    ) -> AbstractAsyncContextManager[RunningTwin]:
        return self.running(host, port, data_dir)

    @asynccontextmanager
    async def running(
        self, host: str = "127.0.0.1", port: int = 0, data_dir: Path = Path()
    ) -> AsyncIterator[Running]:
        """As `serve`, with more to look into."""
        running = Running(data_dir, self.pace, self.clock)
        # A Bot API server waits for nobody when it stops: pollers come again.
        runner = web.AppRunner(running.app(), access_log=None, shutdown_timeout=2)
        try:
            await runner.setup()
            site = web.TCPSite(runner, host, port)
            await site.start()
            running.address = _address(runner, host)
            async with _delivering(running.webhook):
                yield running
        finally:
            running.close()
            await runner.cleanup()
            running.world.close()


@asynccontextmanager
async def _delivering(webhook: Webhook) -> AsyncIterator[None]:
    # No TaskGroup: it would wrap what a test raises inside.
    task = asyncio.create_task(webhook.deliver())  # noqa: TID251 - awaited at the end
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _address(runner: web.AppRunner, host: str) -> str:
    port = runner.addresses[0][1]
    dialled = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - not listened on
    return f"http://[{dialled}]:{port}" if ":" in dialled else f"http://{dialled}:{port}"
