"""The live socket: what is pushed, what is taken, what a bad client gets."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import WSMsgType

from channels.webchat import live, recheck
from channels.webchat.sockets import MAX_PER_VISIT
from hub.ports import Button, OutboundMessage, Signal, SinkUnavailable, Typing
from tests.integration.webchat.conftest import Chat, OpenChat
from tests.nodes import until

Socket = aiohttp.ClientWebSocketResponse


async def heard(socket: Socket) -> Any:
    return await socket.receive_json(timeout=20)


async def closed_with(socket: Socket) -> tuple[int | None, list[Any]]:
    """The close code, and the frames before it."""
    async with asyncio.timeout(20):
        frames = [message.json() async for message in socket]
    return socket.close_code, frames


async def hello(chat: Chat, first: Any) -> tuple[int | None, list[Any]]:
    """What a socket gets whose first frame is `first`."""
    async with chat.http.ws_connect(f"{chat.base}/live") as socket:
        if isinstance(first, str):
            await socket.send_str(first)
        elif isinstance(first, bytes):
            await socket.send_bytes(first)
        else:
            await socket.send_json(first)
        return await closed_with(socket)


async def test_an_answer_is_pushed(chat: Chat):
    guest = await chat.visit()
    async with guest.live() as socket:
        entry = chat.host.transcript.told(guest.address, "Уже в пути", at=chat.time())
        frame = await heard(socket)
        assert (frame["type"], frame["id"], frame["text"]) == (
            "message",
            str(entry.id),
            "Уже в пути",
        )


async def test_nothing_of_another_visitor_is_pushed(chat: Chat):
    guest, other = await chat.visit(), await chat.visit()
    async with guest.live() as socket:
        chat.host.transcript.told(other.address, "For the other", at=chat.time())
        chat.host.transcript.told(guest.address, "For me", at=chat.time())
        assert (await heard(socket))["text"] == "For me"


async def test_a_message_is_accepted_once_and_told_under_its_client_id(chat: Chat):
    guest = await chat.visit()
    async with guest.live() as socket:
        answers: dict[str, list[Any]] = {}
        for _ in range(2):
            await socket.send_json({"type": "message", "client_id": "a", "text": "Hello"})
        for _ in range(3):
            frame = await heard(socket)
            answers.setdefault(frame["type"], []).append(frame)
        first, second = answers["accepted"]
        assert first == second
        assert first["client_id"] == "a"
        assert first["position"] == 1
        (message,) = answers["message"]
        assert (message["client_id"], message["id"]) == ("a", first["id"])
    assert len(chat.host.sink.messages) == 1


async def test_resuming_brings_what_was_missed_and_nothing_twice(chat: Chat):
    guest = await chat.visit()
    for number in range(250):
        chat.host.transcript.told(guest.address, str(number), at=chat.time())
    async with guest.live(after=10) as socket:
        chat.host.transcript.told(guest.address, "new", at=chat.time())
        texts = [(await heard(socket))["text"] for _ in range(241)]
        assert texts == [*(str(number) for number in range(10, 250)), "new"]


async def test_without_a_position_only_news_are_pushed(chat: Chat):
    guest = await chat.visit()
    chat.host.transcript.told(guest.address, "old", at=chat.time())
    async with guest.live() as socket:
        chat.host.transcript.told(guest.address, "new", at=chat.time())
        assert (await heard(socket))["text"] == "new"


async def test_a_change_of_status_is_short_a_change_of_text_is_not(chat: Chat):
    guest = await chat.visit()
    entry = chat.host.transcript.told(guest.address, "Hello", at=chat.time())
    async with guest.live(after=0) as socket:
        assert (await heard(socket))["type"] == "message"
        chat.host.transcript.changed(guest.address, replace(entry, status="read"))
        assert await heard(socket) == {
            "type": "status",
            "id": str(entry.id),
            "position": 1,
            "status": "read",
        }
        chat.host.transcript.changed(guest.address, replace(entry, deleted=True))
        frame = await heard(socket)
        assert (frame["type"], frame["deleted"], frame["text"]) == ("message", True, "")


async def test_the_widgets_acknowledgement_is_the_delivery(chat: Chat):
    guest = await chat.visit()
    async with guest.live() as socket:
        entry = chat.host.transcript.told(guest.address, "Hello", at=chat.time())
        frame = await heard(socket)
        assert not chat.host.sink.receipts, "pushed is not delivered"
        for _ in range(2):
            await socket.send_json({"type": "delivered", "id": frame["id"]})
        await socket.send_json({"type": "delivered", "position": frame["position"]})
        await until(lambda: chat.host.sink.receipts)
        await socket.send_json({"type": "read", "position": 1})
        await until(lambda: chat.host.sink.changes)
    (receipt,) = chat.host.sink.receipts
    assert (receipt.status, receipt.delivery_id) == ("delivered", entry.delivery_ids[0])


async def test_what_was_fetched_can_be_acknowledged_too(chat: Chat):
    guest = await chat.visit()
    entries = [chat.host.transcript.told(guest.address, str(n), at=chat.time()) for n in range(3)]
    async with guest.live() as socket:
        await socket.send_json({"type": "delivered", "id": str(entries[0].id)})
        await socket.send_json({"type": "delivered", "position": entries[2].position})
        await until(lambda: len(chat.host.sink.receipts) == 2)
    acknowledged = {receipt.delivery_id for receipt in chat.host.sink.receipts}
    assert acknowledged == {entries[0].delivery_ids[0], entries[2].delivery_ids[0]}


async def test_nobody_acknowledges_for_another(chat: Chat):
    guest, other = await chat.visit(), await chat.visit()
    entry = chat.host.transcript.told(other.address, "Hello", at=chat.time())
    async with guest.live() as socket:
        await socket.send_json({"type": "delivered", "id": str(entry.id)})
        await socket.send_json({"type": "delivered", "position": entry.position})
        await socket.send_json({"type": "read", "position": 5})
        await until(lambda: chat.host.sink.changes)
    assert not chat.host.sink.receipts


async def test_a_button_is_pressed(chat: Chat):
    guest = await chat.visit()
    entry = chat.host.transcript.told(
        guest.address, "Come?", at=chat.time(), buttons=(Button("Да", "yes"),)
    )
    async with guest.live() as socket:
        await socket.send_json({"type": "button", "id": str(entry.id), "value": "no"})
        assert (await heard(socket))["type"] == "refused"
        for _ in range(2):
            await socket.send_json({"type": "button", "id": str(entry.id), "value": "yes"})
        await until(lambda: chat.host.sink.changes)
    (change,) = chat.host.sink.changes.values()
    assert (change.kind, change.value) == ("button", "yes")
    assert change.external_id == str(entry.delivery_ids[0])
    sent = await chat.channel.send(
        OutboundMessage(entry.delivery_ids[0], entry.id, None, guest.address, "", "Come?")
    )
    assert sent.external_id == change.external_id, "the hub finds the message by this name"


async def test_what_an_operator_has_read_is_told_once_and_never_less(chat: Chat):
    guest = await chat.visit()
    first = await guest.post("Hello", client_id="1")
    async with chat.http.ws_connect(f"{chat.base}/live") as socket:
        await socket.send_json({"type": "hello", "token": guest.token})
        assert await heard(socket) == {"type": "ready", "seen": None}
        chat.host.transcript.read(guest.address, first["position"])
        assert await heard(socket) == {"type": "read", "position": first["position"]}
        second = await guest.post("Hello?", client_id="2")
        assert (await heard(socket))["type"] == "message"
        for position in (first["position"], second["position"], first["position"]):
            chat.host.transcript.read(guest.address, position)
        assert await heard(socket) == {"type": "read", "position": second["position"]}
        chat.host.transcript.read(guest.address, second["position"])
        chat.host.transcript.publish(guest.address, Signal("typing", guest.address))
        assert (await heard(socket))["type"] == "typing", "and nothing of what was told"
    page = await guest.call("GET", "messages", status=200)
    assert page["seen"] == second["position"]
    async with chat.http.ws_connect(f"{chat.base}/live") as socket:
        await socket.send_json({"type": "hello", "token": guest.token})
        assert await heard(socket) == {"type": "ready", "seen": second["position"]}


async def test_who_stops_typing_signals_nothing(chat: Chat):
    guest = await chat.visit()
    async with guest.live() as socket:
        await socket.send_json({"type": "typing", "on": False})
        await socket.send_json({"type": "read", "position": 1})
        await until(lambda: chat.host.sink.changes)
    assert [signal.kind for signal in chat.host.sink.signals] == ["online"]


async def test_typing_goes_both_ways(chat: Chat):
    guest = await chat.visit()
    async with guest.live() as socket:
        for _ in range(10):
            await socket.send_json({"type": "typing"})
        await socket.send_json({"type": "read", "position": 1})
        await until(lambda: chat.host.sink.changes)
        signals = chat.host.sink.signals
        assert signals[0] == Signal("online", guest.address)
        assert signals[1:] == [Signal("typing", guest.address)] * 3, "the rest is dropped"
        chat.host.transcript.publish(guest.address, Signal("typing", guest.address))
        assert await heard(socket) == {"type": "typing"}
        assert isinstance(chat.channel, Typing)
        await chat.channel.typing(guest.address, "")
        assert await heard(socket) == {"type": "typing"}


async def test_presence_survives_a_reload_and_ends_after_a_while(open_chat: OpenChat):
    chat = await open_chat(offline_after=0)
    guest = await chat.visit()
    async with guest.live(), guest.live():
        pass
    await until(lambda: len(chat.host.sink.signals) >= 2)
    assert [signal.kind for signal in chat.host.sink.signals] == ["online", "offline"]
    patient = await open_chat(offline_after=60)
    guest = await patient.visit()
    for _ in range(2):
        async with guest.live():
            pass
    await until(lambda: patient.host.sink.signals)
    await asyncio.sleep(0.05)
    assert [signal.kind for signal in patient.host.sink.signals] == ["online"]


async def test_who_looks_elsewhere_is_not_there(open_chat: OpenChat):
    chat = await open_chat(offline_after=0)
    guest = await chat.visit()

    def kinds() -> list[str]:
        return [signal.kind for signal in chat.host.sink.signals]

    async with guest.live(visible=False) as behind:
        async with guest.live() as front:
            await until(lambda: kinds() == ["online"])
            await front.send_json({"type": "visible", "on": False})
            await until(lambda: kinds() == ["online", "offline"])
            await front.send_json({"type": "visible", "on": False})
            await behind.send_json({"type": "visible", "on": True})
            await until(lambda: kinds() == ["online", "offline", "online"])
        # The page in front is still there: closing the other one changes nothing.
        await behind.send_json({"type": "visible", "on": False})
        await until(lambda: kinds() == ["online", "offline"] * 2)


async def test_nobody_is_at_a_chat_that_is_closed(open_chat: OpenChat):
    chat = await open_chat(offline_after=0)
    leaving, staying = await chat.visit(), await chat.visit()
    signals = chat.host.sink.signals
    async with leaving.live(), staying.live() as socket:
        await until(lambda: len(signals) == 2)
        await chat.channel.close()
        assert sorted(one.kind for one in signals) == ["offline", "offline", "online", "online"]
        assert {one.address for one in signals} == {leaving.address, staying.address}
        while not socket.closed:
            await socket.receive(timeout=5)
    # What the handlers of the closed sockets do afterwards tells nothing more.
    await until(lambda: not chat.channel._sockets.visits())
    await asyncio.sleep(0)
    assert len(signals) == 4


async def test_send_is_only_for_visitors_of_this_chat(chat: Chat, open_chat: OpenChat):
    elsewhere = await (await open_chat()).visit()
    message = OutboundMessage(
        chat.host.inbox_id, chat.host.inbox_id, None, elsewhere.address, "", "Hello"
    )
    with pytest.raises(Exception, match="not a visitor of this chat"):
        await chat.channel.send(message)


# --- bad clients


@pytest.mark.parametrize(
    ("first", "code"),
    [
        ({"type": "hello", "token": "wrong", "after": None}, 4401),
        ({"type": "hello"}, 4422),
        ({"type": "typing"}, 4422),
        ({"type": "hello", "token": 5}, 4422),
        ({"type": "hello", "token": "x", "after": -1}, 4422),
        ("", 4422),
        ("{", 4422),
        (b"\xff", 4422),
    ],
)
async def test_who_does_not_say_hello_is_sent_away(chat: Chat, first: Any, code: int):
    closed, frames = await hello(chat, first)
    assert closed == code
    assert [frame["type"] for frame in frames] == ["error"]


async def test_who_says_nothing_is_sent_away(chat: Chat, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(live, "HELLO_WITHIN", 0.05)
    async with chat.http.ws_connect(f"{chat.base}/live") as socket:
        code, _ = await closed_with(socket)
    assert code == 4408


async def test_one_visit_has_so_many_sockets_at_most(chat: Chat):
    guest = await chat.visit()
    sockets = [guest.live() for _ in range(MAX_PER_VISIT)]
    for socket in sockets:
        await socket.__aenter__()
    code, _ = await hello(chat, {"type": "hello", "token": guest.token})
    assert code == 4429
    for socket in sockets:
        await socket.__aexit__(None, None, None)
    await asyncio.sleep(0.05)
    async with guest.live():
        pass


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "{",
        "[]",
        "null",
        '{"type": "hello", "token": "x"}',
        '{"type": "fly"}',
        '{"type": "message"}',
        '{"type": "message", "client_id": "a/b", "text": "x"}',
        '{"type": "read", "position": -1}',
        '{"type": "button", "id": "x", "value": ""}',
    ],
)
async def test_a_frame_that_means_nothing_is_answered_and_forgotten(chat: Chat, frame: str):
    guest = await chat.visit()
    async with guest.live() as socket:
        await socket.send_str(frame)
        answer = await heard(socket)
        assert (answer["type"], answer["code"]) == ("error", "invalid")
        await socket.send_json({"type": "message", "client_id": "a", "text": "Still here"})
        assert (await heard(socket))["type"] in {"message", "accepted"}


async def test_a_frame_beyond_the_cap_ends_the_socket(chat: Chat):
    guest = await chat.visit()
    async with guest.live() as socket:
        await socket.send_str("x" * 200_000)
        message = await socket.receive(timeout=20)
        assert message.type is WSMsgType.CLOSE
        assert socket.close_code == 1009


async def test_a_flood_of_messages_is_refused_with_the_time_to_wait(chat: Chat):
    guest = await chat.visit()
    async with guest.live() as socket:
        for number in range(25):
            await socket.send_json({"type": "message", "client_id": str(number), "text": "x"})
        frames = [await heard(socket) for _ in range(45)]
    refused = [frame for frame in frames if frame["type"] == "refused"]
    assert [frame["client_id"] for frame in refused] == ["20", "21", "22", "23", "24"]
    assert all(frame["retry_after"] >= 1 for frame in refused)


async def test_what_cannot_be_stored_is_refused_for_now(chat: Chat):
    guest = await chat.visit()
    async with guest.live() as socket:
        chat.host.sink.available = False
        await socket.send_json({"type": "message", "client_id": "a", "text": "Hello"})
        frame = await heard(socket)
        assert (frame["type"], frame["client_id"]) == ("refused", "a")
        assert frame["code"] == "unavailable"
        assert frame["retry_after"] == 1


async def test_closing_the_inbox_closes_its_sockets(open_chat: OpenChat):
    chat = await open_chat()
    guest = await chat.visit()
    async with guest.live() as socket, chat.http.ws_connect(f"{chat.base}/live") as silent:
        await chat.channel.close()
        for one in (socket, silent):
            assert (await closed_with(one))[0] == 1001


async def test_compression_is_never_agreed_to(chat: Chat):
    async with chat.http.ws_connect(f"{chat.base}/live", compress=15) as socket:
        assert not socket.compress


async def test_a_visit_ended_elsewhere_loses_its_socket(
    monkeypatch: pytest.MonkeyPatch, open_chat: OpenChat
):
    monkeypatch.setattr(recheck, "RECHECK", timedelta(seconds=0.1))
    chat = await open_chat()
    guest, other = await chat.visit(), await chat.visit()
    async with guest.live() as socket, guest.live() as second, other.live() as still:
        chat.host.sink.available = False  # what is no question to the sink goes on
        await chat.elsewhere_ended(guest)
        for one in (socket, second):
            assert (await heard(one))["code"] == "unauthenticated"
            assert (await one.receive(timeout=20)).data == 4401
        await asyncio.sleep(0.3)
        assert not still.closed
        chat.time.pass_(days=181)
        assert (await heard(still))["code"] == "unauthenticated", "it has expired"


async def test_a_recheck_that_fails_closes_nobodys_chat(
    monkeypatch: pytest.MonkeyPatch, open_chat: OpenChat
):
    monkeypatch.setattr(recheck, "RECHECK", timedelta(seconds=0.05))
    chat = await open_chat()
    guest = await chat.visit()
    state, asked = chat.host.state, 0

    async def away(_keys: Any) -> frozenset[str]:
        nonlocal asked
        asked += 1
        raise SinkUnavailable

    async with guest.live() as socket:
        monkeypatch.setattr(state, "present", away)
        await until(lambda: asked >= 2)
        assert not socket.closed
        monkeypatch.undo()
        await chat.elsewhere_ended(guest)
        monkeypatch.setattr(recheck, "RECHECK", timedelta(seconds=0.05))
        assert (await heard(socket))["code"] == "unauthenticated"


async def test_who_comes_back_too_often_waits(open_chat: OpenChat):
    chat = await open_chat(messages_per_minute=6)
    guest = await chat.visit()
    for _ in range(2):
        async with guest.live():
            pass
    assert (await hello(chat, {"type": "hello", "token": guest.token}))[0] == 4429


async def test_a_flood_of_frames_ends_the_socket(open_chat: OpenChat):
    chat = await open_chat(messages_per_minute=3)
    guest = await chat.visit()
    async with guest.live() as socket:
        for _ in range(live._MOST_REFUSED + 100):
            await socket.send_str('{"type":"fly"}')
        code, frames = await closed_with(socket)
    assert code == 4429
    assert {frame["code"] for frame in frames} == {"invalid", "too-many-requests"}
