"""A served twin, aiogram's bot against it, and raw HTTP for what a client would hide."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.types import Update

from channels.telegram.twin.serving import TOKEN, Running, TelegramTwin

ANN = 7_000_000_100
"""A customer who pressed Start."""


@dataclass
class Provider:
    """The twin as a bot and a customer have it."""

    twin: Running
    bot: Bot
    http: aiohttp.ClientSession
    offset: int = 0

    async def call(
        self, method: str, *, token: str = TOKEN, **arguments: Any
    ) -> tuple[int, dict[str, Any]]:
        """A call as JSON: the status and the body."""
        url = f"{self.twin.address}/bot{token}/{method}"
        async with self.http.post(url, json=arguments) as answer:
            return answer.status, await answer.json()

    async def refusal(self, method: str, **arguments: Any) -> tuple[int, str]:
        """The code and the words of a refusal."""
        status, body = await self.call(method, **arguments)
        assert not body["ok"]
        assert body["error_code"] == status
        return status, body["description"]

    async def ann(self, text: str = "", **act: Any) -> None:
        """Ann does something."""
        await self.twin.play({"who": str(ANN), **({"text": text} if text else {}), **act})

    async def updates(self) -> Sequence[Update]:
        """What waits; acknowledged with the next question."""
        found = await self.bot.get_updates(offset=self.offset)
        self.offset = found[-1].update_id + 1 if found else self.offset
        return found

    async def update(self) -> Update:
        """The one that waits."""
        (one,) = await self.updates()
        return one

    def shown(self, message_id: int) -> Mapping[str, Any]:
        """A message as the customer has it."""
        return self.twin.world.messages[ANN][message_id].message


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Provider]:
    """One for a module's tests: aiogram's client takes its time to start."""
    async with (
        TelegramTwin(pace=None).running(data_dir=tmp_path_factory.mktemp("twin")) as twin,
        AiohttpSession(api=TelegramAPIServer.from_base(twin.address)) as session,
        aiohttp.ClientSession() as http,
    ):
        provider = Provider(twin, Bot(TOKEN, session), http)
        await provider.ann(do="start", name="Ann Lee", locale="en")
        yield provider


@pytest_asyncio.fixture(loop_scope="module")
async def provider(shared: Provider) -> Provider:
    """Nothing of the test before is left but Ann and her messages."""
    twin = shared.twin
    twin.faults.arranged.clear()
    twin.limits.pace = None
    twin.answering.violations.found.clear()
    for fact in ("webhook", "allowed_updates"):
        twin.world.forget(fact)
    await shared.ann(do="unblock")
    twin.updates.drop_all()
    return shared
