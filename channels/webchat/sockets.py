"""Which live sockets are open on this node: caps, presence, sending away, closing them all."""

import asyncio
from collections import defaultdict
from collections.abc import Coroutine, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress

from aiohttp import WSCloseCode, WSMsgType, web

from channels.webchat.errors import Refused
from channels.webchat.visits import SCHEME, Visit
from hub.ports import Address, Host, Signal

MAX_PER_VISIT = 8
_GOODBYE_WITHIN = 2.0
_SEND_WITHIN = 10.0
_AT_ONCE = 32 * 1024
"""Bytes that may wait in a socket's buffer before its visitor counts as slow; asyncio and uvloop
make writers wait from 64 KiB."""


class Out:
    """The way to one visitor, who is given `_SEND_WITHIN` seconds to take a frame."""

    def __init__(self, socket: web.WebSocketResponse, transport: asyncio.Transport | None) -> None:
        self.socket = socket
        self._transport = transport

    async def send(self, frame: bytes) -> None:
        """Send JSON text. Raises ConnectionError, and TimeoutError when nothing is taken."""
        transport = self._transport
        if transport and len(frame) + transport.get_write_buffer_size() <= _AT_ONCE:
            # This cannot have to wait, and a timer costs more than the frame.
            await self.socket.send_frame(frame, WSMsgType.TEXT)
        else:
            async with asyncio.timeout(_SEND_WITHIN):
                await self.socket.send_frame(frame, WSMsgType.TEXT)


class Sockets:
    """The open sockets.

    offline_after: seconds without one on a page that is looked at, until the visitor is away.
    """

    def __init__(self, host: Host, offline_after: float) -> None:
        self._host = host
        self._offline_after = offline_after
        self._all: set[web.WebSocketResponse] = set()
        self._of: defaultdict[str, set[web.WebSocketResponse]] = defaultdict(set)
        self._visits: dict[str, Visit] = {}
        self._of_visit: defaultdict[str, set[web.WebSocketResponse]] = defaultdict(set)
        self._looking: defaultdict[str, set[web.WebSocketResponse]] = defaultdict(set)
        self._closed = False
        self._leaving: dict[str, asyncio.TimerHandle] = {}

    @contextmanager
    def open(self, socket: web.WebSocketResponse) -> Iterator[None]:
        """From the upgrade on: a socket that has not said who it is can be closed too."""
        self._all.add(socket)
        try:
            yield
        finally:
            self._all.discard(socket)

    @contextmanager
    def present(
        self, visit: Visit, socket: web.WebSocketResponse, *, visible: bool
    ) -> Iterator[None]:
        """While the visitor is connected; raises Refused(429) for one socket too many."""
        if len(self._of_visit.get(visit.id, ())) >= MAX_PER_VISIT:
            raise Refused(429, "too-many-sockets", "Too many connections of one visit.")
        self._visits[visit.id] = visit
        self._of_visit[visit.id].add(socket)
        self._of[visit.value].add(socket)
        self.looks(visit, socket, on=visible)
        try:
            yield
        finally:
            self._leave(visit, socket)

    def of(self, address: Address) -> list[web.WebSocketResponse]:
        return list(self._of.get(address.value, ()))

    def visits(self) -> list[Visit]:
        """Everybody who is there, each visit once."""
        return list(self._visits.values())

    async def send_away(self, visits: Iterable[Visit], why: Refused) -> None:
        """Close the sockets of these visits with 4000 + the status of `why`."""
        sockets = [one for visit in visits for one in self._of_visit.get(visit.id, ())]
        await _all_within(_GOODBYE_WITHIN, [refuse(socket, why) for socket in sockets])

    async def close(self) -> None:
        """Say goodbye to everybody, without waiting long for those who do not answer."""
        self._closed = True
        for timer in self._leaving.values():
            timer.cancel()
        # Nobody is at a chat that is closed; who comes back to the next one is there anew.
        for value in self._looking.keys() | self._leaving.keys():
            self._host.sink.signal(Signal("offline", Address(SCHEME, value)))
        self._leaving.clear()
        goodbyes = [
            socket.close(code=WSCloseCode.GOING_AWAY, message=b"closing") for socket in self._all
        ]
        await _all_within(_GOODBYE_WITHIN, goodbyes)

    def looks(self, visit: Visit, socket: web.WebSocketResponse, *, on: bool) -> None:
        """The page of this socket is looked at from now on, or no longer."""
        if on and self._closed:
            return
        looking = self._looking[visit.value]
        if on:
            timer = self._leaving.pop(visit.value, None)
            if timer is not None:
                timer.cancel()
            elif not looking:
                self._host.sink.signal(Signal("online", visit.address))
            looking.add(socket)
        elif socket in looking:
            looking.discard(socket)
            if not looking and not self._closed:
                loop = asyncio.get_running_loop()
                self._leaving[visit.value] = loop.call_later(
                    self._offline_after, self._gone, visit
                )
        if not looking:
            del self._looking[visit.value]

    def _leave(self, visit: Visit, socket: web.WebSocketResponse) -> None:
        self.looks(visit, socket, on=False)
        self._of_visit[visit.id].discard(socket)
        if not self._of_visit[visit.id]:
            del self._of_visit[visit.id], self._visits[visit.id]
        self._of[visit.value].discard(socket)
        if not self._of[visit.value]:
            del self._of[visit.value]

    def _gone(self, visit: Visit) -> None:
        self._leaving.pop(visit.value, None)
        self._host.sink.signal(Signal("offline", visit.address))


async def refuse(socket: web.WebSocketResponse, why: Refused) -> None:
    """Say why, then close with 4000 + the HTTP status (RFC 6455 leaves 4000-4999 to us)."""
    with suppress(ConnectionError, TimeoutError):
        async with asyncio.timeout(_GOODBYE_WITHIN):
            await socket.send_json({"type": "error", **why.facts()})
            await socket.close(code=4000 + why.status)


async def _all_within(seconds: float, work: Sequence[Coroutine[object, object, object]]) -> None:
    if work:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await asyncio.gather(*work, return_exceptions=True)
