"""How IMAP's lines become answers: aioimaplib's protocol, made safe for what servers really send.

aioimaplib 2.0.3 recurses once per line of what has arrived, so a folder that is emptied elsewhere
(a line for each mail) exhausts the stack; joins all lines so far for each line of a FETCH; tells
nobody that the connection is gone; leaves an XOAUTH2 refusal unanswered for ever; and writes what
it sends into the debug log. Each of these is mended here and nowhere else.
"""

import asyncio
import re
from collections.abc import Callable

from aioimaplib import aioimaplib as library
from typing_extensions import override

MAX_LINE = 32 * 1024 * 1024
"""Bytes: the answer to a SEARCH over some millions of mails is one line."""
MAX_LITERAL = 110 * 1024 * 1024
_LITERAL = re.compile(rb"\{(\d{1,18})\}$")
_SIZE_OF_FOLDER = re.compile(rb"^\* (\d{1,20}) (EXISTS|EXPUNGE)", re.IGNORECASE)
_TAGGED = re.compile(rb"[A-Z0-9]+ (?:OK|NO|BAD)\b")
_CRLF = b"\r\n"


class Fetch(library.FetchCommand):  # type: ignore[misc] # carries no types
    """A FETCH that counts the brackets of its lines as they come, not all of them every time."""

    _depth = 0

    @override
    def append_to_resp(self, line: bytes | bytearray, result: str = "Pending") -> None:
        # A literal is a bytearray: its brackets are the customer's.
        if type(line) is bytes and result == "Pending":
            self._depth += line.count(b"(") - line.count(b")")
        super().append_to_resp(line, result)

    @override
    def wait_data(self) -> bool:
        return self._depth > 0


class ImapProtocol(library.IMAP4ClientProtocol):  # type: ignore[misc] # carries no types
    """One connection. `lost` is called when it ends for whatever reason."""

    transport: asyncio.Transport

    def __init__(
        self, loop: asyncio.AbstractEventLoop, lost: Callable[[Exception | None], None]
    ) -> None:
        super().__init__(loop, lost)
        self._arrived = bytearray()
        self._reading: library.Command | None = None
        self._greeted = False
        self._upgrading = False
        self._count = b""
        self.grown = asyncio.Event()
        """The folder has changed since somebody last cleared this.

        A server says so in the answer to any command, also where nobody waits for it.
        """
        self.greeting: asyncio.Future[bytes] = loop.create_future()

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # A second time after STARTTLS, when the state stays what it is.
        if not self._greeted:
            super().connection_made(transport)

    @override
    def data_received(self, d: bytes) -> None:
        self._arrived += d
        try:
            self._read()
        except Exception as error:  # noqa: BLE001 - whatever it is, nothing after it can be read
            self._give_up(error)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if self.conn_lost_cb is not None:
            self.conn_lost_cb(exc)

    @override
    def send(self, line: str, scrub: str | None = None) -> None:
        self.transport.write(line.encode() + _CRLF)

    def expect_upgrade(self) -> None:
        """Nothing may come behind the answer to STARTTLS: it would count as said under TLS."""
        self._upgrading = True

    def upgraded(self, transport: asyncio.Transport) -> None:
        """From now on everything goes over this transport."""
        self._upgrading = False
        self.transport = transport

    def _read(self) -> None:
        at, arrived = 0, self._arrived
        while at < len(arrived):
            command = self._reading
            if command is not None and command.wait_literal_data():
                at += self._read_literal(command, at)
                continue
            end = arrived.find(_CRLF, at)
            if end < 0:
                break
            line, at = bytes(arrived[at:end]), end + len(_CRLF)
            self._read_line(line)
            if self._upgrading and _TAGGED.match(line) and at < len(arrived):
                raise library.Abort("The server spoke on before its connection was encrypted.")
        del arrived[:at]
        if len(arrived) > MAX_LINE:
            raise library.Abort("The server sent a line without end.")
        if self.pending_sync_command is not None:
            self.pending_sync_command.flush()

    def _read_literal(self, command: library.Command, at: int) -> int:
        """Give the command what it still lacks; how much that was."""
        given = bytes(self._arrived[at:])
        return len(given) - len(command.append_literal_data(given))

    def _read_line(self, line: bytes) -> None:
        if not self._greeted:
            self._greeted = True
            if not self.greeting.done():
                self.greeting.set_result(line)
            return
        self._note_size(line)
        command = self._handle_line(line, self._reading)
        literal = _LITERAL.search(line)
        if literal:
            size = int(literal[1])
            if size > MAX_LITERAL:
                raise library.Abort("The server sent more than was asked for.")
            self._reading = command or library.Command("NIL", "unused", loop=self.loop)
            self._reading.begin_literal_data(size)
        else:
            self._reading = command if command is not None and command.wait_data() else None

    def _note_size(self, line: bytes) -> None:
        told = _SIZE_OF_FOLDER.match(line)
        if told is None:
            return
        # Some servers repeat themselves; after an EXPUNGE the same number means another mail.
        count = told[1] if told[2].upper() == b"EXISTS" else b""
        if count and count != self._count:
            self.grown.set()
        self._count = count

    @override
    def _continuation(self, line: bytes) -> None:
        pending = self.pending_sync_command
        if pending is not None and pending.name == "AUTHENTICATE":
            # A refused token is explained in a challenge, which wants an empty answer before
            # the tagged NO comes (Google's and Microsoft's XOAUTH2).
            self.transport.write(_CRLF)
            return
        super()._continuation(line)

    def _give_up(self, error: Exception) -> None:
        self._arrived.clear()
        self.transport.abort()
        if self.conn_lost_cb is not None:
            self.conn_lost_cb(error)
