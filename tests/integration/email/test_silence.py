"""A mail server that goes silent without a word, and one that has no IDLE."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from channels.email import imap, receiving
from hub.ports.fake import RecordingHost
from tests.integration.email.mailboxes import Box, mail, until
from tests.mail_server import MailServer


class Line:
    """What lies between the hub and the server: it can swallow what the server says.

    Connections made once it is `deaf` no longer are whole; a lost route back is just so.
    """

    def __init__(self, port: int, *, hidden: bytes = b"") -> None:
        self._port = port
        self._hidden = hidden
        self._deaf = asyncio.Event()
        self._writers: list[asyncio.StreamWriter] = []
        self.port = 0
        self.asked: list[bytes] = []
        self.said: list[bytes] = []
        self.greets: Callable[[], None] = lambda: None
        """Called with every connection."""

    def falls_silent(self) -> None:
        """The connections there are carry nothing back any more, and stay open."""
        self._deaf.set()
        self._deaf = asyncio.Event()

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Line"]:
        server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for writer in self._writers:
                writer.close()
            await server.wait_closed()

    async def _carry(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        self.greets()
        far, out = await asyncio.open_connection("localhost", self._port)
        self._writers += [back, out]
        deaf = self._deaf
        async with asyncio.TaskGroup() as both:
            both.create_task(self._pump(near, out, None))
            both.create_task(self._pump(far, back, deaf))

    async def _pump(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        deaf: asyncio.Event | None,
    ) -> None:
        try:
            while data := await reader.read(65_536):
                if deaf is None:
                    self.asked.append(data)
                elif deaf.is_set():
                    continue
                else:
                    self.said.append(data)
                    data = data.replace(self._hidden, b"") if self._hidden else data
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()


def box_behind(line: Line, server: MailServer, host: RecordingHost, **more: object) -> Box:
    box = Box(server, host)
    changed = {"imap_port": line.port, **more}
    box.settings = box.settings.model_copy(update=changed)
    return box


async def test_a_server_that_falls_silent_in_idle_is_left_and_come_back_to(
    mail_host: MailServer, host: RecordingHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiving, "LOOK_EVERY", 1.0)
    async with Line(mail_host.imap_port).open() as line:
        box = box_behind(line, mail_host, host, imap_tls="none")
        async with box.receiving() as faults:
            await box.comes(mail("one"))
            await box.all_seen(1)
            line.said.clear()
            await until(lambda: line.said and line.said[-1].startswith(b"+ "))
            line.falls_silent()
            # Until the hub comes back nobody can answer: no busy server is hurried by this.
            with monkeypatch.context() as hurry:
                hurry.setattr(imap, "ANSWER_WITHIN", 0.5)
                line.greets = hurry.undo
                await box.comes(mail("two"))
                await box.has("one", "two")
    assert len(faults) == 1
    assert "did not answer" in str(faults[0])


async def test_a_server_without_idle_is_asked_again_and_again(
    mail_host: MailServer, host: RecordingHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap, "_POLL_WITHOUT_IDLE", 0.2)
    async with Line(mail_host.imap_port, hidden=b" IDLE").open() as line:
        box = box_behind(line, mail_host, host, imap_tls="none")
        async with box.receiving() as faults:
            await box.comes(mail("one"))
            await box.has("one")
            # What comes now is found by asking.
            asked = len(line.asked)
            await box.comes(mail("two"))
            await box.has("one", "two")
    assert b"NOOP" in b"".join(line.asked[asked:]).upper()
    assert b"IDLE" not in b"".join(line.asked).upper()
    assert faults == []
