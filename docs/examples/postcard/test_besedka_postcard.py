"""The postcard channel keeps the contract, between a recording host and a twin of the provider."""

import hashlib
import hmac
import inspect
import json
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer
from besedka_postcard import PostcardChannel, PostcardSettings, channel_type, classify
from pydantic import HttpUrl, SecretStr
from typing_extensions import override

from hub.ports import (
    Address,
    ChannelError,
    ChannelType,
    InboxMisconfigured,
    OutcomeUnknown,
    PermanentError,
    RateLimited,
    TransientError,
)
from hub.ports.contract import Ack, Bench, ChannelContract
from hub.ports.fake import RecordingHost

TOKEN = "a-token-of-the-tests"
NOW = datetime(2026, 5, 3, 9, 0, tzinfo=UTC)


class Twin:
    """The provider: takes cards, fails when told to, posts what its customers write."""

    def __init__(self) -> None:
        self.answer_next: list[int] = []
        self.webhook = ""

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/me", self._me)
        app.router.add_post("/cards", self._card)
        return app

    async def _me(self, request: web.Request) -> web.Response:
        allowed = request.headers["Authorization"] == f"Bearer {TOKEN}"
        return web.json_response({}, status=200 if allowed else 401)

    async def _card(self, request: web.Request) -> web.Response:
        card = await request.json()
        status = self.answer_next.pop(0) if self.answer_next else 201
        return web.json_response({"id": card["key"]}, status=status)

    async def post(self, raw: bytes, *, token: str = TOKEN) -> int:
        signature = hmac.digest(token.encode(), raw, hashlib.sha256).hex()
        headers = {"X-Postcard-Signature": signature}
        async with (
            aiohttp.ClientSession() as http,
            http.post(self.webhook, data=raw, headers=headers) as answer,
        ):
            return answer.status


class PostcardBench(Bench):
    channel_type: ChannelType = channel_type
    secrets: Collection[str] = (TOKEN,)
    address = Address("postcard", "ann")

    def __init__(self, host: RecordingHost, twin: Twin) -> None:
        self.host = host
        self.twin = twin

    @override
    async def customer_writes(self, text: str, *, key: str) -> Ack:
        card = {"id": key, "from": "ann", "text": text, "sent_at": NOW.isoformat()}
        return _ack(await self.twin.post(json.dumps(card).encode()))

    @override
    async def garbage(self) -> Sequence[Ack]:
        bodies = [b"", b"\xff", b"{", b"[" * 100_000, b'{"id": 1}']
        return [_ack(await self.twin.post(body)) for body in bodies] + [
            _ack(await self.twin.post(b"{}", token="a wrong one"))
        ]

    @override
    def faults(self) -> Mapping[str, type[ChannelError]]:
        return {
            "401": InboxMisconfigured,
            "410": PermanentError,
            "422": PermanentError,
            "429": RateLimited,
            "500": OutcomeUnknown,
            "503": TransientError,
        }

    @override
    def arrange(self, fault: str) -> None:
        self.twin.answer_next.append(int(fault))

    @override
    def classified(self) -> Iterator[tuple[BaseException, ChannelError]]:
        for kind in vars(aiohttp).values():
            if inspect.isclass(kind) and issubclass(kind, BaseException):
                error = kind.__new__(kind)
                yield error, classify(error)


def _ack(status: int) -> Ack:
    if status == 200:
        return Ack.ACKNOWLEDGED
    if status == 503:
        return Ack.LATER
    return Ack.REFUSED if 400 <= status < 500 else Ack.BROKEN


def _webhook(channel: PostcardChannel) -> web.Application:
    async def inbound(request: web.Request) -> web.Response:
        return await channel.handle_http(request, "inbound")

    app = web.Application()
    app.router.add_post("/inbound", inbound)
    return app


class TestPostcard(ChannelContract):
    @override
    @asynccontextmanager
    async def bench(self) -> AsyncIterator[Bench]:
        async with AsyncExitStack() as stack:
            twin = Twin()
            provider = await stack.enter_async_context(TestServer(twin.app()))
            host = await stack.enter_async_context(RecordingHost.open(lambda: NOW))
            bench = PostcardBench(host, twin)
            bench.settings = PostcardSettings(
                api_base=HttpUrl(str(provider.make_url("/"))), token=SecretStr(TOKEN)
            )
            channel = await stack.enter_async_context(channel_type.open(bench.settings, host))
            bench.channel = channel
            hub = await stack.enter_async_context(TestServer(_webhook(channel)))
            twin.webhook = str(hub.make_url("/inbound"))
            yield bench
