"""Somebody else's system, which the hub's webhook tells of every message."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web


class Receiver:
    """Takes every call; `heard` holds (customer id, seq) in the order in which they came."""

    def __init__(self) -> None:
        self.url = ""
        self.heard: list[tuple[str, int]] = []

    @classmethod
    @asynccontextmanager
    async def open(cls) -> "AsyncIterator[Receiver]":
        receiver = cls()
        app = web.Application()
        app.router.add_post("/", receiver._hear)
        runner = web.AppRunner(app)
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            host, port = runner.addresses[0][:2]
            receiver.url = f"http://{host}:{port}/"
            yield receiver
        finally:
            await runner.cleanup()

    async def _hear(self, request: web.Request) -> web.Response:
        told = await request.json()
        self.heard.append((told["customer_id"], told["seq"]))
        return web.Response(status=204)
