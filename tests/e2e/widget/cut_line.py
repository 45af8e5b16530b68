"""A line between browser and hub that breaks at random: before a request, or before its answer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from enum import Enum
from random import Random
from urllib.parse import urlsplit


class Cut(Enum):
    """Where a connection breaks: at once, with the request half way, or before its answer."""

    NEVER = 0
    AT_ONCE = 1
    IN_THE_REQUEST = 2
    BEFORE_THE_ANSWER = 3
    LATER = 4


@dataclass
class Line:
    """A proxy that breaks a connection with `chance`; the same seed breaks in the same ways."""

    target: str
    random: Random
    chance: float = 0.0
    cuts: int = 0
    url: str = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        where = Cut.NEVER
        if self.random.random() < self.chance:
            where = self.random.choice(list(Cut)[1:])
            self.cuts += 1
        try:
            async with asyncio.timeout(600):
                await self._carry(reader, writer, where)
        except (ConnectionError, TimeoutError, asyncio.IncompleteReadError):
            pass
        finally:
            # As a lost line would: no farewell.
            writer.transport.abort()

    async def _carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, where: Cut
    ) -> None:
        if where is Cut.AT_ONCE:
            return
        begun = await reader.read(65536)
        at = urlsplit(self.target)
        hub_reader, hub_writer = await asyncio.open_connection(at.hostname, at.port)
        try:
            if where is Cut.IN_THE_REQUEST:
                hub_writer.write(begun[: len(begun) // 2])
                await hub_writer.drain()
                return
            hub_writer.write(begun)
            await hub_writer.drain()
            if where is Cut.BEFORE_THE_ANSWER:
                await hub_reader.read(1)
                return
            after = self.random.uniform(0.05, 0.6) if where is Cut.LATER else None
            with suppress(TimeoutError):
                async with asyncio.timeout(after):
                    await _both_ways(reader, writer, hub_reader, hub_writer)
        finally:
            hub_writer.transport.abort()


async def _both_ways(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    hub_reader: asyncio.StreamReader,
    hub_writer: asyncio.StreamWriter,
) -> None:
    async with asyncio.TaskGroup() as group:
        ways = [
            group.create_task(_pump(reader, hub_writer)),
            group.create_task(_pump(hub_reader, writer)),
        ]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
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
