"""The live socket of the API: who gets which events from where on, and when a socket is closed.

    client  {"type":"hello","after":seq or null}     first, within seconds
    server  {"type":"ready","seq"}                   events after `seq` follow, each exactly once
            {"seq","type","id","occurred_at","customer_id","conversation_id","data"}
            {"type":"reset"}                         events were missed: load anew; `ready` follows
    client  {"type":"typing","customer_id","contact_point_id"?}
            {"type":"presence","state","customer_id"?}
            {"type":"ping"}                          answered by {"type":"pong"}

Typing and presence come to the others as frames without `seq`, as does `draft.updated` to the
operator's own screens. Unknown types are passed over.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, NoReturn
from uuid import UUID

import orjson
import structlog
from aiohttp import ClientConnectionResetError, WSCloseCode, WSMsgType, web

from hub.db.engine import Database
from hub.db.retry import is_connection_error
from hub.errors import HubError, Unavailable
from hub.operators.access import Scope, Viewer
from hub.tasks import Background, background
from hub.timeline.broadcast import ForViewer, LiveEvent, Missed, Subscription
from hub.timeline.live import LiveFeed
from hub.timeline.operator_signals import OperatorSignals, nobody_else
from hub.web import problems

log = structlog.get_logger(__name__)

Authenticate = Callable[[web.Request], Awaitable[Viewer]]
"""Whose socket it is, asked again while it is open. Raises HubError for strangers, for what was
revoked, and for a cookie that a page of another origin has sent along."""

SIGNED_OUT = 4401
"""Close code: the sign-in or token no longer holds."""
BAD_FRAME = 4400
"""Close code: the client does not speak this protocol."""
_AT_ONCE = 32 * 1024
"""Bytes that may wait in a socket's buffer before its client counts as slow; asyncio and uvloop
make writers wait from 64 KiB."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a socket waits for its client, in seconds, and how much it listens to."""

    hello: float = 10
    heartbeat: float = 20
    send: float = 20
    recheck: float = 15
    signal_gap: float = 0.5
    """The shortest time between two typing or presence frames that are passed on."""
    max_frame: int = 4096
    """Bytes."""


class BadFrame(Exception):
    """The client sent what is no frame of this protocol; the text says what was expected."""


class LiveSockets:
    """Serves `WS /api/v1/live`."""

    def __init__(
        self,
        feed: LiveFeed,
        database: Database,
        authenticate: Authenticate,
        patience: Patience | None = None,
        typing_at: Callable[[UUID], None] = nobody_else,
    ) -> None:
        self._typing_at = typing_at
        self._feed = feed
        self._database = database
        self._authenticate = authenticate
        self._patience = patience or Patience()
        self._open: set[web.WebSocketResponse] = set()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """The route's handler; a caller without `messages:read` gets a problem, not a socket."""
        try:
            viewer = await self._authenticate(request)
            viewer.require(Scope.MESSAGES_READ)
        except HubError as error:
            return problems.respond(error)
        socket = web.WebSocketResponse(
            # Deflate would cost 100 kB a socket.
            compress=False,
            heartbeat=self._patience.heartbeat,
            max_msg_size=self._patience.max_frame,
        )
        await socket.prepare(request)
        self._open.add(socket)
        gap = self._patience.signal_gap
        signals = OperatorSignals(self._feed, self._database, viewer, gap, self._typing_at)
        client = _Client(request, socket, viewer, self._patience)
        try:
            await client.run(self._feed, signals, self._authenticate)
        finally:
            self._open.discard(socket)
        return socket

    async def close(self) -> None:
        """Say goodbye to every client: they come back to another node, or after the restart."""
        await asyncio.gather(
            *(socket.close(code=WSCloseCode.GOING_AWAY) for socket in list(self._open)),
            return_exceptions=True,
        )


