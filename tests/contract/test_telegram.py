"""The Telegram channel keeps the contract of every channel, by polling and by webhook."""

import asyncio
import inspect
import io
import json
import zlib
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import aiogram.exceptions
import aiohttp
from pydantic import BaseModel
from typing_extensions import override

from channels.telegram import channel_type
from channels.telegram.errors import classify
from channels.telegram.settings import TelegramSettings
from hub import ports
from hub.clock import now
from hub.ports import (
    Address,
    ChannelError,
    ChannelType,
    HttpChannel,
    InboxMisconfigured,
    OutcomeUnknown,
    PermanentError,
    RateLimited,
    TransientError,
)
from hub.ports.contract import PATIENCE, Ack, Bench, ChannelContract
from hub.ports.fake import RecordingHost
from tests.contract.bot_api import TOKEN, BotApiDouble, private
from tests.contract.serving import serving

SECRET = "a-secret-of-the-webhook"


def _refusal(code: int, description: str, **parameters: object) -> tuple[int, object]:
    body: dict[str, object] = {"ok": False, "error_code": code, "description": description}
    return code, body | ({"parameters": parameters} if parameters else {})


FAULTS: Mapping[str, tuple[tuple[int, object] | None, type[ChannelError]]] = {
    "too many": (_refusal(429, "Too Many Requests: retry after 3", retry_after=3), RateLimited),
    "blocked": (_refusal(403, "Forbidden: bot was blocked by the user"), PermanentError),
    "no chat": (_refusal(400, "Bad Request: chat not found"), PermanentError),
    "too large": ((413, b"<html>too large</html>"), PermanentError),
    "unauthorised": (_refusal(401, "Unauthorized"), InboxMisconfigured),
    "unknown bot": (_refusal(404, "Not Found"), InboxMisconfigured),
    "html 502": ((502, b"<html><h1>Bad Gateway</h1></html>"), OutcomeUnknown),
    "server error": (_refusal(500, "Internal Server Error"), OutcomeUnknown),
    "restarting": (_refusal(500, "Internal Server Error: restart"), TransientError),
    "unavailable": ((503, b"<html>busy</html>"), TransientError),
    "cut answer": ((200, b'{"ok":true,"result":{"message_id":4'), OutcomeUnknown),
    "no answer": (None, OutcomeUnknown),
}


class TelegramBench(Bench):
    channel_type: ChannelType = channel_type
    secrets: Collection[str] = (TOKEN, SECRET, TOKEN.partition(":")[2])
    address = Address("telegram", "42")

    def __init__(self, host: RecordingHost, api: BotApiDouble, mode: str) -> None:
        self.host = host
        self.api = api
        self.webhook = ""
        self.number = 0
        self.settings: BaseModel = TelegramSettings.model_validate(
            {
                "token": TOKEN,
                "api_base": api.base,
                "mode": mode,
                "webhook_secret": SECRET,
                "poll_timeout": 1,
            }
        )

    def update(self, message: object) -> dict[str, object]:
        self.number += 1
        return {"update_id": 500 + self.number, "message": message}

    def written(self, text: str, key: str) -> dict[str, object]:
        return self.update(private(message_id=zlib.crc32(key.encode()) % 10**6, text=text))

    @override
    def faults(self) -> Mapping[str, type[ChannelError]]:
        return {name: kind for name, (_, kind) in FAULTS.items()}

    @override
    def arrange(self, fault: str) -> None:
        self.api.answer("sendMessage", FAULTS[fault][0])

    @override
    def classified(self) -> Iterator[tuple[BaseException, ChannelError]]:
        for module in (aiogram.exceptions, aiohttp, ports):
            for kind in vars(module).values():
                if inspect.isclass(kind) and issubclass(kind, Exception):
                    error = kind.__new__(kind)
                    error.__dict__.setdefault("message", "")
                    error.__dict__.setdefault("method", None)
                    if not isinstance(error, ChannelError):
                        yield error, classify(error)


