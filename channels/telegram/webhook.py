"""The webhook: set at Telegram when the inbox opens, answered 200 only after the commit."""

import hmac
import json
from hashlib import sha256

import orjson
from aiogram.exceptions import AiogramError
from aiogram.methods import DeleteWebhook, GetWebhookInfo, SetWebhook
from aiohttp import web

from channels.telegram.api import BotApi
from channels.telegram.fields import Json, text_of
from channels.telegram.kind import WEBHOOK
from channels.telegram.receiving import Receiver
from channels.telegram.settings import TelegramSettings
from channels.telegram.updates import ALLOWED
from hub.ports import Host, SinkUnavailable

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - a header's name
_MAX_BODY = 4 * 1024 * 1024
"""Bytes: an update holds no file; the largest are a few hundred kilobytes."""
_SET = "webhook"
"""The fact of the inbox that says which webhook it has set."""


def url_of(host: Host) -> str:
    return f"{host.public_url}/{WEBHOOK}"


def secret_of(settings: TelegramSettings, host: Host) -> str:
    """The administrator's, or one only this inbox can make."""
    given = settings.webhook_secret.get_secret_value()
    return given or sha256(host.sign("telegram-webhook", settings.bot_id).encode()).hexdigest()


async def turn_on(settings: TelegramSettings, host: Host, api: BotApi) -> None:
    """Have Telegram call this inbox. Every node does so when it opens; the first one's counts."""
    secret = secret_of(settings, host)
    wanted = {
        "url": url_of(host),
        "proof": host.sign("telegram-webhook-set", f"{secret} {' '.join(ALLOWED)}"),
        "bot": settings.bot_id,
    }
    stands = await api.call(GetWebhookInfo())
    if text_of(stands, "url") == wanted["url"] and await host.state.get(_SET) == wanted:
        return
    await api.call(
        SetWebhook(url=wanted["url"], secret_token=secret, allowed_updates=list(ALLOWED))
    )
    await host.state.put(_SET, wanted)


async def turn_off(api: BotApi) -> None:
    """Let updates wait to be fetched; none is dropped."""
    if text_of(await api.call(GetWebhookInfo()), "url"):
        await api.call(DeleteWebhook())


async def is_ours(host: Host, api: BotApi) -> bool:
    """Whether Telegram still calls this inbox; as long as it cannot be asked, it does."""
    try:
        stands: Json | object = await api.call(GetWebhookInfo())
    except AiogramError:
        return True
    return text_of(stands, "url") == url_of(host)


async def serve(request: web.Request, receiver: Receiver, secret: str) -> web.Response:
    """One update: 401 without the secret, 400, 413, 503 while nothing can be stored, else 200."""
    given = request.headers.get(SECRET_HEADER, "").encode("utf-8", "surrogateescape")
    if not hmac.compare_digest(given, secret.encode()):
        return web.Response(status=401)
    if (request.content_length or 0) > _MAX_BODY:
        return web.Response(status=413)
    try:
        raw = await request.read()
    except web.HTTPRequestEntityTooLarge:
        return web.Response(status=413)
    except web.RequestPayloadError:  # not packed as it says, or broken off
        return web.Response(status=400)
    try:
        await _take(raw, receiver)
    except SinkUnavailable:
        return web.Response(status=503, headers={"Retry-After": "1"})
    return web.Response()


async def _take(raw: bytes, receiver: Receiver) -> None:
    try:
        update = _loaded(raw)
    except (ValueError, RecursionError):
        # Refused it would be offered again for ever, and everything behind it would wait.
        await receiver.keep_bytes(raw, "A webhook call that is no JSON.")
        return
    await receiver.take(update)


def _loaded(raw: bytes) -> object:
    try:
        return orjson.loads(raw)
    except ValueError:  # stricter than JSON has to be: half a surrogate pair, a long integer
        return json.loads(raw)
