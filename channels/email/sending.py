"""Sending from one inbox: a delivery in, a mail with the server, or the reason why not."""

import asyncio
import ssl
from types import TracebackType
from typing import Self

import aiosmtplib

from channels.email import smtp
from channels.email.composing.compose import Account, File, Letter, compose
from channels.email.composing.letter import Letterhead
from channels.email.credentials import Credentials
from channels.email.settings import EmailSettings
from channels.email.smtp import Broken
from channels.email.smtp_pool import IDLE_FOR, Pool
from channels.email.tls import tls_context
from channels.email.tokens import Tokens
from hub.ports import (
    Host,
    InboxMisconfigured,
    OutboundMessage,
    PermanentError,
    Reason,
    SendReceipt,
    SinkUnavailable,
    TransientError,
)

_IN_THREAD = 50_000
"""Bytes of files and text from which a mail is composed beside the event loop."""
_GROWTH = 1.37
"""Base64 and its line breaks."""


class Sender:
    """Sends an inbox's mails; entering starts what tends its connections.

    credentials: what receiving signs in with too; without it the sender has its own.
    """

    def __init__(
        self,
        settings: EmailSettings,
        host: Host,
        *,
        credentials: Credentials | None = None,
        idle_for: float = IDLE_FOR,
    ) -> None:
        self._settings = settings
        self._host = host
        self._credentials = credentials or Credentials(settings, host)
        self._context: ssl.SSLContext | None = None
        self._tasks = asyncio.TaskGroup()
        self._tending: asyncio.Task[None] | None = None
        self.pool = Pool(self._reach, idle_for=idle_for)
        head = Letterhead(settings.sender_name or host.inbox_name, settings.signature)
        self.account = Account(Tokens(settings.address, host.sign), head, settings.reply_tokens)

    async def __aenter__(self) -> Self:
        await self._tasks.__aenter__()
        self._tending = self._tasks.create_task(self.pool.tend())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._tending is not None:
            self._tending.cancel()
        try:
            await self.pool.close()
        finally:
            await self._tasks.__aexit__(None, None, None)

    @property
    def sends_per_second(self) -> float:
        """What the inbox's capabilities say of its rate; 0 = unlimited."""
        return self._settings.sends_per_minute / 60

    async def prove(self) -> None:
        """Reach the server and sign in, sending nothing; raises the port's errors."""
        async with self.pool.talk(fresh=True) as talk:
            if not await smtp.still_there(talk.client):
                raise TransientError("The mail server ends the connection at once.")

    async def send(self, message: OutboundMessage) -> SendReceipt:
        """Hand one mail to the server; raises the port's errors."""
        letter = await self._letter(message)
        try:
            return await self._hand_over(letter, message.attempt, fresh=False)
        except Broken:
            pass
        try:
            return await self._hand_over(letter, message.attempt, fresh=True)
        except Broken as broken:
            raise broken.error from broken

    async def _hand_over(self, letter: Letter, attempt: int, *, fresh: bool) -> SendReceipt:
        async with self.pool.talk(fresh=fresh) as talk:
            return await smtp.hand_over(talk.client, letter, attempt=attempt)

    async def _letter(self, message: OutboundMessage) -> Letter:
        most = self._settings.max_message_mb * 1_000_000
        size = sum(one.size for one in message.files)
        if size * _GROWTH > most:
            raise _too_large(int(size * _GROWTH), most)
        try:
            files = [File(one, await self._host.files.read(one.id)) for one in message.files]
        except SinkUnavailable as error:
            raise TransientError("The files could not be read.") from error
        if size + len(message.text) + len(message.html) < _IN_THREAD:
            letter = compose(message, self.account, files, self._host.now())
        else:
            letter = await asyncio.to_thread(
                compose, message, self.account, files, self._host.now()
            )
        if len(letter.data) > most:
            raise _too_large(len(letter.data), most)
        return letter

    async def _reach(self) -> aiosmtplib.SMTP:
        if not self._settings.smtp_host:
            raise InboxMisconfigured(
                "This inbox has no outgoing server.", remedy="Enter one in its settings."
            )
        if self._context is None and self._settings.smtp_tls != "none":
            self._context = await asyncio.to_thread(tls_context, self._settings.ca_file)
        try:
            return await smtp.reach(self._settings, self._credentials.sending, self._context)
        except InboxMisconfigured as error:
            raise self._credentials.refused(error) from None


def _too_large(size: int, most: int) -> PermanentError:
    return PermanentError(
        f"The mail has {size / 1e6:.0f} MB; this inbox sends at most {most / 1e6:.0f} MB.",
        Reason.TOO_LARGE,
    )
