"""Email: a mailbox is an inbox. What the hub opens, tries out, and sends through."""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from pydantic import BaseModel

from channels.email import check as checks
from channels.email.bringing import Bringer, bring
from channels.email.composing import letter
from channels.email.credentials import Credentials
from channels.email.errors import classify
from channels.email.folder_place import find_place
from channels.email.imap_connect import signed_in
from channels.email.imap_errors import SignInRefused
from channels.email.reader import Reader, Unreadable
from channels.email.receiving import FolderReceiver
from channels.email.sending import Sender
from channels.email.settings import EmailSettings
from channels.email.tokens import Tokens
from channels.email.translate import Believed, Place, translate
from hub.ports import (
    API_VERSION,
    Capabilities,
    ChannelError,
    Finding,
    Host,
    OutboundMessage,
    Preview,
    SendReceipt,
    SinkUnavailable,
)

CAPABILITIES = Capabilities(
    address_schemes=frozenset({"email"}),
    max_text_length=200_000,
    html=True,
    subject=True,
    files=True,
    max_file_bytes=18_000_000,
    max_files=50,
    cc=True,
    invites=True,
    delivery_receipts=True,
    read_receipts=True,
    can_start=True,
    repeat_is_safe=True,
)


class EmailChannel:
    """One open mailbox."""

    def __init__(
        self, settings: EmailSettings, host: Host, sender: Sender, credentials: Credentials
    ) -> None:
        self._settings = settings
        self._host = host
        self._sender = sender
        self._credentials = credentials
        tokens = Tokens(settings.address, host.sign)
        self._us = Believed(settings.address, settings.authserv_ids, tokens)

    @property
    def capabilities(self) -> Capabilities:
        return replace(CAPABILITIES, sends_per_second=self._sender.sends_per_second)

    async def send(self, message: OutboundMessage, /) -> SendReceipt:
        return await self._sender.send(message)

    async def receive(self) -> None:
        """Watch every folder, each over a connection of its own."""
        if not self._settings.imap_host:
            await asyncio.Event().wait()
        try:
            async with Reader() as reader, asyncio.TaskGroup() as folders:
                bringer = self._bringer(reader)
                for folder in self._settings.folders:
                    folders.create_task(self._watch(folder, bringer), name=f"folder {folder}")
        except BaseExceptionGroup as several:
            # One folder's fault ends them all: the first is told, the others follow from it.
            raise self._blamed(several.exceptions[0]) from None

    async def reread(self, raw: bytes, external_id: str, /) -> None:
        """Read once more what lies in quarantine, under the name it has there."""
        place = Place(external_id, self._host.now())
        try:
            async with Reader() as reader:
                arrived = translate(await reader.read(raw), raw, place, self._us)
        except Unreadable as error:
            await self._host.sink.quarantine(raw, str(error), external_id=external_id)
        else:
            await bring(self._host.sink, arrived)

    def _bringer(self, reader: Reader) -> Bringer:
        host = self._host
        return Bringer(host.sink, host.state, reader, self._us, host.now)

    async def _watch(self, folder: str, bringer: Bringer) -> None:
        settings = self._settings
        secret = await self._credentials.receiving()
        try:
            async with signed_in(settings, secret) as mailbox:
                await FolderReceiver(folder, mailbox, self._host, bringer, settings).run()
        except SignInRefused as error:
            raise self._credentials.refused(classify(error, settings.imap_host)) from None

    def _blamed(self, error: BaseException) -> BaseException:
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        if isinstance(error, SinkUnavailable | ChannelError):
            return error
        return classify(error, self._settings.imap_host)


class EmailChannelType:
    """The channel type `email`."""

    name = "email"
    api_version = API_VERSION
    settings: type[BaseModel] = EmailSettings
    capabilities = CAPABILITIES

    async def check(self, settings: BaseModel, host: Host) -> Sequence[Finding]:
        mail = EmailSettings.model_validate(settings)
        return await checks.check(mail, Credentials(mail, host))

    def accounts(self, settings: BaseModel, /) -> Collection[str]:
        """The folders of the mailbox: what lies in one would come in twice."""
        mail = EmailSettings.model_validate(settings)
        if not mail.imap_host:
            return ()
        box = f"{mail.imap_login[0].lower()} {mail.imap_host}"
        return [f"{box} {folder.casefold()}" for folder in mail.folders]

    def preview(self, message: OutboundMessage, inbox_name: str, /) -> Preview:
        return Preview(letter.words_of(message, letter.Letterhead(inbox_name), ()).html)

    @asynccontextmanager
    async def open(self, settings: BaseModel, host: Host) -> AsyncIterator[EmailChannel]:
        mail = EmailSettings.model_validate(settings)
        credentials = Credentials(mail, host)
        if mail.imap_host:
            await _prove(mail, host, await credentials.receiving())
        async with Sender(mail, host, credentials=credentials) as sender:
            yield EmailChannel(mail, host, sender, credentials)


async def _prove(settings: EmailSettings, host: Host, secret: str) -> None:
    """Sign in once: what is wrong shows now, and what comes from now on is new."""
    try:
        async with signed_in(settings, secret) as mailbox:
            for folder in settings.folders:
                await find_place(folder, mailbox, host, settings)
    except SinkUnavailable:
        raise
    except Exception as error:  # noqa: BLE001 - told in the port's words
        # Not chained: the library's errors hold commands, and those hold passwords.
        raise classify(error, settings.imap_host) from None


channel_type = EmailChannelType()
