"""A mailbox on a real server, and a channel that receives from it over a host that records."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime

from channels.email.channel import EmailChannel, channel_type
from channels.email.settings import EmailSettings
from hub.ports import ChannelError, InboundMessage, SinkUnavailable
from hub.ports.fake import RecordingHost
from hub.tasks import background
from tests import nodes
from tests.mail_server import MailServer

PATIENCE = 60.0
"""Seconds: Dovecot gathers news for half a second, and the machine may be busy."""


def mail(text: str, *fields: str, sender: str = "Anna <anna@home.example>") -> bytes:
    """A mail of one plain part; `fields` may replace those it has."""
    named = {field.partition(":")[0].lower() for field in fields}
    usual = [f"From: {sender}", "To: help@shop.example", "Subject: Hello"]
    usual += ["Content-Type: text/plain; charset=utf-8"]
    head = [one for one in usual if one.partition(":")[0].lower() not in named]
    return "\r\n".join([*head, *fields, "", text, ""]).encode()


async def until(condition: Callable[[], object]) -> None:
    await nodes.until(condition, within=PATIENCE)


class Box:
    """One mailbox, as the tests and the channel see it."""

    def __init__(self, server: MailServer, host: RecordingHost, **settings: object) -> None:
        self.server = server
        self.host = host
        self.address = server.new_mailbox()
        self.settings = EmailSettings.model_validate(server.settings(self.address, **settings))

    async def comes(
        self, *mails: bytes, folder: str = "INBOX", at: datetime | None = None
    ) -> None:
        await asyncio.to_thread(self.server.append, self.address, *mails, folder=folder, at=at)

    async def flags(self) -> list[str]:
        return await asyncio.to_thread(self.server.flags, self.address)

    @property
    def messages(self) -> list[InboundMessage]:
        return self.host.sink.messages

    @property
    def texts(self) -> list[str]:
        return [one.text for one in self.messages]

    async def has(self, *texts: str) -> None:
        """Wait until exactly these have been taken in."""
        with suppress(TimeoutError):
            await until(lambda: len(self.messages) >= len(texts))
        assert self.texts == list(texts)

    async def all_seen(self, count: int) -> None:
        """Wait until so many mails are there, each marked."""
        async with asyncio.timeout(PATIENCE):
            while True:
                flags = await self.flags()
                if len([one for one in flags if "\\Seen" in one]) == count:
                    return
                await asyncio.sleep(0.02)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[EmailChannel]:
        async with channel_type.open(self.settings, self.host) as channel:
            yield channel

    @asynccontextmanager
    async def receiving(self) -> AsyncIterator[list[BaseException]]:
        """Open, and receive; opened again after every fault, as the supervisor would.

        Gives the faults so far.
        """
        faults: list[BaseException] = []

        async def keep_open() -> None:
            while True:
                try:
                    async with self.open() as channel:
                        opened.set()
                        await channel.receive()
                except (ChannelError, SinkUnavailable) as error:
                    faults.append(error)
                    await asyncio.sleep(0.05)

        opened = asyncio.Event()
        async with background() as tasks:
            tasks.start(keep_open(), "receiving")
            async with asyncio.timeout(PATIENCE):
                await opened.wait()
            yield faults
