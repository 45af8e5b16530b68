"""The line between a node and its database, which can be slow, held up, half open, or cut.

`python -m tests.crash.line HOST PORT SOCKET` serves one in a process of its own, for a network
that is cut below TCP.
"""

import asyncio
import socket
import struct
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from sqlalchemy.engine import make_url

from hub.db.line import watch_over
from hub.tasks import background

_LINGER_NOT = struct.pack("ii", 1, 0)


class Line:
    """A TCP server that passes every connection on to the database's Unix socket."""

    def __init__(self, target: str) -> None:
        self._target = target
        self._ends: set[asyncio.StreamWriter] = set()
        self._dead: set[asyncio.StreamWriter] = set()
        self._flows = asyncio.Event()
        self._flows.set()
        self.delay = 0.0
        """Seconds every piece takes, either way."""
        self.refuses = False

    def cut(self) -> None:
        """Every connection is reset, and so is every new one."""
        self.refuses = True
        for end in list(self._ends):
            _reset(end)

    def mend(self) -> None:
        self.refuses = False

    def hold(self) -> None:
        """Nothing moves any more; what is sent is acknowledged and kept."""
        self._flows.clear()

    def release(self) -> None:
        self._flows.set()

    def half_open(self) -> None:
        """What is there now is dead for ever, and does not say so; new ones work."""
        self._dead |= self._ends

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._ends.add(writer)
        watch_over(writer.get_extra_info("socket"))
        try:
            if self.refuses:
                _reset(writer)
                return
            await self._connect(reader, writer)
        finally:
            self._ends.discard(writer)
            self._dead.discard(writer)
            writer.transport.abort()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        theirs, ours = await asyncio.open_unix_connection(self._target)
        try:
            async with background() as tasks:
                flows = [
                    tasks.spawn(self._pass(reader, ours, writer), "to the database"),
                    tasks.spawn(self._pass(theirs, writer, writer), "to the node"),
                ]
                await asyncio.wait(flows, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ours.transport.abort()

    async def _pass(
        self, source: asyncio.StreamReader, to: asyncio.StreamWriter, end: asyncio.StreamWriter
    ) -> None:
        with suppress(OSError):
            while piece := await source.read(65536):
                if self.delay:
                    await asyncio.sleep(self.delay)
                await self._flows.wait()
                if end in self._dead:
                    await asyncio.Event().wait()
                to.write(piece)
                await to.drain()


def _reset(end: asyncio.StreamWriter) -> None:
    """RST instead of FIN."""
    with suppress(OSError):
        end.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
    end.transport.abort()


def socket_of(database_url: str) -> str:
    """The path of the Unix socket behind the address of a test's database."""
    url = make_url(database_url)
    return f"{url.query['host']}/.s.PGSQL.{url.query.get('port', url.port or 5432)}"


def by_way_of(database_url: str, host: str, port: int) -> str:
    """The same database, by a line that listens there."""
    url = make_url(database_url).set(host=host, port=port, query={})
    return url.render_as_string(hide_password=False)


@asynccontextmanager
async def open_line(database_url: str) -> AsyncIterator[tuple[Line, str]]:
    """A line on this machine, and the database's address by way of it."""
    line = Line(socket_of(database_url))
    async with background() as tasks:

        def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            tasks.start(line.serve(reader, writer), "line")

        server = await asyncio.start_server(accept, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        try:
            yield line, by_way_of(database_url, "127.0.0.1", port)
        finally:
            server.close()


async def main(host: str, port: int, target: str) -> None:
    """Serve until killed, and say when it can be connected to."""
    server = await asyncio.start_server(Line(target).serve, host, port)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
