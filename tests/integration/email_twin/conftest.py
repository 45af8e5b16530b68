"""A mail twin of one's own, and the clients that people use to talk to it."""

import asyncio
import imaplib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import TypeVar

import aiosmtplib
import pytest

from channels.email.twin import EmailTwin
from channels.email.twin.twin import RunningMail

T = TypeVar("T")

ANNA = "anna@post.example"


@pytest.fixture
async def twin(tmp_path: Path) -> AsyncIterator[RunningMail]:
    async with EmailTwin().serve("127.0.0.1", 0, tmp_path) as running:
        yield running


async def by_imaplib(twin: RunningMail, call: Callable[[imaplib.IMAP4], T]) -> T:
    """What `call` returns, given a client of the standard library that has signed in."""

    def run() -> T:
        client = imaplib.IMAP4("127.0.0.1", twin.imap_port, timeout=20)
        try:
            client.login(twin.company.address, twin.company.password)
            return call(client)
        finally:
            client.logout()

    return await asyncio.to_thread(run)


async def raws(twin: RunningMail, address: str, folder: str = "INBOX") -> list[bytes]:
    """Every mail of a folder."""
    box = twin.post.mailboxes[address]
    keys = [mail.key for mail in box.folders[folder].mails.values()]
    found = await twin.post.store.raws(keys)
    return [found[key] for key in keys]


def mail(twin: RunningMail, to: str = ANNA, **headers: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = f"Luna Optics <{twin.company.address}>"
    message["To"] = to
    message["Subject"] = headers.pop("subject", "Ваш заказ")
    message["Message-ID"] = "<one@luna-optics.example>"
    message["Date"] = datetime(2026, 11, 20, 10, tzinfo=UTC)
    message.set_content("Здравствуйте!\n.\n..точки\n")
    message.add_alternative("<p>Здравствуйте!</p>", subtype="html")
    for name, value in headers.items():
        message[name] = value
    return message


@asynccontextmanager
async def smtp(twin: RunningMail, **wishes: object) -> AsyncIterator[aiosmtplib.SMTP]:
    """A client that has signed in."""
    client = aiosmtplib.SMTP(
        hostname="127.0.0.1",
        port=twin.smtp_port,
        timeout=20,
        start_tls=False,
        username=twin.company.address,
        password=twin.company.password,
        **wishes,  # type: ignore[arg-type]
    )
    async with client:
        yield client


async def raw_lines(port: int, data: bytes, *, within: float = 20) -> bytes:
    """All that a server answers to `data` before it closes, or until we have said it all."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        async with asyncio.timeout(within):
            writer.write(data)
            if writer.can_write_eof():
                writer.write_eof()
            return await reader.read()
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
