"""A line between browser and hub that breaks at random: before a request, or before its answer.

The same seed breaks in the same ways; which request meets which, the browser decides.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import Enum
from random import Random
from urllib.parse import urlsplit


class Cut(Enum):
    """Where a line breaks: before a request, half way through it, or before its answer."""

    BEFORE = 1
    WITHIN = 2
    BEFORE_THE_ANSWER = 3


@dataclass
class Line:
    """A proxy that breaks at what the browser sends, with `chance`; as often as `cuts` says."""

    target: str
    random: Random
    chance: float = 0.0
    cuts: int = 0
    url: str = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        at = urlsplit(self.target)
        hub_reader, hub_writer = await asyncio.open_connection(at.hostname, at.port)
        ways = [
            asyncio.ensure_future(self._there(reader, hub_writer)),  # noqa: TID251
            asyncio.ensure_future(_pump(hub_reader, writer)),  # noqa: TID251
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            # As a lost line would: no farewell.
            writer.transport.abort()
            hub_writer.transport.abort()
            await asyncio.gather(*ways, return_exceptions=True)

    async def _there(self, reader: asyncio.StreamReader, hub_writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            cut = self._cut()
            if cut is Cut.BEFORE:
                return
            hub_writer.write(data[: len(data) // 2] if cut is Cut.WITHIN else data)
            await hub_writer.drain()
            if cut is Cut.BEFORE_THE_ANSWER:
                # Long enough for the hub to have done it.
                await asyncio.sleep(self.random.uniform(0.0, 0.1))
            if cut:
                return

    def _cut(self) -> Cut | None:
        if self.random.random() >= self.chance:
            return None
        self.cuts += 1
        return self.random.choice(list(Cut))


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()


@asynccontextmanager
async def cut_line(target: str, seed: int) -> AsyncIterator[Line]:
    line = Line(target, Random(seed))
    server = await asyncio.start_server(line.serve, "127.0.0.1", 0)
    line.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield line
    finally:
        server.close()
