"""A reverse proxy that serves a hub under a path, as a company's web server does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
from aiohttp import web

_OURS = {"transfer-encoding", "content-length", "connection"}
_PASSED = ("Cookie", "Origin", "User-Agent", "Host")


@dataclass(frozen=True)
class _Proxy:
    session: aiohttp.ClientSession
    target: str
    prefix: str

    async def handle(self, request: web.Request) -> web.StreamResponse:
        address = self.target + request.raw_path.removeprefix(self.prefix)
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._socket(request, address)
        body = await request.read()
        async with self.session.request(
            request.method,
            address,
            headers=request.headers,
            data=body or None,
            allow_redirects=False,
        ) as answer:
            response = web.Response(status=answer.status, body=await answer.read())
            response.headers.clear()
            for name, value in answer.headers.items():
                if name.lower() not in _OURS:
                    response.headers.add(name, value)
            return response

    async def _socket(self, request: web.Request, address: str) -> web.WebSocketResponse:
        here = web.WebSocketResponse()
        await here.prepare(request)
        headers = {name: request.headers[name] for name in _PASSED}
        async with self.session.ws_connect(address, headers=headers) as there:
            await asyncio.gather(_pump(here, there), _pump(there, here))
        return here


_Socket = web.WebSocketResponse | aiohttp.ClientWebSocketResponse


async def _pump(source: _Socket, sink: _Socket) -> None:
    async for message in source:
        await sink.send_str(message.data)
    await sink.close()


@asynccontextmanager
async def proxy(target: str, prefix: str) -> AsyncIterator[str]:
    """The address outside, without the prefix."""
    async with aiohttp.ClientSession(auto_decompress=False) as session:
        application = web.Application()
        handler = _Proxy(session, target, prefix).handle
        application.router.add_route("*", prefix + "/{tail:.*}", handler)
        runner = web.AppRunner(application)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        try:
            yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()
