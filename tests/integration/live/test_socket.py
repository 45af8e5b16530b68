"""The live socket of the API: its protocol, its limits, and when it is closed."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from aiohttp import ClientWebSocketResponse, WSMsgType, web
from aiohttp.test_utils import TestClient, TestServer

from hub.errors import Unauthenticated
from hub.operators.access import Scope, Viewer
from hub.ports import Address, Signal
from hub.web.live import BAD_FRAME, SIGNED_OUT, LiveSockets, Patience
from tests.integration.live.conftest import Node, Shop, announce
from tests.integration.timeline.world import message, viewer

QUICK = Patience(hello=60, recheck=0.05, signal_gap=0)
"""Quick in what a test waits for; a machine that is busy may be late with its hello."""


@dataclass
class Door:
    """Says who stands at it; `viewer = None` signs out."""

    viewer: Viewer | None = field(default_factory=viewer)
    sockets: LiveSockets | None = None

    async def __call__(self, _: web.Request) -> Viewer:
        if self.viewer is None:
            raise Unauthenticated("Who are you?")
        return self.viewer


Connect = Callable[..., Any]


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    """Opens a socket to a node."""
    clients: list[TestClient[Any, Any]] = []

    async def open_socket(
        node: Node, door: Door, patience: Patience = QUICK
    ) -> ClientWebSocketResponse:
        app = web.Application()
        sockets = LiveSockets(node.feed, node.database, door, patience)
        app.router.add_get("/api/v1/live", sockets.handle)
        app.on_shutdown.append(lambda _: sockets.close())
        door.sockets = sockets
        client = TestClient(TestServer(app))
        clients.append(client)
        await client.start_server()
        # Every browser offers deflate.
        return await client.ws_connect("/api/v1/live", compress=15)

    yield open_socket
    for client in clients:
        await client.close()


async def hello(socket: ClientWebSocketResponse, after: int | None = None) -> Any:
    await socket.send_json({"type": "hello", "after": after})
    return await socket.receive_json(timeout=20)


async def write(node: Node, shop: Shop, *words: str) -> None:
    entries = [message(shop.person, word, inbox=shop.inbox) for word in words]
    await announce(node.database, shop.person.id, *entries)


async def texts(socket: ClientWebSocketResponse, count: int) -> list[str]:
    frames = [await socket.receive_json(timeout=20) for _ in range(count)]
    return [frame["data"]["entry"]["text"] for frame in frames]


async def closing(socket: ClientWebSocketResponse) -> int | None:
    async with asyncio.timeout(20):
        while (await socket.receive()).type is WSMsgType.TEXT:
            pass
    return socket.close_code


async def test_hello_ready_events(node: Node, shop: Shop, connect: Connect) -> None:
    socket = await connect(node, Door())
    assert await hello(socket) == {"type": "ready", "seq": 0}
    await write(node, shop, "one", "two")
    assert await texts(socket, 2) == ["one", "two"]


async def test_resuming(node: Node, other_node: Node, shop: Shop, connect: Connect) -> None:
    socket = await connect(node, Door())
    await hello(socket)
    await write(node, shop, "one")
    assert await texts(socket, 1) == ["one"]
    await socket.close()
    await write(node, shop, "two", "three")
    for place in (node, other_node):
        again = await connect(place, Door())
        assert await hello(again, after=1) == {"type": "ready", "seq": 1}
        assert await texts(again, 2) == ["two", "three"]


async def test_too_old_is_told_to_load_anew(node: Node, shop: Shop, connect: Connect) -> None:
    socket = await connect(node, Door())
    assert await hello(socket, after=77) == {"type": "reset"}
    assert await socket.receive_json() == {"type": "ready", "seq": 0}
    await write(node, shop, "one")
    assert await texts(socket, 1) == ["one"]


async def test_hidden_inboxes_stay_hidden(node: Node, shop: Shop, connect: Connect) -> None:
    socket = await connect(node, Door(viewer(shop.secret)))
    await hello(socket)
    await announce(
        node.database,
        shop.person.id,
        message(shop.person, "secret", inbox=shop.secret),
        message(shop.person, "open", inbox=shop.inbox),
    )
    assert await texts(socket, 1) == ["open"]


@pytest.mark.parametrize(
    "frame",
    ["", "{", "[]", "null", '{"type":"ping"}', '{"type":"hello","after":-1}',
     '{"type":"hello","after":"1"}', '{"type":"hello","after":true}',
     '{"type":"hello","after":1e400}', '{"type":"hello","after":9223372036854775808}'],
)  # fmt: skip
async def test_what_is_no_hello_is_refused(node: Node, connect: Connect, frame: str) -> None:
    socket = await connect(node, Door())
    await socket.send_str(frame)
    assert await closing(socket) == BAD_FRAME


async def test_binary_and_silence_are_refused(node: Node, connect: Connect) -> None:
    curt = replace(QUICK, hello=0.3)
    loud, silent = await connect(node, Door()), await connect(node, Door(), curt)
    await loud.send_bytes(b"\x00")
    assert await closing(loud) == BAD_FRAME
    assert await closing(silent) == BAD_FRAME


async def test_a_long_frame_is_refused(node: Node, connect: Connect) -> None:
    socket = await connect(node, Door())
    await hello(socket)
    await socket.send_json({"type": "typing", "customer_id": "x" * 10_000})
    assert await closing(socket) == 1009


async def test_no_deflate_is_negotiated(node: Node, connect: Connect) -> None:
    socket = await connect(node, Door())
    assert not socket.compress


async def test_strangers_get_a_problem(node: Node, connect: Connect) -> None:
    for who, status in ((None, 401), (replace(viewer(), scopes=frozenset()), 403)):
        with pytest.raises(Exception, match=str(status)):
            await connect(node, Door(who))


async def test_signing_out_closes(node: Node, connect: Connect) -> None:
    door = Door()
    socket = await connect(node, door)
    await hello(socket)
    door.viewer = None
    assert await closing(socket) == SIGNED_OUT


async def test_losing_the_right_to_read_closes(node: Node, connect: Connect) -> None:
    door = Door()
    socket = await connect(node, door)
    await hello(socket)
    door.viewer = replace(viewer(), scopes=frozenset({Scope.ORDERS_WRITE}))
    assert await closing(socket) == SIGNED_OUT


async def test_other_access_starts_anew(node: Node, shop: Shop, connect: Connect) -> None:
    door = Door()
    socket = await connect(node, door)
    await hello(socket)
    door.viewer = viewer(shop.secret)
    assert await socket.receive_json(timeout=20) == {"type": "reset"}
    assert await closing(socket) == 1012


async def test_typing_reaches_the_others_and_the_customer(
    node: Node, other_node: Node, shop: Shop, connect: Connect
) -> None:
    typist, colleague = await connect(node, Door()), await connect(other_node, Door())
    await hello(typist)
    await hello(colleague)
    here = Address("webchat", shop.person.values[0])
    async with other_node.transcripts.for_inbox(shop.inbox).follow(here) as news:
        await typist.send_json(
            {
                "type": "typing",
                "customer_id": str(shop.person.id),
                "contact_point_id": str(shop.person.points[0]),
            }
        )
        frame = await colleague.receive_json(timeout=20)
        assert (frame["type"], frame["customer_id"]) == ("typing", str(shop.person.id))
        assert frame["data"]["author"]["name"] == "Olga"
        async with asyncio.timeout(20):
            assert await anext(news) == Signal("typing", here)


async def test_typing_needs_the_right_to_write(node: Node, shop: Shop, connect: Connect) -> None:
    reader = replace(viewer(), scopes=frozenset({Scope.MESSAGES_READ}))
    socket, colleague = await connect(node, Door(reader)), await connect(node, Door())
    await hello(socket)
    await hello(colleague)
    await socket.send_json({"type": "typing", "customer_id": str(shop.person.id)})
    await socket.send_json({"type": "presence", "state": "online"})
    assert (await colleague.receive_json(timeout=20))["type"] == "presence"


async def test_who_leaves_goes_offline(node: Node, connect: Connect) -> None:
    socket, colleague = await connect(node, Door()), await connect(node, Door())
    await hello(socket)
    await hello(colleague)
    await socket.send_json({"type": "presence", "state": "online"})
    assert (await colleague.receive_json(timeout=20))["data"]["state"] == "online"
    await socket.close()
    assert (await colleague.receive_json(timeout=20))["data"]["state"] == "offline"


async def test_nonsense_between_frames_is_passed_over(node: Node, connect: Connect) -> None:
    socket = await connect(node, Door())
    await hello(socket)
    nonsense = [{}, {"type": 7}, {"type": "typing"}, {"type": "typing", "customer_id": 3}]
    nonsense += [{"type": "presence", "state": []}, {"type": "presence", "state": "x" * 99}]
    for frame in nonsense:
        await socket.send_json(frame)
    await socket.send_json({"type": "ping"})
    assert await socket.receive_json(timeout=20) == {"type": "pong"}


async def test_a_client_that_reads_nothing_is_let_go(
    node: Node, shop: Shop, connect: Connect
) -> None:
    door = Door()
    socket = await connect(node, door, replace(QUICK, send=0.2))
    assert door.sockets is not None
    await hello(socket)
    transport = socket._response.connection.transport
    transport.pause_reading()
    async with asyncio.timeout(20):
        while node.feed._audience:
            await write(node, shop, *("x" * 100_000 for _ in range(5)))
            await asyncio.sleep(0.05)
    async with asyncio.timeout(20):
        while door.sockets._open:  # noqa: ASYNC110 - nothing rings when a request ends
            await asyncio.sleep(0.02)
    transport.abort()
