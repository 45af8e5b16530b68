"""A real hub in a process of its own, a bot of the twin, and people who write to it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
import pytest
import pytest_asyncio

from channels.telegram.twin.serving import Running, TelegramTwin
from channels.telegram.twin.world import Stored
from tests.database import fresh_database
from tests.installation import Hub, environment, furnished, serving

Json = dict[str, Any]
PATIENCE = 20.0
T = TypeVar("T")


@dataclass
class House:
    """All of it. Each test has people of its own."""

    hub: Hub
    twin: Running
    http: aiohttp.ClientSession
    folder: Path
    inbox: Json

    async def api(self, method: str, path: str, body: object = None, *, status: int = 0) -> Any:
        headers = {"Authorization": f"Bearer {self.hub.token}"}
        url = f"{self.hub.url}/api/v1/{path}"
        async with self.http.request(method, url, json=body, headers=headers) as answer:
            said = await answer.json() if answer.content_type.endswith("json") else None
            assert answer.status == status if status else answer.status < 300, str(said)
            return said

    async def use(self, **settings: object) -> None:
        """Change the inbox's settings, and wait until it is open with them."""
        path = f"inboxes/{self.inbox['id']}"
        await self.api("PATCH", path, {"settings": {**self.twin.settings, **settings}})
        await self.open()

    async def open(self) -> None:
        async def is_open() -> bool:
            return bool((await self.api("GET", f"inboxes/{self.inbox['id']}"))["state"] == "open")

        await eventually(is_open)

    async def customer(self, who: int) -> Json:
        """Whoever has this account, once they have written."""

        async def found() -> Json | None:
            items = (await self.api("GET", f"customers?contact_point=telegram:{who}"))["items"]
            return items[0] if items else None

        return await eventually(found)

    async def messages(self, who: int, *, at_least: int) -> list[Json]:
        """The messages of this customer's timeline, once there are so many."""
        customer = await self.customer(who)

        async def enough() -> list[Json] | None:
            items = (await self.api("GET", f"customers/{customer['id']}/timeline"))["items"]
            said = [one for one in items if one["kind"] == "message"]
            return said if len(said) >= at_least else None

        return await eventually(enough)

    async def entry(self, who: int, wanted: Callable[[Json], object]) -> Json:
        """The first message of this customer of which `wanted` is true, once there is one."""

        async def found() -> Json | None:
            items = await self.messages(who, at_least=1)
            return next((one for one in items if wanted(one)), None)

        return await eventually(found)

    async def send(self, who: int, text: str, **more: object) -> str:
        """A message to this customer; its id."""
        customer = await self.customer(who)
        body = {"text": text, "channel": "telegram", **more}
        sent = await self.api("POST", f"customers/{customer['id']}/messages", body)
        return str(sent["message"]["id"])

    async def delivery(self, message: str, *statuses: str) -> Json:
        """The message's one delivery, once it has one of these statuses."""

        async def so_far() -> Json | None:
            (one,) = (await self.api("GET", f"messages/{message}/deliveries"))["items"]
            return one if one["status"] in statuses else None

        return await eventually(so_far)

    def on_phone(self, who: int) -> list[Stored]:
        """What the bot wrote there, the oldest first."""
        return [one for one in self.twin.world.messages.get(who, {}).values() if one.outgoing]

    async def arrives(self, who: int, wanted: Callable[[Stored], object]) -> Stored:
        async def found() -> Stored | None:
            return next((one for one in self.on_phone(who) if wanted(one)), None)

        return await eventually(found)

    async def upload(self, name: str, content: bytes) -> str:
        form = aiohttp.FormData()
        form.add_field("file", content, filename=name)
        headers = {"Authorization": f"Bearer {self.hub.token}"}
        url = f"{self.hub.url}/api/v1/files"
        async with self.http.post(url, data=form, headers=headers) as answer:
            assert answer.status == 201, await answer.text()
            return str((await answer.json())["id"])


async def eventually(ask: Callable[[], Awaitable[T | None]]) -> T:
    """The first answer that is something; nothing is taken on trust of a pause."""
    async with asyncio.timeout(PATIENCE):
        while not (found := await ask()):  # noqa: ASYNC110 - nobody rings
            await asyncio.sleep(0.02)
    return found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(
    server_url: str, template_database: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[House]:
    folder = tmp_path_factory.mktemp("telegram")
    async with AsyncExitStack() as stack:
        database_url = await stack.enter_async_context(
            fresh_database(server_url, template_database)
        )
        surroundings = environment(database_url, folder / "data")
        hub = await stack.enter_async_context(serving(surroundings, folder / "hub.log"))
        hub.token = await furnished(database_url)
        twin = TelegramTwin(pace=None)
        running = await stack.enter_async_context(twin.running(data_dir=folder / "twin"))
        http = await stack.enter_async_context(aiohttp.ClientSession())
        made = House(hub, running, http, folder, {})
        settings = {**running.settings, "album_wait": 0.3, "poll_timeout": 2}
        new = {"channel": "telegram", "name": "Optika", "settings": settings}
        made.inbox = await made.api("POST", "inboxes", new)
        await made.open()
        yield made
        assert running.violations == []
