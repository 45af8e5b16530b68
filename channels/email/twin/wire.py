"""One connection of a line protocol: bounded lines, exact bites, TLS, no waiting for ever."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from channels.email.twin.limits import MAX_CONNECTIONS, MAX_LINE


class Gone(Exception):
    """The other side has left, or said nothing for too long, or is cut off on purpose."""


class TooLong(Exception):
    """A line of more than MAX_LINE bytes."""


class Wire:
    """What a session reads from and writes to. `idle`: seconds of silence that are borne."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, idle: float
    ) -> None:
        self._reader = reader
        self._writer = writer
        self.idle = idle
        self.secure = writer.get_extra_info("ssl_object") is not None

    async def line(self) -> bytes:
        """The next line without its end; raises Gone, TooLong."""
        try:
            async with asyncio.timeout(self.idle):
                line = await self._reader.readuntil(b"\n")
        except asyncio.LimitOverrunError as error:
            raise TooLong from error
        except (TimeoutError, asyncio.IncompleteReadError, OSError) as error:
            raise Gone from error
        return line.removesuffix(b"\n").removesuffix(b"\r")

    async def exactly(self, size: int) -> bytes:
        try:
            async with asyncio.timeout(self.idle):
                return await self._reader.readexactly(size)
        except (TimeoutError, asyncio.IncompleteReadError, OSError) as error:
            raise Gone from error

    async def piece(self) -> bytes:
        """The next line with its end, or the beginning of one that is too long; raises Gone.

        Its caller looks at the time: a mail is too many lines for a deadline each.
        """
        try:
            return await self._reader.readuntil(b"\n")
        except asyncio.LimitOverrunError as error:
            # A CR at the end may belong to the CRLF that is still to come.
            return await self._reader.readexactly(max(1, error.consumed - 1))
        except (asyncio.IncompleteReadError, OSError) as error:
            raise Gone from error

    async def send(self, data: bytes) -> None:
        """Raises Gone, also when the other side reads nothing."""
        try:
            self._writer.write(data)
            async with asyncio.timeout(self.idle):
                await self._writer.drain()
        except (TimeoutError, OSError) as error:
            raise Gone from error

    async def start_tls(self, context: ssl.SSLContext) -> None:
        """Raises Gone; what was sent ahead in the clear is not listened to (CVE-2011-0411)."""
        buffered = self._reader._buffer  # type: ignore[attr-defined]  # noqa: SLF001
        buffered.clear()
        try:
            async with asyncio.timeout(self.idle):
                await self._writer.start_tls(context)
        except (TimeoutError, OSError) as error:
            raise Gone from error
        self.secure = True

    def drop(self) -> None:
        """Cut the connection, as a cable does."""
        self._writer.transport.abort()

    async def close(self) -> None:
        """Say that it is over, and hear the other side out: else our last words may be lost.

        The system answers what comes after a close with a reset, which overtakes them.
        """
        try:
            async with asyncio.timeout(1):
                if not self._writer.is_closing() and self._writer.can_write_eof():
                    self._writer.write_eof()
                    while await self._reader.read(MAX_LINE):
                        pass
                self._writer.close()
                await self._writer.wait_closed()
        except (TimeoutError, OSError):
            pass
        finally:
            # Also when this is cancelled; where all is closed it does nothing.
            self.drop()


@asynccontextmanager
async def listening(
    host: str,
    port: int,
    session: Callable[[Wire], Awaitable[None]],
    *,
    idle: float,
    full: bytes,
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[int]:
    """Serve sessions until the context is left; yields the port. `full`: said to one too many."""
    sessions: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        wire = Wire(reader, writer, idle)
        if (task := asyncio.current_task()) is not None:
            sessions.add(task)
        try:
            if len(sessions) > MAX_CONNECTIONS:
                await wire.send(full)
            else:
                await session(wire)
        except Gone:
            wire.drop()
        except asyncio.CancelledError:
            # The twin is closing. Nobody but `listening` waits for this task, and asyncio's own
            # callback would stumble over one that ended as cancelled.
            wire.drop()
        finally:
            with suppress(asyncio.CancelledError):
                await wire.close()
            sessions.discard(task)

    server = await asyncio.start_server(connected, host, port, limit=MAX_LINE, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in list(sessions):
            task.cancel()
        await asyncio.gather(*list(sessions), return_exceptions=True)
