"""A chat server with nothing but the work: aiohttp, orjson, one writer committing in groups.

    python -m tests.bench.bare DATABASE_URL

WS /live      gets every message, encoded once for all
WS /chat      {"client_id","text"} → {"type":"accepted","client_id","position"} after the commit
POST /tell    {"text"} goes to /live and is not stored
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from uuid import UUID

import asyncpg
import orjson
import uvloop
from aiohttp import web

from hub.db.dedicated import connect_options
from hub.db.engine import Database
from hub.ids import new_id

_TABLE = """
    CREATE TABLE IF NOT EXISTS bare_messages (
        position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, visit uuid NOT NULL,
        client_id text NOT NULL, text text NOT NULL, at timestamptz NOT NULL DEFAULT now(),
        UNIQUE (visit, client_id));
    CREATE INDEX IF NOT EXISTS bare_messages_visit_idx ON bare_messages (visit, position DESC)
"""
_STORE = """
    INSERT INTO bare_messages (visit, client_id, text)
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[])
    ON CONFLICT DO NOTHING RETURNING position
"""
_MOST = 500

Waiting = tuple[web.WebSocketResponse, UUID, str, str]


class Bare:
    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        self._connection = connection
        self._live: set[web.WebSocketResponse] = set()
        self._waiting: asyncio.Queue[Waiting] = asyncio.Queue()

    async def live(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        self._live.add(socket)
        async for _ in socket:
            pass
        self._live.discard(socket)
        return socket

    async def chat(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        visit = new_id()
        async for message in socket:
            told = orjson.loads(message.data)
            self._waiting.put_nowait((socket, visit, told["client_id"], told["text"]))
        return socket

    async def tell(self, request: web.Request) -> web.Response:
        await self._broadcast(orjson.loads(await request.read()))
        return web.Response()

    async def _broadcast(self, event: object) -> None:
        frame = orjson.dumps(event).decode()
        for socket in self._live:
            await socket.send_str(frame)

    async def write(self) -> None:
        """One transaction at a time, with everything that has come meanwhile."""
        while True:
            group = [await self._waiting.get()]
            while len(group) < _MOST and not self._waiting.empty():
                group.append(self._waiting.get_nowait())
            rows = await self._connection.fetch(
                _STORE, *([one[n] for one in group] for n in (1, 2, 3))
            )
            for (socket, visit, client_id, text), row in zip(group, rows, strict=True):
                await socket.send_str(
                    orjson.dumps(
                        {"type": "accepted", "client_id": client_id, "position": row["position"]}
                    ).decode()
                )
                await self._broadcast(
                    {
                        "seq": row["position"],
                        "type": "message.created",
                        "data": {"visit": str(visit), "client_id": client_id, "text": text},
                    }
                )


async def serve(url: str) -> None:
    async with Database.open(url) as database:
        connection = await asyncpg.connect(**connect_options(database))
    await connection.execute(_TABLE)
    bare = Bare(connection)

    async def writing(_: web.Application) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as group:
            writer = group.create_task(bare.write())
            yield
            writer.cancel()

    app = web.Application()
    app.cleanup_ctx.append(writing)
    app.add_routes(
        [web.get("/live", bare.live), web.get("/chat", bare.chat), web.post("/tell", bare.tell)]
    )
    runner = web.AppRunner(app, access_log=None, handle_signals=True, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    facts = {"url": f"http://127.0.0.1:{port}", "pid": os.getpid()}
    sys.stdout.write(f"READY {orjson.dumps(facts).decode()}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1]))
