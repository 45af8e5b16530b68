"""One bot that is open: how it connects, sends and receives."""

import asyncio

from aiogram.methods import GetMe
from aiohttp import web

from channels.telegram import webhook
from channels.telegram.api import BotApi
from channels.telegram.errors import FOREIGN_WEBHOOK, classify
from channels.telegram.fields import text_of
from channels.telegram.kind import CAPABILITIES, WEBHOOK
from channels.telegram.polling import Poller
from channels.telegram.receiving import Receiver
from channels.telegram.sending import Sender
from channels.telegram.settings import TelegramSettings
from hub.ports import (
    Address,
    Host,
    OutboundMessage,
    SendReceipt,
    SinkUnavailable,
    TransientError,
)

LOOK_AT_WEBHOOK_EVERY = 300.0
"""Seconds."""


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
        await self._receiver.remark()
        if self._settings.mode == "polling":
            await Poller(self._host, self._api, self._receiver, self._settings).run()
        while True:
            await asyncio.sleep(LOOK_AT_WEBHOOK_EVERY)
            if not await webhook.is_ours(self._host, self._api):
                raise TransientError(f"{FOREIGN_WEBHOOK} It is set anew.")

    async def handle_http(self, request: web.Request, path: str, /) -> web.Response:
        if path != WEBHOOK or self._settings.mode != "webhook":
            return web.Response(status=404)
        if request.method != "POST":
            return web.Response(status=405, headers={"Allow": "POST"})
        return await webhook.serve(request, self._receiver, self._secret)
