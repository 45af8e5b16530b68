"""One live socket: pushes what is new at the visitor's contact point, takes what the widget sends.

widget                                    hub
{"type":"hello","token","after",
 "visible"?}                       ──►
                                   ◄──    {"type":"ready","seen"}
                                   ◄──    {"type":"message", ...}   missed, then new ones
                                   ◄──    {"type":"status","id","position","status"}
                                   ◄──    {"type":"read","position"}   an operator read on
                                   ◄──    {"type":"typing"}
{"type":"message","client_id","text","files"}
                                   ◄──    {"type":"accepted","client_id","id","position"}
                                          {"type":"refused","client_id","code","detail"}
{"type":"delivered","id"} · {"type":"read","position"} · {"type":"typing","on"?} ·
{"type":"visible","on"} · {"type":"button","id","value"}     ──►

`after`: every message behind that position comes, as it is now. So a widget that gives the
position before the oldest message it shows has, after `ready` and what follows, missed neither a
message nor a change of one, however long it was away: the server remembers nothing of it.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence
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
    VisibleFrame,
)
from channels.webchat.limits import Limits
from channels.webchat.sockets import Out, Sockets, refuse
from channels.webchat.visits import Visit, Visits
from hub.ports import ChannelError, Host, Seen, Signal, SinkUnavailable, TranscriptEntry

HELLO_WITHIN = 10.0
_HEARTBEAT = 25.0
_REMEMBERED = 500
"""Entries a socket remembers having pushed."""
_PAGE = 100
_MOST_REFUSED = 200
"""Frames that meant nothing, or came too fast: then the socket is closed."""

News = AsyncIterator[Sequence[TranscriptEntry] | Signal | Seen]


def new_socket() -> web.WebSocketResponse:
    # Compression would cost 100 kB of memory for each idle visitor.
    return web.WebSocketResponse(compress=False, heartbeat=_HEARTBEAT, max_msg_size=MAX_JSON)


class Live:
    """Serves live sockets of one inbox."""

    def __init__(
        self, host: Host, desk: Desk, visits: Visits, sockets: Sockets, limits: Limits
    ) -> None:
        self._host = host
        self._desk = desk
        self._visits = visits
        self._sockets = sockets
        self._limits = limits

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        socket = new_socket()
        if not socket.can_prepare(request).ok:
            raise Refused(426, "upgrade-required", "This address speaks WebSocket.")
        remote = request.remote or ""
        self._limits.stranger("sockets", remote)
        await socket.prepare(request)
        with self._sockets.open(socket):
            try:
                await self._speak(socket, request.transport, remote)
            except Refused as refused:
                await refuse(socket, refused)
            except SinkUnavailable:
                await socket.close(code=WSCloseCode.TRY_AGAIN_LATER, message=b"unavailable")
        return socket

    async def _speak(
        self,
        socket: web.WebSocketResponse,
        transport: asyncio.Transport | None,
        remote: str,
    ) -> None:
        # What is named here is held for as long as the socket is open, by each of thousands.
        visit, after, visible = await self._met(socket, remote)
        with self._sockets.present(visit, socket, visible=visible):
            out, visitor = Out(socket, transport), Visitor(visit, remote)
            await LiveVisit(self._host, self._desk, self._visits, self._sockets, out, visitor).run(
                after
            )

    async def _met(
        self, socket: web.WebSocketResponse, remote: str
    ) -> tuple[Visit, int | None, bool]:
        """Who it is, the last position they have, and whether they look at the page."""
        with self._limits.silent.one(remote):
            hello = await _hello(socket)
        visit = await self._visits.recognise(hello.token, remote)
        self._limits.check("returns", visit.id, remote)
        return visit, hello.after, hello.visible


class LiveVisit:
    """A socket whose visitor is known."""

    def __init__(
        self,
        host: Host,
        desk: Desk,
        visits: Visits,
        sockets: Sockets,
        out: Out,
        visitor: Visitor,
    ) -> None:
        self._host = host
        self._desk = desk
        self._visits = visits
        self._sockets = sockets
        self._out = out
        self._socket = out.socket
        self._visitor = visitor
        self._pushed: OrderedDict[UUID, TranscriptEntry] = OrderedDict()
        self._acknowledged: set[UUID] = set()
        self._seen: int | None = None
        self._refused = 0

    async def run(self, after: int | None) -> None:
        """Until the visitor goes away."""
        # Following starts before the missed messages are read: nothing can fall in between.
        follow = self._host.transcript.follow(self._visitor.visit.address)
        try:
            async with follow as news, asyncio.TaskGroup() as group:
                await self._ready()
                if after is not None:
                    await self._catch_up(after)
                pushing = group.create_task(self._push(news))
                await self._listen()
                pushing.cancel()
        except* (ConnectionError, TimeoutError):
            # The visitor went away, or takes nothing any more.
            await self._socket.close(code=WSCloseCode.GOING_AWAY)
        except* Refused as group:
            await refuse(self._socket, _first(group))
        except* SinkUnavailable:
            await self._socket.close(code=WSCloseCode.TRY_AGAIN_LATER, message=b"unavailable")

    async def _ready(self) -> None:
        self._seen = await self._desk.seen(self._visitor)
        await self._say({"type": "ready", "seen": self._seen})

    async def _catch_up(self, after: int) -> None:
        while entries := await self._missed(after):
            for entry in entries:
                await self._show(entry)
            # Earlier messages that were sent late come with every page.
            newest = max(entry.position for entry in entries)
            if newest <= after:
                return
            after = newest

    async def _missed(self, after: int) -> Sequence[TranscriptEntry]:
        self._desk.may("pages", self._visitor)
        return await self._desk.entries(self._visitor, after=after, limit=_PAGE)

    async def _push(self, news: News) -> None:
        async for piece in news:
            if isinstance(piece, Signal):
                await self._say({"type": "typing"})
            elif isinstance(piece, Seen):
                await self._read_on(piece.position)
            else:
                for entry in piece:
                    await self._show(entry)
        # The hub has nothing to follow any more: the widget comes back and starts anew.
        await self._socket.close(code=WSCloseCode.SERVICE_RESTART)

    async def _read_on(self, position: int) -> None:
        # Marks may come late or again: what was read stays read.
        if self._seen is None or position > self._seen:
            self._seen = position
            await self._say({"type": "read", "position": position})

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
            self._refused += 1
            if self._refused > _MOST_REFUSED:
                raise
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
                answer, _ = await self._desk.post(await self._as_it_is(), frame)
                await self._say({"type": "accepted", "client_id": frame.client_id, **answer})
            case ReadFrame():
                await self._desk.read(self._visitor, frame)
            case DeliveredFrame():
                await self._acknowledge(frame)
            case TypingFrame():
                if frame.on:
                    self._desk.typing(self._visitor)
            case VisibleFrame():
                self._sockets.looks(self._visitor.visit, self._socket, on=frame.on)
            case ButtonFrame():
                await self._press(frame)
            case _ as never:
                assert_never(never)

    async def _as_it_is(self) -> Visitor:
        """The visitor, who may have said his name, or signed out, since the socket was opened."""
        remote = self._visitor.remote
        return Visitor(await self._visits.as_it_is(self._visitor.visit, remote), remote)

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
        await self._out.send(orjson.dumps(frame))


def _first(group: ExceptionGroup[Refused]) -> Refused:
    one = group.exceptions[0]
    return one if isinstance(one, Refused) else _first(one)


async def _hello(socket: web.WebSocketResponse) -> Hello:
    try:
        async with asyncio.timeout(HELLO_WITHIN):
            message = await socket.receive()
    except TimeoutError as error:
        raise Refused(408, "too-slow", "The first frame did not arrive in time.") from error
    if message.type is not WSMsgType.TEXT:
        raise Refused(422, "invalid", "The first frame must be a hello.")
    return parse(Hello, message.data)
