"""Generated requests and frames against a served chat: refused or taken, never a fault of ours."""

import asyncio
import json
import random
import time
from collections.abc import Mapping
from typing import Any

import aiohttp
import pytest

from tests.integration.webchat.conftest import Chat, Guest, OpenChat

pytestmark = [
    pytest.mark.fuzz,
    pytest.mark.timeout(900),
]

ENOUGH = 20_000
"""Requests among which some must say who is asking, however slow the machine."""

_ROUTES = [
    ("GET", "config"),
    ("POST", "visits"),
    ("PATCH", "visits"),
    ("PATCH", "visits"),
    ("DELETE", "visits"),
    ("POST", "messages"),
    ("GET", "messages"),
    ("POST", "files"),
    ("POST", "read"),
]
_PATHS = [
    "config",
    "visits",
    "messages",
    "files",
    "read",
    "live",
    "",
    "chat.js",
    "widget.js",
    "%00",
    "a/b",
]
_METHODS = ["GET", "POST", "OPTIONS", "HEAD", "PUT", "DELETE", "PATCH"]
_NAMES = [
    "type",
    "client_id",
    "text",
    "files",
    "position",
    "id",
    "value",
    "jwt",
    "token",
    "after",
    "name",
    "email",
    "page",
    "title",
    "url",
    "locale",
    "on",
]
_TYPES = ["message", "read", "delivered", "typing", "button", "hello", ""]
_CONTENT_TYPES = [
    "application/json",
    "multipart/form-data",
    "multipart/form-data; boundary=x",
    "text/plain; charset=nonsense",
    "",
    "a/b/c;;=",
]
_TEXTS = [
    "",
    "x",
    "\x00",
    "\u202e",
    "🙂" * 100,
    "a" * 20_000,
    "../..",
    "<b>",
    "\ud800",
    "1e9",
    "ann@shop.example",
    "javascript:alert(1)",
    "https://u@shop.example/?a#b",
    "http://[",
]
_FORMS = [
    b"--x\r\nContent-Disposition: form-data; name=a; filename=b\r\n\r\ncontent\r\n--x--\r\n",
    b"--x\r\nContent-Disposition: form-data; filename*=UTF-8''%ff%fe\r\n\r\n\r\n--x--",
    b"--x\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!\r\n--x--",
    b"--x\r\nContent-Type: multipart/mixed; boundary=y\r\n\r\n--y\r\n\r\n--y--\r\n--x--",
    b"--x\r\nContent-Length: -1\r\n\r\n",
    b"--x\r\n" + b"A: b\r\n" * 300 + b"\r\n",
]


class Noise:
    """A seeded source of odd values."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def one(self, values: list[Any]) -> Any:
        return self._random.choice(values)

    def value(self, depth: int = 0) -> Any:
        kinds: list[Any] = [None, True, -1, 0, 7, 2**63, 1.5, 1e400, *_TEXTS]
        if depth < 3 and self._random.random() < 0.3:
            return [self.value(depth + 1) for _ in range(self._random.randrange(4))]
        if depth < 3 and self._random.random() < 0.3:
            return {self.one(_NAMES): self.value(depth + 1) for _ in range(3)}
        return self.one(kinds)

    def body(self) -> bytes:
        """JSON that is nearly right, JSON that is not, forms, bytes."""
        kind = self._random.randrange(5)
        if kind == 0:
            return self._random.randbytes(self._random.randrange(300))
        if kind == 1:
            return bytes(self.one(_FORMS))
        near: dict[str, Any] = {"type": self.one(_TYPES), "client_id": "a", "text": "x"}
        near |= {self.one(_NAMES): self.value() for _ in range(self._random.randrange(4))}
        text = json.dumps(near if kind < 4 else self.value())
        if self._random.random() < 0.2:
            at = self._random.randrange(len(text) + 1)
            text = text[:at] + self.one(["\x00", "}", '"', "[" * 500, "\\u"]) + text[at:]
        return text.encode("utf-8", "surrogatepass")

    def headers(self, token: str) -> dict[str, str]:
        return {
            "Content-Type": self.one(_CONTENT_TYPES),
            "Origin": self.one(["https://shop.example", "null", "", "é", "http://[::1"]),
            "Authorization": self.one([f"Bearer {token}"] * 20 + ["Bearer é", "x", ""]),
            "Accept-Language": self.one(
                ["bg", "*", ";;;", "é" * 50, "ru;q=1e9", "bg;q=-1,en;q=²"]
            ),
            "If-None-Match": self.one(["", "*", '"x"', 'W/"x', '""""', "é"]),
        }


async def _request(guest: Guest, noise: Noise) -> bool:
    """One request; whether the visit still holds."""
    chat = guest.chat
    method, path = noise.one([*_ROUTES, (noise.one(_METHODS), noise.one(_PATHS))])
    query = noise.one(
        [
            "",
            "?after=x",
            "?after=0&limit=0",
            "?name=%00%ff",
            "?limit=" + "9" * 50,
            "?locale=bg",
            "?locale=%ff",
        ]
    )
    async with chat.http.request(
        method,
        f"{chat.base}/{path}{query}",
        data=noise.body(),
        headers=noise.headers(guest.token),
        allow_redirects=False,
    ) as response:
        await response.read()
        assert response.status < 500, (method, path, response.status)
        return (method, path, response.status) != ("DELETE", "visits", 204)


async def _frames(guest: Guest, noise: Noise) -> None:
    async with guest.live() as socket:
        for _ in range(50):
            body = noise.body()
            if len(body) % 7:
                await socket.send_str(body.decode("utf-8", "replace"))
            else:
                await socket.send_bytes(body)
        await socket.send_json({"type": "message", "client_id": "last", "text": "Still here"})
        async with asyncio.timeout(10):
            async for message in socket:
                frame = message.json()
                if frame["type"] == "accepted" and frame["client_id"] == "last":
                    return
        raise AssertionError(f"closed with {socket.close_code}")


def _claims(chat: Chat) -> list[Mapping[str, str]]:
    return [change.claims for change in chat.host.sink.changes.values() if change.claims]


async def _feed(chat: Chat, seconds: float, seed: int) -> None:
    ends, guest = time.monotonic() + seconds, await chat.visit()
    while time.monotonic() < ends or (seed < ENOUGH and not _claims(chat)):
        seed += 1
        noise = Noise(seed)
        try:
            if seed % 20 == 0:
                await _frames(guest, noise)
            elif not await _request(guest, noise):
                guest = await chat.visit()
        except (aiohttp.ClientError, AssertionError) as error:
            raise AssertionError(f"with the seed {seed}: {error!r}") from error


async def test_no_request_and_no_frame_is_a_fault_of_ours(
    open_chat: OpenChat, fuzz_seconds: float
):
    chat = await open_chat(
        messages_per_minute=0, address_messages_per_minute=0, visits_per_minute=0
    )
    await _feed(chat, fuzz_seconds, seed=0)
    for message in chat.host.sink.messages:
        assert "\x00" not in message.text
        assert len(message.text) <= 10_000
        assert message.sender_name.isprintable()
        assert len(message.sender_name) <= 200
    claims = _claims(chat)
    assert claims, "somebody said who he is"
    for one in claims:
        assert set(one) <= {"name", "email", "by"}
        assert all(words.isprintable() and len(words) <= 254 for words in one.values())
        assert one.get("email", "ann@shop.example") == "ann@shop.example", "the only address"
