"""A web chat served for real over a host that records, and what a widget does with it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from channels.webchat import channel_type
from channels.webchat.channel import WebChat
from channels.webchat.settings import WebChatSettings
from hub.ports import Address
from hub.ports.fake import RecordingHost
from tests.contract.serving import serving

SECRET = "a-signing-secret-of-more-than-32-characters"
Json = dict[str, Any]


class Time:
    """The clock, in the test's hand."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 5, 3, 9, 14, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment

    def pass_(self, **time: float) -> None:
        self.moment += timedelta(**time)


@dataclass
class Guest:
    """One visit: its token and the address it speaks for."""

    chat: "Chat"
    token: str
    address: Address

    async def call(
        self, method: str, path: str, *, status: int, headers: Mapping[str, str] = {}, **sent: Any
    ) -> Any:
        headers = {"Authorization": f"Bearer {self.token}", **headers}
        return await self.chat.call(method, path, status=status, headers=headers, **sent)

    async def post(self, text: str, *, client_id: str, files: tuple[str, ...] = ()) -> Json:
        body = {"client_id": client_id, "text": text, "files": files}
        answer: Json = await self.call("POST", "messages", status=201, json=body)
        return answer

    async def items(self, query: str = "") -> list[Json]:
        items: list[Json] = (await self.call("GET", f"messages{query}", status=200))["items"]
        return items

    @asynccontextmanager
    async def live(
        self, after: int | None = None, *, visible: bool = True
    ) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        """A live socket that has been told it is ready."""
        async with self.chat.http.ws_connect(f"{self.chat.base}/live") as socket:
            hello = {"type": "hello", "token": self.token, "after": after, "visible": visible}
            await socket.send_json(hello)
            assert (await socket.receive_json(timeout=20))["type"] == "ready"
            yield socket


@dataclass
class Chat:
    """One open web chat."""

    channel: WebChat
    host: RecordingHost
    http: aiohttp.ClientSession
    base: str
    time: Time

    async def call(self, method: str, path: str, *, status: int, **sent: Any) -> Any:
        """The JSON (or None) of an answer that must have this status."""
        async with self.http.request(method, f"{self.base}/{path}", **sent) as response:
            body = await response.read()
            assert response.status == status, body
            return await response.json(content_type=None) if body else None

    async def visit(self, **body: object) -> Guest:
        return self.guest(await self.call("POST", "visits", status=201, json=body))

    def guest(self, visit: Json) -> "Guest":
        scheme, _, value = visit["contact_point"].partition(":")
        return Guest(self, visit["token"], Address(scheme, value))

    async def elsewhere_ended(self, guest: "Guest") -> None:
        """Another node ended the visit: this one is not told."""
        (key,) = [
            key
            for key, (facts, _) in self.host.state.facts.items()
            if facts.get("value") == guest.address.value
        ]
        await self.host.state.delete(key)

    def jwt(self, sub: str, **claims: object) -> str:
        moment = int(self.time().timestamp())
        usual = {"sub": sub, "aud": str(self.host.inbox_id), "exp": moment + 300}
        return jwt.encode({"alg": "HS256"}, {**usual, **claims}, OctKey.import_key(SECRET))


OpenChat = Callable[..., Awaitable[Chat]]


@pytest.fixture
async def open_chat() -> AsyncIterator[OpenChat]:
    """Opens web chats with the given settings."""
    async with AsyncExitStack() as stack:

        async def opened(*, name: str = "Shop", **settings: object) -> Chat:
            http = await stack.enter_async_context(aiohttp.ClientSession())
            time = Time()
            host = RecordingHost(http, time)
            host.inbox_name = name
            model = WebChatSettings.model_validate({"jwt_secret": SECRET, **settings})
            channel = await stack.enter_async_context(channel_type.open(model, host))
            base = await stack.enter_async_context(serving(channel))
            return Chat(channel, host, http, base, time)

        yield opened


@pytest.fixture
async def chat(open_chat: OpenChat) -> Chat:
    return await open_chat()
