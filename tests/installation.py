"""A real hub for tests: `hub serve` in a process of its own, furnished by its command line."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest

PASSWORD = "a long enough pass phrase"


@dataclass
class Hub:
    """One serving process and its surroundings."""

    environment: Mapping[str, str]
    process: asyncio.subprocess.Process
    url: str
    log: Path
    token: str = ""
    facts: dict[str, str] = field(default_factory=dict)

    async def command(self, *arguments: str, text: str = "") -> str:
        """Run `hub ...` beside the serving one; the last line it prints."""
        return await hub_command(self.environment, *arguments, text=text)

    async def stop(self, with_signal: int = signal.SIGTERM) -> int:
        if self.process.returncode is None:
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
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "hub",
        *arguments,
        env=dict(surroundings),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate(text.encode())
    assert process.returncode == 0, err.decode()
    return out.decode().strip().splitlines()[-1]


def _tail(log: Path) -> str:
    return log.read_text()[-3000:]


@asynccontextmanager
async def serving(
    surroundings: Mapping[str, str], log: Path, *, role: str = "all"
) -> AsyncIterator[Hub]:
    """`hub serve`, from READY to SIGTERM."""
    with log.open("ab") as errors:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "hub",
            "serve",
            "--role",
            role,
            env=dict(surroundings),
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
        )
    assert process.stdout is not None
    hub = Hub(surroundings, process, "", log)
    try:
        async with asyncio.timeout(30):
            line = (await process.stdout.readline()).decode()
        assert line.startswith("READY "), _tail(log)
        hub.url = json.loads(line.removeprefix("READY "))["url"]
        yield hub
    finally:
        await hub.stop()


async def opened(address: str) -> None:
    """Until an inbox that was just added is open: before that it answers 503."""
    async with asyncio.timeout(60), aiohttp.ClientSession() as session:
        while True:
            async with session.get(address) as answer:
                if answer.status == 200:
                    return
            await asyncio.sleep(0.1)


@pytest.fixture
async def hub(database_url: str, tmp_path: Path) -> AsyncIterator[Hub]:
    """A serving hub with an administrator, a web chat and the token of a shop."""
    surroundings = environment(database_url, tmp_path / "data")
    async with serving(surroundings, tmp_path / "hub.log") as hub:
        await hub.command(
            "operator", "add", "anna@example.com", "--role", "administrator", "--password-stdin",
            text=PASSWORD + "\n",
        )  # fmt: skip
        hub.facts["inbox"] = await hub.command(
            "inbox", "add", "webchat", "--name", "Shop chat",
            "--set", "origins=[\"*\"]", "--set", "jwt_secret=a-secret-of-the-shop-of-32-letters",
        )  # fmt: skip
        hub.token = await hub.command("token", "add", "shop", "--scope", "admin")
        await opened(f"{hub.url}/chat/{hub.facts['inbox']}/")
        yield hub
