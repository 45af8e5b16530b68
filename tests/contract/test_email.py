"""Email keeps the contract of every channel, over a real IMAP and SMTP server."""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import aioimaplib
import aiosmtplib
import pytest
from aioimaplib import aioimaplib as imap_library
from pydantic import BaseModel
from typing_extensions import override

from channels.email.channel import channel_type
from channels.email.errors import classify
from channels.email.settings import EmailSettings
from hub import ports
from hub.clock import now
from hub.ports import Address, ChannelError, ChannelType, PermanentError, TransientError
from hub.ports.contract import PATIENCE, Ack, Bench, ChannelContract
from hub.ports.fake import RecordingHost
from tests.mail_server import PASSWORD, MailServer, mail_server

RECIPIENTS = {"refused": "refused@mail.example", "later": "later@mail.example"}


class EmailBench(Bench):
    channel_type: ChannelType = channel_type
    secrets: Collection[str] = (PASSWORD,)

    def __init__(self, server: MailServer, host: RecordingHost) -> None:
        self.server = server
        self.host = host
        self.box = server.new_mailbox()
        self.settings: BaseModel = EmailSettings.model_validate(
            server.settings(self.box, authserv_ids="mail.example")
        )
        self.address = Address("email", server.new_mailbox())
        self._known: set[str] = set()

    @override
    async def customer_writes(self, text: str, *, key: str) -> Ack:
        if key not in self._known:
            self._known.add(key)
            raw = (
                f"From: Anna <anna@home.example>\r\nTo: {self.box}\r\nMessage-ID: <{key}@home>\r\n"
                f"Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
            )
            await asyncio.to_thread(self.server.append, self.box, raw.encode())
        return await self._marked(len(self._known))

    async def _marked(self, count: int) -> Ack:
        """Whether so many mails carry their mark; a mailbox offers again what carries none."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._patience):
                while True:
                    flags = await asyncio.to_thread(self.server.flags, self.box)
                    if len([one for one in flags if "\\Seen" in one]) >= count:
                        return Ack.ACKNOWLEDGED
                    await asyncio.sleep(0.02)
        return Ack.LATER

    @property
    def _patience(self) -> float:
        """Seconds: a mailbox offers for ever, so only a sink held up is waited for less long."""
        if not self.host.sink.available:
            return 1
        return 20 if self.host.sink.gate.is_set() else PATIENCE - 1

    @override
    async def garbage(self) -> Sequence[Ack]:
        nested = b"".join(
            b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (one, one)
            for one in range(300)
        )
        mails = [
            b"\r\n",
            b"\xff\xfe\r\n",
            b"From\r\n\r\n",
            b"From: <>\r\n\r\nnobody\r\n",
            b"From: a b c\r\nSubject: =?x?q?=ff?=\r\n\r\nno address\r\n",
            b"From: " + b"a@b.example, " * 2_000 + b"\r\n\r\nmany\r\n",
            nested,
            b"Content-Type: text/html\r\n\r\n" + b"<div>" * 20_000,
            b"Date: Thu, 32 Foo 99999\r\nFrom: x@\xf0\x28\x8c.example\r\n\r\n\xf0\x28\r\n",
        ]
        first = len(self._known)
        self._known |= {f"garbage {number}" for number in range(len(mails))}
        await asyncio.to_thread(self.server.append, self.box, *mails)
        return [await self._marked(first + len(mails))]

    @override
    def faults(self) -> Mapping[str, type[ChannelError]]:
        return {"refused": PermanentError, "later": TransientError}

    @override
    def arrange(self, fault: str) -> None:
        self.address = Address("email", RECIPIENTS[fault])

    @override
    def classified(self) -> Iterator[tuple[BaseException, ChannelError]]:
        modules = (ports, aioimaplib, imap_library, aiosmtplib)
        for kind in (one for module in modules for one in vars(module).values()):
            if isinstance(kind, type) and issubclass(kind, BaseException):
                error = _made(kind)
                if not isinstance(error, ChannelError):
                    yield error, classify(error)


def _made(kind: type[BaseException]) -> BaseException:
    """One of its kind, whatever it wants to be made of."""
    if kind is aiosmtplib.SMTPRecipientsRefused:
        return kind([aiosmtplib.SMTPRecipientRefused(550, "words", "a@b.example")])
    tries: list[tuple[object, ...]] = [(), ("words",), (550, "words"), (550, "words", "a@b.c")]
    for arguments in tries:
        with suppress(TypeError):
            return kind(*arguments)
    return kind.__new__(kind)


@pytest.fixture(scope="class")
def server(request: pytest.FixtureRequest) -> Iterator[None]:
    with mail_server() as running:
        request.cls.server = running
        yield


@pytest.mark.usefixtures("server")
class TestEmail(ChannelContract):
    server: MailServer

    @override
    @asynccontextmanager
    async def bench(self) -> AsyncIterator[Bench]:
        async with AsyncExitStack() as stack:
            host = await stack.enter_async_context(RecordingHost.open(now))
            bench = EmailBench(self.server, host)
            opened = channel_type.open(bench.settings, host)
            bench.channel = await stack.enter_async_context(opened)
            yield bench
