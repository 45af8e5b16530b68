"""A real hub for tests: `hub serve` in a process of its own, with people, a token and a chat."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest

from hub import clock
from hub.db.engine import Database
from hub.operators import repository as operators
from hub.operators import tokens
from hub.operators.access import Role, Scope
from hub.operators.passwords import Passwords
from tests.forked import Forked, forked
from tests.logged import heard

PASSWORD = "a long enough pass phrase"


@dataclass
class Hub:
    """One serving process and its surroundings."""

    environment: Mapping[str, str]
    process: Forked
    url: str
    log: Path
    token: str = ""
    facts: dict[str, str] = field(default_factory=dict)

    async def command(self, *arguments: str, text: str = "") -> str:
        """Run `hub ...` beside the serving one; the last line it prints."""
        return await hub_command(self.environment, *arguments, text=text)

    async def stop(self, with_signal: int = signal.SIGTERM) -> int:
        self.process.send_signal(with_signal)
        async with asyncio.timeout(15):
            return await self.process.wait()


def environment(database_url: str, folder: Path, **more: str) -> dict[str, str]:
    """The surroundings of a hub of this test's own."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("HUB_")},  # noqa: TID251
        "HUB_DATABASE_URL": database_url,
        "HUB_DATA_DIR": str(folder),
        "HUB_SECRET_KEY": "a secret of the tests",
        "HUB_PORT": "0",
        "HUB_LOG_FORMAT": "json",
        "HUB_ALLOW_HOSTS": "127.0.0.0/8",
        **more,
    }


async def hub_command(surroundings: Mapping[str, str], *arguments: str, text: str = "") -> str:
    async with forked(surroundings, *arguments, text=text) as command:
        code = await command.wait()
        heard(_said(command.err))
        assert code == 0, _said(command.err)
        return command.out.read_text().strip().splitlines()[-1]


def _said(log: Path) -> str:
    return log.read_text()


def _tail(log: Path) -> str:
    return _said(log)[-3000:]


@asynccontextmanager
async def serving(
    surroundings: Mapping[str, str], log: Path, *, role: str = "all"
) -> AsyncIterator[Hub]:
    """`hub serve`, from READY to SIGTERM."""
    async with forked(surroundings, "serve", "--role", role, err=log) as process:
        # On a machine that does much else a start takes its time.
        async with asyncio.timeout(90):
            line = await process.line()
        assert line.startswith("READY "), _tail(log)
        hub = Hub(surroundings, process, json.loads(line.removeprefix("READY "))["url"], log)
        try:
            yield hub
        finally:
            await hub.stop()
            heard(_said(log))


async def opened(address: str) -> None:
    """Until an inbox that was just added is open: before that it answers 503."""
    async with asyncio.timeout(60), aiohttp.ClientSession() as session:
        while True:
            async with session.get(address) as answer:
                if answer.status == 200:
                    return
            await asyncio.sleep(0.1)


async def furnished(database_url: str) -> str:
    """Anna, an administrator; returns the token of a program that may do everything.

    What `hub operator add` and `hub token add` do, without a process of its own for each.
    """
    hasher = Passwords()
    try:
        hashed = await hasher.hash(PASSWORD)
    finally:
        hasher.close()
    async with Database.open(database_url) as database, database.transaction() as session:
        await operators.create(
            session,
            "anna@example.com",
            Role.ADMINISTRATOR,
            name="Anna Orlova",
            password_hash=hashed,
            now=clock.now(),
        )
        _, token = await tokens.create(session, "shop", [Scope.ADMIN], now=clock.now())
    return token


async def add_chat(url: str, token: str, settings: Mapping[str, object]) -> str:
    """A web chat over the API; its id."""
    body = {"channel": "webchat", "name": "Shop chat", "settings": settings}
    async with (
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as session,
        session.post(f"{url}/api/v1/inboxes", json=body) as answer,
    ):
        assert answer.status == 201, await answer.text()
        return str((await answer.json())["id"])


@pytest.fixture
async def hub(database_url: str, tmp_path: Path) -> AsyncIterator[Hub]:
    """A serving hub with an administrator, a web chat and the token of a shop."""
    surroundings = environment(database_url, tmp_path / "data")
    async with serving(surroundings, tmp_path / "hub.log") as hub:
        hub.token = await furnished(database_url)
        hub.facts["inbox"] = await add_chat(
            hub.url,
            hub.token,
            {"origins": ["*"], "jwt_secret": "a-secret-of-the-shop-of-32-letters"},
        )
        await opened(f"{hub.url}/chat/{hub.facts['inbox']}/")
        yield hub
