"""Reaching a mailbox server: connecting, encrypting, signing in, and saying goodbye."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial

from aioimaplib import aioimaplib as library
from typing_extensions import override

from channels.email.imap import ANSWER_WITHIN, Mailbox
from channels.email.imap_errors import (
    ConnectionLost,
    ImapError,
    NoAnswer,
    NotEncrypted,
    Refused,
    SignInRefused,
)
from channels.email.imap_protocol import ImapProtocol
from channels.email.imap_waiting import Lost, plain, said, settle, unless_lost, within
from channels.email.settings import EmailSettings
from channels.email.tls import tls_context

CONNECT_WITHIN = 20.0
"""Seconds, for TCP, TLS and the greeting together."""


@asynccontextmanager
async def signed_in(settings: EmailSettings, secret: str) -> AsyncIterator[Mailbox]:
    """Connect, encrypt and sign in with `secret`; leaving says goodbye.

    Raises ImapError, OSError or ssl.SSLError.
    """
    loop = asyncio.get_running_loop()
    lost: asyncio.Future[Exception | None] = loop.create_future()
    client = _Client(settings, partial(settle, lost))
    try:
        try:
            async with asyncio.timeout(CONNECT_WITHIN):
                await client.connect(settings)
                greeting = await unless_lost(client.protocol.greeting, lost)
                await _begin(client, greeting, settings, lost)
        except TimeoutError:
            raise NoAnswer(f"There was no answer within {CONNECT_WITHIN:g} seconds.") from None
        await _sign_in(client, settings, secret, lost)
        yield Mailbox(client, lost)
        await _goodbye(client, lost)
    finally:
        await client.close(lost)


class _Client(library.IMAP4):  # type: ignore[misc] # carries no types
    """aioimaplib's client over our protocol, connected when asked."""

    def __init__(self, settings: EmailSettings, lost: "partial[None]") -> None:
        host, port = settings.imap_at
        self._on_loss = lost
        self._connected = False
        super().__init__(host, port, timeout=ANSWER_WITHIN)

    @override
    def create_client(self, *_: object) -> None:
        self.protocol = ImapProtocol(asyncio.get_running_loop(), self._on_loss)

    async def connect(self, settings: EmailSettings) -> None:
        implicit = settings.imap_tls == "implicit"
        context = await asyncio.to_thread(tls_context, settings.ca_file) if implicit else None
        await asyncio.get_running_loop().create_connection(
            lambda: self.protocol, self.host, self.port, ssl=context
        )
        self._connected = True

    async def encrypt(self, settings: EmailSettings, lost: Lost) -> None:
        """STARTTLS (RFC 3501 6.2.1)."""
        protocol = self.protocol
        if "STARTTLS" not in {str(one).upper() for one in protocol.capabilities}:
            raise NotEncrypted("The server does not offer STARTTLS.")
        protocol.expect_upgrade()
        command = library.Command("STARTTLS", protocol.new_tag(), loop=protocol.loop)
        answer = await unless_lost(protocol.execute(command), lost)
        if answer.result != "OK":
            raise NotEncrypted("The server refuses STARTTLS.", said(answer))
        context = await asyncio.to_thread(tls_context, settings.ca_file)
        transport = await asyncio.get_running_loop().start_tls(
            protocol.transport, protocol, context, server_hostname=self.host
        )
        if transport is None:
            raise ConnectionLost("The connection ended while it was being encrypted.")
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - of a stream
        protocol.upgraded(transport)
        # What was said before is not believed (RFC 3501 6.2.1).
        protocol.capabilities.clear()
        await unless_lost(protocol.capability(), lost)

    async def close(self, lost: Lost) -> None:
        """End what still runs and the connection, whatever state it is in."""
        if self._idle_waiter is not None:
            self._idle_waiter.cancel()
        running = tuple(self.tasks)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        if self._connected and not lost.done():
            self.protocol.transport.abort()
            await asyncio.wait({lost}, timeout=1)


async def _begin(
    client: _Client,
    greeting: bytes,
    settings: EmailSettings,
    lost: Lost,
) -> None:
    if not greeting.upper().startswith((b"* OK", b"* PREAUTH")):
        raise Refused("The server does not take connections now.", plain(greeting))
    client.protocol.state = library.NONAUTH
    await unless_lost(client.protocol.capability(), lost)
    if settings.imap_tls == "starttls":
        await client.encrypt(settings, lost)


async def _sign_in(client: _Client, settings: EmailSettings, secret: str, lost: Lost) -> None:
    user, _ = settings.imap_login
    if settings.auth == "xoauth2":
        asked = client.xoauth2(user, secret)
    else:
        asked = client.login(library.quoted(user), secret)
    answer = await unless_lost(asked, lost)
    if answer.result != "OK":
        words = said(answer)
        if _UNAVAILABLE.search(words):
            raise Refused("The server cannot sign anybody in just now.", words)
        raise SignInRefused("The server refuses the sign-in.", words)
    # What came with the answer is mixed with words of the greeting: asked again, it is not.
    await unless_lost(client.protocol.capability(), lost)


_UNAVAILABLE = re.compile(
    r"UNAVAILABLE|INUSE|LIMIT|SERVERBUG|CONTACTADMIN|too many|try again|temporar", re.IGNORECASE
)
"""RFC 5530, and Gmail's and Exchange's words: the password may well be right."""


async def _goodbye(client: _Client, lost: Lost) -> None:
    with suppress(ImapError):
        await unless_lost(within(2.0, client.logout()), lost)
