"""Two web and two worker processes on one database, behind a proxy that knows who answers."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path

from sqlalchemy import text
from typing_extensions import override

from hub.tasks import background
from tests.crash.dying_node import NONE, Doom
from tests.crash.world import Node, World


class Farm(Node):
    """To the world one node: its address is the proxy's. `webs` answer, `workers` do the rest.

    Only the first worker is started with it, so that one is known to lead.
    """

    def __init__(self, surroundings: Mapping[str, str], log: Path) -> None:
        super().__init__(surroundings, log)
        self.webs = [Node(surroundings, _beside(log, f"web{n}"), "web") for n in (1, 2)]
        self.workers = [Node(surroundings, _beside(log, f"worker{n}"), "worker") for n in (1, 2)]
        self._proxy = Proxy(self.webs)
        self._listening: asyncio.Server | None = None

    @override
    async def start(self, doom: Doom = NONE) -> None:
        host, port = "127.0.0.1", self.port
        self._listening = await asyncio.start_server(self._proxy.serve, host, port)
        await asyncio.gather(*(node.start(doom) for node in (self.workers[0], *self.webs)))

    @override
    async def kill(self) -> None:
        if self._listening is not None:
            self._listening.close()
        self._proxy.hang_up()
        await asyncio.gather(*(node.kill() for node in (*self.webs, *self.workers)))

    @override
    def tail(self) -> str:
        return "\n".join(node.tail() for node in (*self.webs, *self.workers) if node.log.exists())


def _beside(log: Path, name: str) -> Path:
    return log.with_name(f"{name}.log")


class Proxy:
    """Passes each connection on to the next node that takes it; who is gone takes none."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        self._nodes = nodes
        self._turn = count()
        self._ends: set[asyncio.StreamWriter] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._ends.add(writer)
        try:
            if (found := await self._next()) is not None:
                await self._join((reader, writer), found)
        finally:
            self._ends.discard(writer)
            writer.transport.abort()

    async def _next(self) -> "tuple[asyncio.StreamReader, asyncio.StreamWriter] | None":
        for _ in self._nodes:
            node = self._nodes[next(self._turn) % len(self._nodes)]
            with suppress(OSError):
                return await asyncio.open_connection("127.0.0.1", node.port)
        return None

    async def _join(
        self,
        client: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        node: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> None:
        try:
            async with background() as tasks:
                flows = [
                    tasks.spawn(_pass(client[0], node[1]), "to the node"),
                    tasks.spawn(_pass(node[0], client[1]), "to the client"),
                ]
                await asyncio.wait(flows, return_when=asyncio.FIRST_COMPLETED)
        finally:
            node[1].transport.abort()

    def hang_up(self) -> None:
        for end in list(self._ends):
            end.transport.abort()


async def _pass(source: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while piece := await source.read(65536):
            to.write(piece)
            await to.drain()


async def holders(world: World) -> set[str]:
    """Who holds leases: a name for each process."""
    async with world.database.reading() as session:
        return set(await session.scalars(text("SELECT holder FROM leases")))


async def taken_over(world: World, before: set[str]) -> None:
    """The inboxes are received from by others than before, and events are numbered."""
    numbered = await world.count("SELECT max(seq) FROM events")
    async with asyncio.timeout(60):
        while (  # noqa: ASYNC110
            not (now := await holders(world))
            or now & before
            or await world.count("SELECT max(seq) FROM events") <= numbered
        ):
            await asyncio.sleep(0.1)
