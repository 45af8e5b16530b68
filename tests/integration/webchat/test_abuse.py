"""What a bad neighbour can do: nothing that the others notice, and nothing for long."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import aiohttp
import pytest

from channels.webchat import bodies, limits, live, sockets
from tests.integration.webchat.conftest import Chat, Guest, OpenChat
from tests.nodes import until

UPGRADE = (
    "GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


def masked(frame: object) -> bytes:
    """A text frame as a client sends it (RFC 6455 section 5.2), masked with zeros."""
    body = json.dumps(frame).encode()
    size = bytes([0x80 | len(body)]) if len(body) < 126 else b"\xfe" + len(body).to_bytes(2)
    return b"\x81" + size + bytes(4) + body


@asynccontextmanager
async def raw(
    chat: Chat, *, limit: int = 2**16
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A live socket in nobody's hands: the upgrade is done, nothing is read by itself."""
    at = urlsplit(chat.base)
    assert at.hostname is not None
    reader, writer = await asyncio.open_connection(at.hostname, at.port, limit=limit)
    try:
        writer.write(UPGRADE.format(path=f"{at.path}/live", host=at.netloc).encode())
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101"), head
        yield reader, writer
    finally:
        writer.close()


async def latency(guest: Guest, client_id: str) -> float:
    """Seconds from writing over a live socket until it is accepted."""
    async with guest.live() as socket:
        begun = time.monotonic()
        await socket.send_json({"type": "message", "client_id": client_id, "text": "Hello"})
        while (await socket.receive_json(timeout=10))["type"] != "accepted":
            pass
        return time.monotonic() - begun


