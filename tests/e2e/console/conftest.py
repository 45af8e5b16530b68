"""One hub for all of the console's tests, in a process of its own; each brings its customers."""

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.chromium import chromium
from tests.database import fresh_database
from tests.e2e.console.desk import Desk, Facts
from tests.installation import add_chat, environment, furnished, opened
from tests.logged import heard


@pytest.fixture(scope="session")
def facts(
    server_url: str, template_database: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Facts]:
    """A serving hub with an administrator, a web chat and a token, for the whole session."""
    folder = tmp_path_factory.mktemp("console")
    with ExitStack() as stack:
        runner = stack.enter_context(asyncio.Runner())
        database = fresh_database(server_url, template_database)
        address = runner.run(database.__aenter__())
        stack.callback(lambda: runner.run(database.__aexit__(None, None, None)))
        # Nobody here waits for their limits.
        surroundings = environment(address, folder / "data")
        url = stack.enter_context(_serving(surroundings, folder / "hub.log"))
        yield runner.run(_furnished(url, address))


class _serving:  # noqa: N801 - a context manager, used as one
    """`hub serve`, from READY to SIGTERM, outside of any event loop."""

    def __init__(self, surroundings: dict[str, str], log: Path) -> None:
        self._log = log.open("ab")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "hub", "serve"],
            env=surroundings,
            stdout=subprocess.PIPE,
            stderr=self._log,
        )

    def __enter__(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline().decode()
        assert line.startswith("READY "), Path(self._log.name).read_text()[-3000:]
        return str(json.loads(line.removeprefix("READY "))["url"])

    def __exit__(self, *_: object) -> None:
        assert self._process.stdout is not None
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(timeout=20)
        self._process.stdout.close()
        self._log.close()
        heard(Path(self._log.name).read_text())


async def _furnished(url: str, database_url: str) -> Facts:
    token = await furnished(database_url)
    inbox = await add_chat(url, token, {"visits_per_minute": 0, "messages_per_minute": 0})
    await opened(f"{url}/chat/{inbox}/")
    return Facts(url, token, inbox, database_url)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One for all of the console's tests, which share a loop: each signs in anew."""
    async with chromium() as launched:
        yield launched


@pytest_asyncio.fixture(loop_scope="session")
async def desk(facts: Facts) -> AsyncIterator[Desk]:
    async with aiohttp.ClientSession() as session:
        yield Desk(facts, session)