class _Client:
    """One open socket: a task that sends, the request's own, which listens and ends with the
    socket, and now and then one that asks whether the client still may."""

    def __init__(
        self,
        request: web.Request,
        socket: web.WebSocketResponse,
        viewer: Viewer,
        patience: Patience,
    ) -> None:
        self._request = request
        self._socket = socket
        self._viewer = viewer
        self._patience = patience
        self._recheck: asyncio.TimerHandle | None = None

    async def run(
        self, feed: LiveFeed, signals: OperatorSignals, authenticate: Authenticate
    ) -> None:
        try:
            after = _after(await self._receive(within=self._patience.hello))
            async with background() as tasks:
                tasks.start(self._closing(lambda: self._send(feed, after)), "live socket: sending")
                self._watch(tasks, authenticate, signals)
                try:
                    await self._listen(signals)
                finally:
                    # What it started while the others say goodbye would outlive them.
                    self._watch_no_more()
        except BadFrame as error:
            await self._socket.close(code=BAD_FRAME, message=str(error).encode())
        finally:
            self._watch_no_more()
            await signals.left()

    def _watch(
        self, tasks: Background, authenticate: Authenticate, signals: OperatorSignals
    ) -> None:
        """Ask in a while. By a timer: a task that slept meanwhile would hold 3 kB a socket."""

        async def ask() -> int | None:
            code = await self._verdict(authenticate)
            if code is None:
                await signals.refresh()
                self._watch(tasks, authenticate, signals)
            return code

        def now() -> None:
            tasks.start(self._closing(ask), "live socket: watching")

        self._recheck = asyncio.get_running_loop().call_later(self._patience.recheck, now)

    def _watch_no_more(self) -> None:
        if self._recheck is not None:
            self._recheck.cancel()

    async def _closing(self, work: Callable[[], Awaitable[int | None]]) -> None:
        """Close the socket with the code `work` ends with; then listening ends as well.

        Called in here: a task that is cancelled before its first step never calls it.
        """
        code: int | None = WSCloseCode.INTERNAL_ERROR
        try:
            code = await work()
        finally:
            if code is not None:
                await self._socket.close(code=code)

    # --- to the client

    async def _send(self, feed: LiveFeed, after: int | None) -> int:
        try:
            async with AsyncExitStack() as stack:
                await self._follow(feed, after, stack)
        except Unavailable:
            return WSCloseCode.TRY_AGAIN_LATER
        except ClientConnectionResetError:
            return WSCloseCode.GOING_AWAY
        except TimeoutError:
            # It takes nothing any more, not even a goodbye.
            if self._request.transport is not None:
                self._request.transport.abort()
            return WSCloseCode.TRY_AGAIN_LATER

    async def _follow(self, feed: LiveFeed, after: int | None, stack: AsyncExitStack) -> NoReturn:
        """Everything after `after`, for ever."""
        viewer = self._viewer
        operator_id = viewer.id if viewer.kind == "operator" else None
        wanted = ForViewer(viewer.hidden_inboxes, operator_id)
        try:
            subscription = await stack.enter_async_context(feed.subscribe(wanted, after=after))
        except Missed:
            subscription = await stack.enter_async_context(feed.subscribe(wanted))
            await self._say({"type": "reset"})
        await self._say({"type": "ready", "seq": subscription.start})
        subscription.direct = self._send_now
        while True:
            try:
                await self._pass_on(subscription)
            except Missed:
                await self._say({"type": "reset"})
                await self._say({"type": "ready", "seq": feed.head})

    async def _pass_on(self, subscription: Subscription) -> None:
        events = await subscription.take()
        async with asyncio.timeout(self._patience.send):
            for event in events:
                await self._socket.send_frame(event.frame, WSMsgType.TEXT)

    def _send_now(self, event: LiveEvent) -> bool:
        """Write without a turn of the event loop, where that cannot have to wait."""
        transport = self._request.transport
        if transport is None or len(event.frame) + transport.get_write_buffer_size() > _AT_ONCE:
            return False
        sending = self._socket.send_frame(event.frame, WSMsgType.TEXT)
        try:
            # Below the transport's mark nothing in it waits: one step is all of it.
            sending.send(None)
        except StopIteration:
            return True
        except ClientConnectionResetError:
            # The task that sends will meet the same and end the socket.
            return False
        # It has written and waits for room: that the next event finds out for itself.
        sending.close()
        return True

    async def _say(self, frame: Mapping[str, object]) -> None:
        async with asyncio.timeout(self._patience.send):
            await self._socket.send_frame(orjson.dumps(frame), WSMsgType.TEXT)

    async def _verdict(self, authenticate: Authenticate) -> int | None:
        """The code to close with, when the client may no longer see what it sees, or may more."""
        try:
            viewer = await authenticate(self._request)
            viewer.require(Scope.MESSAGES_READ)
        except HubError:
            return SIGNED_OUT
        except Exception as error:
            if not is_connection_error(error):
                raise
            log.warning("live.recheck_postponed", error=repr(error))
            return None
        if _access(viewer) == _access(self._viewer):
            return None
        await self._say({"type": "reset"})
        return WSCloseCode.SERVICE_RESTART

    # --- from the client

    async def _listen(self, signals: OperatorSignals) -> None:
        while (frame := await self._receive()) is not None:
            match frame.get("type"):
                case "typing":
                    await signals.typing(frame)
                case "presence":
                    await signals.presence(frame)
                case "ping":
                    await self._say({"type": "pong"})
                case _:
                    pass

    async def _receive(self, within: float | None = None) -> dict[str, Any] | None:
        """The next frame; None when the socket has closed. Raises BadFrame."""
        try:
            message = await self._socket.receive(timeout=within)
        except TimeoutError:
            raise BadFrame("Say hello first.") from None
        if message.type is WSMsgType.BINARY:
            raise BadFrame("Frames are JSON text.")
        return _object(message.data) if message.type is WSMsgType.TEXT else None


def _object(data: str) -> dict[str, Any]:
    try:
        frame = orjson.loads(data)
    except ValueError:
        raise BadFrame("This frame is not JSON.") from None
    if not isinstance(frame, dict):
        raise BadFrame("A frame is a JSON object.")
    return frame


def _after(hello: Mapping[str, object] | None) -> int | None:
    if hello is None or hello.get("type") != "hello":
        raise BadFrame("Say hello first.")
    after = hello.get("after")
    if after is None:
        return None
    if not isinstance(after, int) or isinstance(after, bool) or not 0 <= after < 2**63:
        raise BadFrame("`after` is the seq of an event, or null.")
    return after


def _access(viewer: Viewer) -> tuple[object, object]:
    return viewer.hidden_inboxes, viewer.scopes
