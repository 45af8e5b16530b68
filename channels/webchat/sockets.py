"""Which live sockets are open on this node, by contact point: caps, presence, closing them all."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from aiohttp import WSCloseCode, web

from channels.webchat.errors import Refused
from channels.webchat.visits import Visit
from hub.ports import Address, Host, Signal

MAX_PER_VISIT = 8


class Sockets:
    """The open sockets. `offline_after`: seconds without one until the visitor counts as away."""

    def __init__(self, host: Host, offline_after: float) -> None:
        self._host = host
        self._offline_after = offline_after
        self._all: set[web.WebSocketResponse] = set()
        self._of: defaultdict[str, set[web.WebSocketResponse]] = defaultdict(set)
        self._visits: Counter[str] = Counter()
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
    def present(self, visit: Visit, socket: web.WebSocketResponse) -> Iterator[None]:
        """While the visitor is there; raises Refused(429) for one socket too many."""
        if self._visits[visit.id] >= MAX_PER_VISIT:
            raise Refused(429, "too-many-sockets", "Too many connections of one visit.")
        self._arrive(visit, socket)
        try:
            yield
        finally:
            self._leave(visit, socket)

    def of(self, address: Address) -> list[web.WebSocketResponse]:
        return list(self._of.get(address.value, ()))

    async def close(self) -> None:
        """Say goodbye to everybody, without waiting long for those who do not answer."""
        for timer in self._leaving.values():
            timer.cancel()
        if self._all:
            goodbyes = [
                socket.close(code=WSCloseCode.GOING_AWAY, message=b"closing")
                for socket in self._all
            ]
            with suppress(TimeoutError):
                async with asyncio.timeout(2):
                    await asyncio.gather(*goodbyes, return_exceptions=True)

    def _arrive(self, visit: Visit, socket: web.WebSocketResponse) -> None:
        self._visits[visit.id] += 1
        timer = self._leaving.pop(visit.value, None)
        if timer is not None:
            timer.cancel()
        elif not self._of.get(visit.value):
            self._host.sink.signal(Signal("online", visit.address))
        self._of[visit.value].add(socket)

    def _leave(self, visit: Visit, socket: web.WebSocketResponse) -> None:
        self._visits[visit.id] -= 1
        if not self._visits[visit.id]:
            del self._visits[visit.id]
        self._of[visit.value].discard(socket)
        if not self._of[visit.value]:
            del self._of[visit.value]
            loop = asyncio.get_running_loop()
            self._leaving[visit.value] = loop.call_later(self._offline_after, self._gone, visit)

    def _gone(self, visit: Visit) -> None:
        self._leaving.pop(visit.value, None)
        self._host.sink.signal(Signal("offline", visit.address))