async def test_who_says_nothing_is_cut_off_and_holds_up_nobody(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(live, "HELLO_WITHIN", 0.3)
    async with raw(chat) as (reader, writer):
        writer.write(b"\x81\xfe\x01")  # half of a frame's head, and never more
        assert await latency(await chat.visit(), "1") < 5
        assert await asyncio.wait_for(reader.read(), 5), "told why, then closed"


async def test_silent_sockets_of_one_address_are_few(
    open_chat: OpenChat, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(limits, "MOST_SILENT", 2)
    chat = await open_chat()
    guest = await chat.visit()
    async with raw(chat), raw(chat), raw(chat) as (reader, _):
        assert b"too-many-at-once" in await asyncio.wait_for(reader.read(), 5)
    await asyncio.sleep(0.05)
    async with guest.live():
        pass


async def test_who_reads_nothing_is_cut_off_and_holds_up_nobody(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sockets, "_SEND_WITHIN", 0.5)
    deaf, guest = await chat.visit(), await chat.visit()
    async with raw(chat, limit=1024) as (_, writer):
        writer.write(masked({"type": "hello", "token": deaf.token}))
        await until(lambda: chat.host.sink.signals)
        for number in range(300):
            chat.host.transcript.told(deaf.address, f"{number}" + "x" * 50_000, at=chat.time())
        assert await latency(guest, "1") < 5
        # The client is not gone, and is sent away all the same.
        await until(lambda: not chat.channel._sockets._of.get(deaf.address.value), within=10)


@pytest.mark.parametrize("path", ["messages", "files?name=a", "visits", "read"])
async def test_a_body_that_comes_too_slowly_is_given_up(
    chat: Chat, monkeypatch: pytest.MonkeyPatch, path: str
):
    monkeypatch.setattr(bodies, "_PIECE_WITHIN", 0.2)
    guest = await chat.visit()

    async def drop_by_drop() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()

    problem = await guest.call("POST", path, status=408, data=drop_by_drop())
    assert problem["code"] == "too-slow"


async def test_a_body_that_never_ends_is_given_up_though_it_goes_on(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(bodies, "_FILE_WITHIN", 0.5)
    guest = await chat.visit()

    async def dribble() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x"
            await asyncio.sleep(0.05)

    await guest.call("POST", "files?name=a", status=408, data=dribble())


async def test_bodies_under_way_of_one_address_are_few(
    open_chat: OpenChat, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(limits, "MOST_BODIES", 2)
    chat = await open_chat()
    guest, done = await chat.visit(), asyncio.Event()

    async def waits() -> AsyncIterator[bytes]:
        yield b"x"
        await done.wait()

    async with asyncio.TaskGroup() as group:
        slow = [
            group.create_task(guest.call("POST", "files?name=a", status=201, data=waits()))
            for _ in range(2)
        ]
        await until(lambda: sum(chat.channel._limits.bodies._open.values()) == 2)
        body = {"client_id": "1", "text": "Hello"}
        problem = await guest.call("POST", "messages", status=429, json=body)
        assert problem["code"] == "too-many-at-once"
        done.set()
    assert all(one.done() for one in slow)
    await guest.post("Hello", client_id="1")


async def test_what_one_visit_and_one_address_upload_is_limited(open_chat: OpenChat):
    chat = await open_chat(max_file_mb=1)
    megabyte = b"x" * (1024 * 1024 - 1)

    async def upload(guest: Guest) -> int:
        headers = {"Authorization": f"Bearer {guest.token}"}
        url = f"{chat.base}/files?name=a"
        async with chat.http.post(url, data=megabyte, headers=headers) as response:
            await response.read()
            return response.status

    guest = await chat.visit()
    assert [await upload(guest) for _ in range(11)] == [201] * 10 + [429]
    others = [await chat.visit() for _ in range(4)]
    answers = [await upload(one) for one in others for _ in range(10)]
    assert answers.count(201) == 20, "three messages full of files from one address"


async def test_a_flood_from_one_visit_starves_nobody(chat: Chat):
    """Four sockets of one visit send as fast as they can; another visitor is heard at once."""
    bad, good = await chat.visit(), await chat.visit()
    sent = 0

    async def flood(name: str) -> None:
        nonlocal sent
        while True:
            async with chat.http.ws_connect(f"{chat.base}/live") as socket:
                await socket.send_json({"type": "hello", "token": bad.token})
                with_ids = [
                    {"type": "message", "client_id": f"{name}{n}", "text": "x" * 5000}
                    for n in range(500)
                ]
                try:
                    for frame in with_ids:
                        await socket.send_json(frame)
                        sent += 1
                        await asyncio.sleep(0)
                except aiohttp.ClientError:
                    continue

    async with asyncio.TaskGroup() as group:
        floods = [group.create_task(flood(name)) for name in "abcd"]
        await until(lambda: sent > 500)
        waits = [await latency(good, str(number)) for number in range(5)]
        for one in floods:
            one.cancel()
    assert max(waits) < 2, waits
    theirs = [one for one in chat.host.sink.messages if one.address == bad.address]
    assert len(theirs) <= 30, "what the limit lets through"


async def test_every_route_is_limited(open_chat: OpenChat):
    chat = await open_chat(
        messages_per_minute=6, address_messages_per_minute=6, visits_per_minute=6
    )
    guest = await chat.visit()
    tries = {
        ("GET", "config"): None,
        ("POST", "visits"): {},
        ("PATCH", "visits"): {"name": "a"},
        ("GET", "messages"): None,
        ("POST", "messages"): {"client_id": "1", "text": "x"},
        ("POST", "read"): {"position": 1},
        ("POST", "files"): b"x",
    }
    for (method, path), body in tries.items():
        sent = {"data": body} if isinstance(body, bytes) else {"json": body}
        headers = {"Authorization": f"Bearer {guest.token}"}
        statuses = []
        for _ in range(40):
            async with chat.http.request(
                method, f"{chat.base}/{path}", headers=headers, **sent
            ) as response:
                statuses.append(response.status)
                if response.status == 429:
                    assert int(response.headers["Retry-After"]) >= 1
        assert statuses[0] < 300, (method, path)
        assert 429 in statuses, (method, path)
