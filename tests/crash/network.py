"""A network of its own between a node and its database, cut so that nobody is told. Needs root.

Frames go to a hardware address that nobody has: they are lost, no packet comes back, and no kernel
learns why. That is what a pulled cable or a dead switch looks like.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.crash.line import by_way_of, socket_of

_NOBODY = "02:00:00:00:00:01"
PORT = 5432


class Network:
    """Two ends: ours, for nodes; theirs, in a namespace of its own, for the line."""

    def __init__(self) -> None:
        self.name = f"bt{os.getpid()}"
        number = os.getpid() % 250
        self.ours, self.theirs = f"10.213.{number}.1", f"10.213.{number}.2"

    async def build(self) -> None:
        await ip("netns", "add", self.name)
        await ip("link", "add", f"{self.name}a", "type", "veth", "peer", "name", f"{self.name}b")
        await ip("link", "set", f"{self.name}b", "netns", self.name)
        await ip("addr", "add", f"{self.ours}/30", "dev", f"{self.name}a")
        await ip("link", "set", f"{self.name}a", "up")
        await ip("-n", self.name, "addr", "add", f"{self.theirs}/30", "dev", f"{self.name}b")
        await ip("-n", self.name, "link", "set", f"{self.name}b", "up")

    async def remove(self) -> None:
        await ip("netns", "del", self.name)

    async def cut(self) -> None:
        neighbour = ("neigh", "replace")
        nobody = ("lladdr", _NOBODY, "nud", "permanent", "dev")
        await ip(*neighbour, self.theirs, *nobody, f"{self.name}a")
        await ip("-n", self.name, *neighbour, self.ours, *nobody, f"{self.name}b")

    async def mend(self) -> None:
        await ip("neigh", "del", self.theirs, "dev", f"{self.name}a")
        await ip("-n", self.name, "neigh", "del", self.ours, "dev", f"{self.name}b")


async def ip(*arguments: str) -> None:
    process = await asyncio.create_subprocess_exec("ip", *arguments)
    assert await process.wait() == 0, arguments


@asynccontextmanager
async def open_network(database_url: str) -> AsyncIterator[tuple[Network, str]]:
    """The network, and the database's address across it."""
    network = Network()
    await network.build()
    try:
        async with _line(network, database_url):
            yield network, by_way_of(database_url, network.theirs, PORT)
    finally:
        await network.remove()


@asynccontextmanager
async def _line(network: Network, database_url: str) -> AsyncIterator[None]:
    where = (network.theirs, str(PORT), socket_of(database_url))
    inside = ("ip", "netns", "exec", network.name, sys.executable, "-m", "tests.crash.line")
    process = await asyncio.create_subprocess_exec(*inside, *where, stdout=asyncio.subprocess.PIPE)
    try:
        assert process.stdout is not None
        async with asyncio.timeout(30):
            assert await process.stdout.readline() == b"ready\n"
        yield
    finally:
        process.kill()
        await process.wait()
