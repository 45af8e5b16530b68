"""Web chat keeps the contract of every channel."""

from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import aiohttp
import pydantic
from pydantic import BaseModel, SecretStr
from typing_extensions import override

from channels.webchat import channel_type
from channels.webchat.errors import classify
from channels.webchat.settings import WebChatSettings
from hub import ports
from hub.clock import now
from hub.ports import Address, ChannelError, ChannelType
from hub.ports.contract import Ack, Bench, ChannelContract
from hub.ports.fake import RecordingHost
from tests.contract.serving import serving

SECRET = "a-signing-secret-of-more-than-32-characters"


class WebChatBench(Bench):
    channel_type: ChannelType = channel_type
    secrets: Collection[str] = (SECRET,)
    settings: BaseModel = WebChatSettings(
        jwt_secret=SecretStr(SECRET), messages_per_minute=0, address_messages_per_minute=0
    )

    def __init__(self, host: RecordingHost, http: aiohttp.ClientSession) -> None:
        self.host = host
        self.http = http
        self.base = ""
        self.token = ""

    async def begin(self) -> None:
        async with self.http.post(f"{self.base}/visits", json={}) as response:
            visit = await response.json()
        self.token = visit["token"]
        scheme, _, value = visit["contact_point"].partition(":")
        self.address = Address(scheme, value)

    @override
    async def customer_writes(self, text: str, *, key: str) -> Ack:
        return await self._post("messages", {"client_id": key, "text": text})

    @override
    async def garbage(self) -> Sequence[Ack]:
        bodies: list[object] = [
            b"",
            b"\xff\xfe",
            b"{",
            b"[" * 100_000,
            b'{"client_id": "a", "text": "\\ud800"}',
            {"client_id": "a/b", "text": "Hello"},
            {"client_id": "a", "text": "x" * 10_001},
            {"client_id": "a", "files": ["no id"]},
            {"position": -1},
            {"position": 2**80},
        ]
        return [await self._post(path, one) for path in ("messages", "read") for one in bodies]

    async def _post(self, path: str, body: object) -> Ack:
        sent = {"data": body} if isinstance(body, bytes) else {"json": body}
        headers = {"Authorization": f"Bearer {self.token}"}
        async with self.http.post(f"{self.base}/{path}", headers=headers, **sent) as response:
            return _ack(response.status)

    @override
    def classified(self) -> Iterator[tuple[BaseException, ChannelError]]:
        for kind in (*vars(ports).values(), *vars(aiohttp).values(), pydantic.ValidationError):
            if isinstance(kind, type) and issubclass(kind, BaseException):
                error = (
                    kind.__new__(kind) if kind is not pydantic.ValidationError else ValueError()
                )
                if not isinstance(error, ChannelError):
                    yield error, classify(error)


def _ack(status: int) -> Ack:
    if status in {200, 201, 204}:
        return Ack.ACKNOWLEDGED
    if status == 503:
        return Ack.LATER
    return Ack.REFUSED if 400 <= status < 500 else Ack.BROKEN


class TestWebChat(ChannelContract):
    @override
    @asynccontextmanager
    async def bench(self) -> AsyncIterator[Bench]:
        async with AsyncExitStack() as stack:
            host = await stack.enter_async_context(RecordingHost.open(now))
            http = await stack.enter_async_context(aiohttp.ClientSession())
            bench = WebChatBench(host, http)
            opened = channel_type.open(bench.settings, host)
            bench.channel = channel = await stack.enter_async_context(opened)
            bench.base = await stack.enter_async_context(serving(channel))
            await bench.begin()
            yield bench
