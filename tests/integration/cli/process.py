"""The command `hub` as a process: one that answers, or one that serves."""

import asyncio
import json
import os
import re
import signal
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from tests.forked import Forked, forked
from tests.logged import heard

Environment = Mapping[str, str]


@dataclass(frozen=True)
class Told:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def last(self) -> str:
        """The last line of standard output: the bare answer."""
        return self.out.splitlines()[-1]

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def surroundings(given: Environment) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}  # noqa: TID251
    return {**inherited, **given}


async def hub(env: Environment, *args: str, text: str = "") -> Told:
    """Run a command to its end, with `text` on its standard input."""
    async with forked(surroundings(env), *args, text=text) as command:
        code = await command.wait()
        told = Told(code, command.out.read_text(), command.err.read_text())
    heard(told.err)
    assert "Traceback" not in told.err, told.err
    return told


class Serving:
    """A `hub serve` or `hub demo` that has said READY."""

    def __init__(self, process: Forked) -> None:
        self.process = process
        self.facts: dict[str, Any] = {}

    @property
    def url(self) -> str:
        return str(self.facts["url"])

    @property
    def said(self) -> list[str]:
        """The lines on standard error until now."""
        return self.process.err.read_text(errors="replace").splitlines(keepends=True)

    def found(self, pattern: str) -> str:
        """The first group of `pattern` in what was said on standard error."""
        match = re.search(pattern, "".join(self.said))
        assert match is not None, self.said
        return match[1]

    async def ready(self, *, within: float = 90) -> "Serving":
        async with asyncio.timeout(within):
            line = await self.process.line()
        assert line.startswith("READY {"), (line, "".join(self.said))
        self.facts = json.loads(line.removeprefix("READY "))
        return self

    async def saying(self, word: str, *, within: float = 90) -> None:
        async with asyncio.timeout(within):
            while not any(word in line for line in self.said):
                assert self.process.returncode is None, "".join(self.said)
                await asyncio.sleep(0.01)

    async def stop(self, how: signal.Signals = signal.SIGTERM) -> tuple[int, float]:
        """Its exit code, and how many seconds it took to end."""
        begun = time.monotonic()
        self.process.send_signal(how)
        code = await self.process.wait()
        return code, time.monotonic() - begun


@asynccontextmanager
async def started(env: Environment, *args: str) -> AsyncIterator[Serving]:
    """Start `hub args...`; it is told to end, or killed, when the block is left."""
    async with forked(surroundings({"HUB_PORT": "0", **env}), *args) as process:
        serving = Serving(process)
        try:
            yield serving
        finally:
            with suppress(TimeoutError):
                async with asyncio.timeout(15):
                    await serving.stop()
            heard("".join(serving.said))
