"""A channel's `handle_http` behind a real server, as the hub serves it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from hub.ports import HttpChannel


@asynccontextmanager
async def serving(channel: HttpChannel) -> AsyncIterator[str]:
    """The base address (no trailing slash) under which `channel` is served on this machine."""

    async def handle(request: web.Request) -> web.StreamResponse:
        return await channel.handle_http(request, request.match_info["tail"])

    app = web.Application()
    app.router.add_route("*", "/inbox/{tail:.*}", handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}/inbox"
    finally:
        await runner.cleanup()
