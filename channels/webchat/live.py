"""One live socket: pushes what is new at the visitor's contact point, takes what the widget sends.

widget                                    hub
{"type":"hello","token","after"}   ──►
                                   ◄──    {"type":"ready"}
                                   ◄──    {"type":"message", ...}   missed, then new ones
                                   ◄──    {"type":"status","id","position","status"}
                                   ◄──    {"type":"typing"}
{"type":"message","client_id","text","files"}
                                   ◄──    {"type":"accepted","client_id","id","position"}
                                          {"type":"refused","client_id","code","detail"}
{"type":"delivered","id"} · {"type":"read","position"} · {"type":"typing"} ·
{"type":"button","id","value"}     ──►
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from typing import assert_never
from uuid import UUID

import orjson
from aiohttp import WSCloseCode, WSMsgType, web

from channels.webchat import translate
from channels.webchat.bodies import MAX_JSON, parse
from channels.webchat.desk import Desk, Visitor
from channels.webchat.errors import Refused, refusal
from channels.webchat.frames import (
    AnyFrame,
    ButtonFrame,
    DeliveredFrame,
    Frame,
    Hello,
    MessageFrame,
    ReadFrame,
    TypingFrame,
)
from channels.webchat.sockets import Sockets
from channels.webchat.visits import Visits
from hub.ports import ChannelError, Host, Signal, SinkUnavailable, TranscriptEntry

HELLO_WITHIN = 10.0
_SEND_WITHIN = 10.0
_HEARTBEAT = 25.0
_REMEMBERED = 500
"""Entries a socket remembers having pushed."""
_PAGE = 100

News = AsyncIterator[Sequence[TranscriptEntry] | Signal]


def new_socket() -> web.WebSocketResponse:
    # Compression would cost 100 kB of memory for each idle visitor.
    return web.WebSocketResponse(compress=False, heartbeat=_HEARTBEAT, max_msg_size=MAX_JSON)


class Live:
    """Serves live sockets of one inbox."""

    def __init__(self, host: Host, desk: Desk, visits: Visits, sockets: Sockets) -> None:
        self._host = host
        self._desk = desk
        self._visits = visits
        self._sockets = sockets

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        socket = new_socket()
        if not socket.can_prepare(request).ok:
            raise Refused(426, "upgrade-required", "This address speaks WebSocket.")
        await socket.prepare(request)
        with self._sockets.open(socket):
            try:
                await self._speak(socket, request.remote or "")
            except Refused as refused:
                await _close(socket, refused)
            except SinkUnavailable:
                await socket.close(code=WSCloseCode.TRY_AGAIN_LATER, message=b"unavailable")
        return socket

    async def _speak(self, socket: web.WebSocketResponse, remote: str) -> None:
        hello = await _hello(socket)
        visit = await self._visits.recognise(hello.token)
        with self._sockets.present(visit, socket):
            live = LiveVisit(self._host, self._desk, socket, Visitor(visit, remote))
            await live.run(hello.after)


class LiveVisit:
    """A socket whose visitor is known."""

    def __init__(
        self, host: Host, desk: Desk, socket: web.WebSocketResponse, visitor: Visitor
    ) -> None:
        self._host = host
        self._desk = desk
        self._socket = socket
        self._visitor = visitor
        self._pushed: OrderedDict[UUID, TranscriptEntry] = OrderedDict()
        self._acknowledged: set[UUID] = set()

    async def run(self, after: int | None) -> None:
        """Until the visitor goes away."""
        # Following starts before the missed messages are read: nothing can fall in between.
        follow = self._host.transcript.follow(self._visitor.visit.address)
        try:
            async with follow as news, asyncio.TaskGroup() as group:
                await self._say({"type": "ready"})
                if after is not None:
                    await self._catch_up(after)
                pushing = group.create_task(self._push(news))
                await self._listen()
                pushing.cancel()
        except* (ConnectionError, TimeoutError):
            # The visitor went away, or takes nothing any more.
            await self._socket.close(code=WSCloseCode.GOING_AWAY)

    async def _catch_up(self, after: int) -> None:
        while entries := await self._desk.entries(self._visitor, after=after, limit=_PAGE):
            for entry in entries:
                await self._show(entry)
            # Earlier messages that were sent late come with every page.
            newest = max(entry.position for entry in entries)
            if newest <= after:
                return
            after = newest

    async def _push(self, news: News) -> None:
        async for piece in news:
            if isinstance(piece, Signal):
                await self._say({"type": "typing"})
                continue
            for entry in piece:
                await self._show(entry)
        # The hub has nothing to follow any more: the widget comes back and starts anew.
        await self._socket.close(code=WSCloseCode.SERVICE_RESTART)

    async def _show(self, entry: TranscriptEntry) -> None:
        before = self._pushed.get(entry.id)
        if before == entry:
            return
        self._pushed[entry.id] = entry
        self._pushed.move_to_end(entry.id)
        if len(self._pushed) > _REMEMBERED:
            self._acknowledged.discard(self._pushed.popitem(last=False)[0])
        if before is not None and translate.content(before) == translate.content(entry):
            facts = {"id": str(entry.id), "position": entry.position, "status": entry.status}
            await self._say({"type": "status", **facts})
        else:
            await self._say({"type": "message", **self._desk.shown(self._visitor, entry)})

    async def _listen(self) -> None:
        while True:
            message = await self._socket.receive()
            if message.type is WSMsgType.TEXT:
                await self._take(message.data)
            elif message.type is WSMsgType.BINARY:
                await self._say({"type": "error", "code": "invalid", "detail": "Text, please."})
            else:
                return

    async def _take(self, raw: str) -> None:
        try:
            self._desk.frame(self._visitor)
            frame = parse(Frame, raw).root
        except Refused as refused:
            await self._say({"type": "error", **refused.facts()})
            return
        try:
            await self._do(frame)
        except (Refused, ChannelError, SinkUnavailable) as error:
            reason = error if isinstance(error, Refused) else refusal(error)
            client_id = frame.client_id if isinstance(frame, MessageFrame) else ""
            await self._say({"type": "refused", "client_id": client_id, **reason.facts()})

    async def _do(self, frame: AnyFrame) -> None:
        match frame:
            case MessageFrame():
                answer, _ = await self._desk.post(self._visitor, frame)
                await self._say({"type": "accepted", "client_id": frame.client_id, **answer})
            case ReadFrame():
                await self._desk.read(self._visitor, frame)
            case DeliveredFrame():
                await self._acknowledge(frame)
            case TypingFrame():
                self._desk.typing(self._visitor)
            case ButtonFrame():
                await self._press(frame)
            case _ as never:
                assert_never(never)

    async def _acknowledge(self, frame: DeliveredFrame) -> None:
        entry = await self._named(frame.id, frame.position)
        if entry is None or entry.direction != "outbound" or entry.id in self._acknowledged:
            return
        await self._desk.delivered(entry.delivery_ids)
        self._acknowledged.add(entry.id)

    async def _press(self, frame: ButtonFrame) -> None:
        entry = await self._named(frame.id, None)
        offered = {button.value for button in entry.buttons} if entry is not None else set()
        if entry is None or not entry.delivery_ids or frame.value not in offered:
            raise Refused(422, "invalid", "There is no such button.")
        await self._desk.press(self._visitor, entry.delivery_ids[0], frame.value)

    async def _named(self, entry_id: UUID | None, position: int | None) -> TranscriptEntry | None:
        """The entry, when it is one of this visitor's: pushed on this socket, or a recent one."""
        if entry_id is not None and entry_id in self._pushed:
            return self._pushed[entry_id]
        before = position + 1 if position is not None else None
        entries = await self._desk.entries(self._visitor, before=before, limit=_PAGE)
        for entry in entries:
            if entry.id == entry_id or entry.position == position:
                return entry
        return None

    async def _say(self, frame: translate.Json) -> None:
        async with asyncio.timeout(_SEND_WITHIN):
            await self._socket.send_str(orjson.dumps(frame).decode())


async def _hello(socket: web.WebSocketResponse) -> Hello:
    try:
        async with asyncio.timeout(HELLO_WITHIN):
            message = await socket.receive()
    except TimeoutError as error:
        raise Refused(408, "too-slow", "The first frame did not arrive in time.") from error
    if message.type is not WSMsgType.TEXT:
        raise Refused(422, "invalid", "The first frame must be a hello.")
    return parse(Hello, message.data)


async def _close(socket: web.WebSocketResponse, refused: Refused) -> None:
    """Say why, then close with 4000 + the HTTP status (RFC 6455 leaves 4000-4999 to us)."""
    with suppress(ConnectionError, TimeoutError):
        async with asyncio.timeout(_SEND_WITHIN):
            await socket.send_str(orjson.dumps({"type": "error", **refused.facts()}).decode())
            await socket.close(code=4000 + refused.status)