class PollingBench(TelegramBench):
    @override
    async def customer_writes(self, text: str, *, key: str) -> Ack:
        update = self.written(text, key)
        self.api.queue(update)
        return await self._confirmed()

    async def _confirmed(self) -> Ack:
        newest = 500 + self.number
        for _ in range(round(PATIENCE / 0.01) - 50):
            if self.api.confirmed > newest:
                return Ack.ACKNOWLEDGED
            if not self.host.sink.available or not self.host.sink.gate.is_set():
                await asyncio.sleep(0.3)
                return Ack.LATER
            await asyncio.sleep(0.01)
        return Ack.LATER

    @override
    async def garbage(self) -> Sequence[Ack]:
        for odd in ODD:
            self.api.queue({"update_id": 501 + self.number, **odd})
            self.number += 1
        self.api.answer("getUpdates", (200, b"{"), (502, b"<html>"))
        return [await self._confirmed()]


class WebhookBench(TelegramBench):
    @override
    async def customer_writes(self, text: str, *, key: str) -> Ack:
        return await self._post(json.dumps(self.written(text, key)).encode())

    @override
    async def garbage(self) -> Sequence[Ack]:
        bodies = [b"", b"\xff\xfe", b"{", b"[" * 100_000, b"1", b'"a"', b"x" * 5_000_000]
        bodies += [json.dumps(odd).encode() for odd in ODD]
        return [
            *[await self._post(body) for body in bodies],
            await self._post(b"{}", secret="wrong"),
            await self._post(b"{}", secret=""),
            await self._post(b"{}", secret="\u00ff\u0100"),
            await self._post(b"not packed", packed="gzip"),
        ]

    async def _post(self, body: bytes, *, secret: str = SECRET, packed: str = "") -> Ack:
        headers = {"X-Telegram-Bot-Api-Secret-Token": secret}
        # Behind what cannot be unpacked the server closes the line.
        headers |= {"Content-Encoding": packed, "Connection": "close"} if packed else {}
        async with self.host.http.post(
            self.webhook, data=io.BytesIO(body), headers=headers
        ) as response:
            return {200: Ack.ACKNOWLEDGED, 503: Ack.LATER}.get(
                response.status, Ack.REFUSED if response.status < 500 else Ack.BROKEN
            )


ODD: Sequence[dict[str, object]] = (
    {},
    {"message": 1},
    {"message": {}},
    {"message": {"message_id": "one", "chat": {"id": 42, "type": "private"}}},
    {"message": private(text=["not", "text"])},
    {"message": private(text="\ud800", entities=[{"type": "bold", "offset": -5, "length": 99}])},
    {"message": private(photo={"file_id": 1}, date="yesterday")},
    {"message": private(photo=[{"file_id": "missing"}], message_id=77)},
    {"message": {**private(), "from": {"id": 2**70}}},
    {"edited_message": private(chat={"id": None})},
    {"callback_query": {"id": 1}},
    {"message_reaction": {"chat": {"id": 42, "type": "private"}, "new_reaction": "👍"}},
    {"my_chat_member": private(new_chat_member=[])},
    {"something_new": {"from": {"id": 42}}},
    {"message": private(something_new={"a": 1}, message_id=78)},
)


@asynccontextmanager
async def _bench(kind: type[TelegramBench], mode: str) -> AsyncIterator[TelegramBench]:
    async with AsyncExitStack() as stack:
        host = await stack.enter_async_context(RecordingHost.open(now))
        api = await stack.enter_async_context(BotApiDouble.open())
        bench = kind(host, api, mode)
        opened = channel_type.open(bench.settings, host)
        bench.channel = channel = await stack.enter_async_context(opened)
        assert isinstance(channel, HttpChannel)
        base = await stack.enter_async_context(serving(channel))
        bench.webhook = f"{base}/webhook"
        yield bench


class TestTelegramByPolling(ChannelContract):
    @override
    @asynccontextmanager
    async def bench(self) -> AsyncIterator[Bench]:
        async with _bench(PollingBench, "polling") as bench:
            yield bench


class TestTelegramByWebhook(ChannelContract):
    @override
    @asynccontextmanager
    async def bench(self) -> AsyncIterator[Bench]:
        async with _bench(WebhookBench, "webhook") as bench:
            yield bench
