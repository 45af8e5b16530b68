"""The Telegram channel: one open inbox, and the type that opens and checks it."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

from aiogram.methods import GetMe
from aiohttp import web
from pydantic import BaseModel

from channels.telegram import check, webhook
from channels.telegram.api import BotApi
from channels.telegram.errors import FOREIGN_WEBHOOK, classify
from channels.telegram.fields import text_of
from channels.telegram.outgoing import ANIMATIONS, MAX_PHOTO, MUSIC, PHOTOS, VIDEOS, VOICES
from channels.telegram.people import SCHEME
from channels.telegram.polling import Poller
from channels.telegram.receiving import Receiver
from channels.telegram.sending import Sender
from channels.telegram.settings import TelegramSettings
from hub.ports import (
    API_VERSION,
    Address,
    Capabilities,
    FileKind,
    Finding,
    Host,
    OutboundMessage,
    SendReceipt,
    SinkUnavailable,
    TransientError,
)

LOOK_AT_WEBHOOK_EVERY = 300.0
"""Seconds."""

CAPABILITIES = Capabilities(
    address_schemes=frozenset({SCHEME}),
    max_text_length=4096,
    html=True,
    files=True,
    max_file_bytes=50 * 1024 * 1024,
    max_files=10,
    buttons=True,
    edits=True,
    deletes=True,
    reactions=True,
    typing=True,
    utf16=True,
    max_caption_length=1024,
    file_kinds=(
        FileKind(PHOTOS | VIDEOS, max_bytes=MAX_PHOTO),
        FileKind(MUSIC),
        FileKind(PHOTOS | VIDEOS | VOICES | ANIMATIONS, together=False),
        FileKind(),
    ),
    sends_per_second=30,
    recipient_sends_per_second=1,
)


class Telegram:
    """One bot that is open."""

    capabilities = CAPABILITIES

    def __init__(self, settings: TelegramSettings, host: Host) -> None:
        self._settings = settings
        self._host = host
        self._api = BotApi(settings, host.http)
        self._sender = Sender(host, self._api, settings.bot_id)
        self._receiver = Receiver(host, self._api, settings.bot_id)
        self._secret = webhook.secret_of(settings, host)

    async def connect(self) -> None:
        """Prove the token and choose how updates come."""
        try:
            name = text_of(await self._api.call(GetMe()), "username")
            if self._settings.mode == "webhook":
                await webhook.turn_on(self._settings, self._host, self._api)
            else:
                await webhook.turn_off(self._api)
            if name:
                # What the hub makes links of that bring a customer here with a code.
                entry = {"template": f"https://t.me/{name}?start={{code}}"}
                await self._host.state.put("entry", entry)
        except SinkUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - sorted, and raised again
            raise classify(error) from None

    async def send(self, message: OutboundMessage, /) -> SendReceipt:
        try:
            return await self._sender.send(message)
        except SinkUnavailable as error:
            raise classify(error) from None

    async def edit(self, message: OutboundMessage, external_id: str, /) -> None:
        await self._sender.edit(message, external_id)

    async def delete(self, address: Address, external_id: str, /) -> None:
        await self._sender.delete(address, external_id)

    async def react(self, address: Address, external_id: str, value: str, /) -> None:
        await self._sender.react(address, external_id, value)

    async def typing(self, address: Address, reply_address: str, /) -> None:
        await self._sender.typing(address, reply_address)

    async def receive(self) -> None:
        if self._settings.mode == "polling":
            await Poller(self._host, self._api, self._receiver, self._settings).run()
        while True:
            await asyncio.sleep(LOOK_AT_WEBHOOK_EVERY)
            if not await webhook.is_ours(self._host, self._api):
                raise TransientError(f"{FOREIGN_WEBHOOK} It is set anew.")

    async def handle_http(self, request: web.Request, path: str, /) -> web.Response:
        if path != webhook.PATH or self._settings.mode != "webhook":
            return web.Response(status=404)
        if request.method != "POST":
            return web.Response(status=405, headers={"Allow": "POST"})
        return await webhook.serve(request, self._receiver, self._secret)


class TelegramType:
    """The channel type `telegram`."""

    name = "telegram"
    api_version = API_VERSION
    settings: type[BaseModel] = TelegramSettings
    capabilities = CAPABILITIES
    paths: Mapping[str, str] = {"webhook": webhook.PATH}

    async def check(self, settings: BaseModel, host: Host) -> Sequence[Finding]:
        return await check.findings(TelegramSettings.model_validate(settings), host)

    @asynccontextmanager
    async def open(self, settings: BaseModel, host: Host) -> AsyncIterator[Telegram]:
        channel = Telegram(TelegramSettings.model_validate(settings), host)
        await channel.connect()
        yield channel


channel_type = TelegramType()
