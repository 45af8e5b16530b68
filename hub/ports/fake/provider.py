"""The provider behind the fake channel: an HTTP server in the test, with faults on demand."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from itertools import takewhile

import aiohttp
from aiohttp import web

from hub.ports.fake.channel import SECRET_HEADER


class Fault(StrEnum):
    """What happens to the next message handed over."""

    TRANSIENT = "transient"
    """503: not taken."""
    RATE_LIMITED = "rate_limited"
    """429 with Retry-After: not taken."""
    PERMANENT = "permanent"
    """400 `blocked`: never."""
    UNAUTHORISED = "unauthorised"
    """401: the secret is not accepted any more."""
    UNKNOWN = "unknown"
    """Taken, but the connection breaks before the answer."""
    FAILED = "failed"
    """500 after taking it."""
    HELD = "held"
    """Taken, and no answer until `release`: the time to kill whoever sends."""


@dataclass(frozen=True, slots=True)
class Handed:
    """A message the provider took; the same delivery twice shows as two."""

    id: str
    delivery_id: str
    to: str
    text: str
    buttons: tuple[str, ...]
    files: tuple[str, ...]


class FakeProvider:
    """Takes messages, and writes to the hub as customers and as itself.

    webhook_base: where the hub serves the inbox (`{public}/channels/{inbox}`), set once known.
    """

    def __init__(self, http: aiohttp.ClientSession, secret: str) -> None:
        self._http = http
        self._secret = secret
        self.api_base = ""
        self.webhook_base = ""
        self.taken: list[Handed] = []
        self.faults: deque[Fault] = deque()
        """For the next messages, one each; then all goes well."""
        self.retry_after = 1.0
        self.rate_limit_scope = "inbox"
        self.arrived = asyncio.Event()
        """Set with every message that arrives, faulty or not."""
        self._released = asyncio.Event()
        self._updates: list[dict[str, object] | bytes] = []
        self.confirmed = 0
        """How far a polling hub has acknowledged."""

    @classmethod
    @asynccontextmanager
    async def open(cls, secret: str) -> "AsyncIterator[FakeProvider]":
        """Serve on a free port of this machine."""
        async with aiohttp.ClientSession() as http:
            provider = cls(http, secret)
            runner = web.AppRunner(provider._app(), shutdown_timeout=0.1)
            await runner.setup()
            try:
                site = web.TCPSite(runner, "127.0.0.1", 0)
                await site.start()
                host, port = runner.addresses[0][:2]
                provider.api_base = f"http://{host}:{port}"
                yield provider
            finally:
                provider.release()
                await runner.cleanup()

    def release(self) -> None:
        """Answer the messages that are held."""
        self._released.set()

    async def write(self, sender: str, text: str, *, message_id: str, name: str = "") -> int:
        """A customer writes; returns the hub's HTTP status. The same id again is a repetition."""
        message = {"id": message_id, "from": sender, "text": text, "name": name}
        return await self.post("inbound", {"messages": [message]})

    async def receipts(self, receipts: Sequence[tuple[str, str]], *, times: int = 1) -> int:
        """News of (message id, status), in the order given, `times` over; the last HTTP status."""
        body = {"receipts": [{"id": one, "status": status} for one, status in receipts]}
        status = 0
        for _ in range(times):
            status = await self.post("receipts", body)
        return status

    async def post(self, path: str, body: object, *, secret: str | None = None) -> int:
        """Call the hub's webhook; `bytes` go as they are."""
        headers = {SECRET_HEADER: self._secret if secret is None else secret}
        url = f"{self.webhook_base}/{path}"
        sent = {"data": body} if isinstance(body, bytes) else {"json": body}
        async with self._http.post(url, headers=headers, **sent) as response:
            return response.status

    def queue(self, sender: str, text: str, *, message_id: str) -> int:
        """A customer writes to a polling hub; returns the update's number."""
        number = len(self._updates) + 1
        self._updates.append({"n": number, "id": message_id, "from": sender, "text": text})
        return number

    def queue_garbage(self, raw: bytes) -> int:
        self._updates.append(raw)
        return len(self._updates)

    def _app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/me", self._me)
        app.router.add_post("/messages", self._message)
        app.router.add_get("/updates", self._get_updates)
        return app

    def _knows(self, request: web.Request) -> bool:
        return request.headers.get(SECRET_HEADER) == self._secret

    async def _me(self, request: web.Request) -> web.Response:
        return web.json_response({}) if self._knows(request) else web.Response(status=401)

    async def _message(self, request: web.Request) -> web.StreamResponse:
        if not self._knows(request):
            return web.Response(status=401)
        body = await request.json()
        fault = self.faults.popleft() if self.faults else None
        refused = self._refusal(fault)
        self.arrived.set()
        if refused is not None:
            return refused
        handed = self._take(body)
        if fault is Fault.HELD:
            await self._released.wait()
        if fault is Fault.FAILED:
            return web.Response(status=500)
        if fault is Fault.UNKNOWN:
            _break(request)
        return web.json_response({"id": handed.id})

    def _refusal(self, fault: Fault | None) -> web.Response | None:
        if fault is Fault.TRANSIENT:
            return web.Response(status=503)
        if fault is Fault.RATE_LIMITED:
            wait = {"Retry-After": str(self.retry_after)}
            return web.json_response({"scope": self.rate_limit_scope}, status=429, headers=wait)
        if fault is Fault.PERMANENT:
            return web.json_response({"reason": "blocked"}, status=400)
        if fault is Fault.UNAUTHORISED:
            return web.Response(status=401)
        return None

    def _take(self, body: dict[str, object]) -> Handed:
        handed = Handed(
            f"m{len(self.taken) + 1}",
            str(body["delivery_id"]),
            str(body["to"]),
            str(body["text"]),
            _words(body["buttons"]),
            _words(body["files"]),
        )
        self.taken.append(handed)
        return handed

    async def _get_updates(self, request: web.Request) -> web.Response:
        if not self._knows(request):
            return web.Response(status=401)
        after = int(request.query["after"])
        self.confirmed = max(self.confirmed, after)
        waiting = self._updates[after : after + 100]
        if waiting and isinstance(waiting[0], bytes):
            return web.Response(body=waiting[0])
        readable = list(takewhile(lambda one: not isinstance(one, bytes), waiting))
        return web.json_response({"messages": readable})


def _break(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


def _words(value: object) -> tuple[str, ...]:
    return tuple(str(one) for one in value) if isinstance(value, list) else ()
