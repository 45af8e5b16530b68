"""The processes that are measured from outside: a hub as it is installed, and a bare server."""

import asyncio
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import orjson
import psutil

from hub import clock
from hub.db.engine import Database
from hub.operators import tokens
from hub.operators.access import Scope


@dataclass(frozen=True, slots=True)
class Server:
    """A process that serves `url`."""

    url: str
    process: psutil.Process

    def cpu(self) -> float:
        """Seconds of CPU it has used so far."""
        times = self.process.cpu_times()
        return float(times.user + times.system)

    def memory(self) -> int:
        """Bytes that are its own."""
        return int(self.process.memory_full_info().uss)


@asynccontextmanager
async def _started(
    *command: str, env: Mapping[str, str], within: float = 60
) -> AsyncIterator[Server]:
    """Run until the end of the scope what prints `READY {"url", "pid"}` when it serves."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        *command,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={**os.environ, **env},  # noqa: TID251 - handed on as it is
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(within):
            line = b""
            while not line.startswith(b"READY "):
                line = await process.stdout.readline()
                assert line, f"{command} ended before it served"
        facts = orjson.loads(line.removeprefix(b"READY "))
        yield Server(facts["url"], psutil.Process(facts["pid"]))
    finally:
        process.send_signal(signal.SIGTERM)
        await process.wait()


@asynccontextmanager
async def hub(database: Database, role: str = "all", **more: str) -> AsyncIterator[Server]:
    """`hub serve` on this database; `more` of its environment."""
    with tempfile.TemporaryDirectory(prefix="besedka-bench-hub-") as folder:
        env = {
            "HUB_PORT": "0",
            "HUB_DATA_DIR": folder,
            "HUB_DATABASE_URL": database.engine.url.render_as_string(hide_password=False),
            **more,
        }
        async with _started("hub", "serve", "--role", role, env=env) as server:
            yield server


@asynccontextmanager
async def bare(database: Database) -> AsyncIterator[Server]:
    """The bare server (`tests.bench.bare`) on this database."""
    url = database.engine.url.render_as_string(hide_password=False)
    async with _started("tests.bench.bare", url, env={}) as server:
        yield server


@asynccontextmanager
async def sms(what: str) -> AsyncIterator[Server]:
    """What SMS is measured against (`tests.bench.bare_sms`)."""
    async with _started("tests.bench.bare_sms", what, env={}) as server:
        yield server


@asynccontextmanager
async def mail() -> AsyncIterator[Server]:
    """A mail server that keeps nothing (`tests.bench.bare_mail`)."""
    async with _started("tests.bench.bare_mail", env={}) as server:
        yield server


@asynccontextmanager
async def telegram() -> AsyncIterator[Server]:
    """What Telegram is measured against (`tests.bench.bare_telegram`)."""
    async with _started("tests.bench.bare_telegram", env={}) as server:
        yield server


@asynccontextmanager
async def client(*command: str) -> AsyncIterator[None]:
    """Many clients in a process of their own, which serves nothing; entered when all are there."""
    async with _started(*command, env={}, within=600):
        yield


async def authorization(database: Database) -> dict[str, str]:
    """The header of a caller who may do everything."""
    async with database.transaction() as session:
        _, token = await tokens.create(
            session, "bench", [Scope.ADMIN], system="bench", now=clock.now()
        )
    return {"Authorization": f"Bearer {token}"}
