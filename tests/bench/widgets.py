"""Ten thousand visitors who have the chat open and say nothing: what each of them holds.

Run as `python -m tests.bench.widgets URL COUNT [hub]` it is half of these visitors: it opens their
sockets, prints READY, and keeps them open until it is told to end.
"""

import asyncio
import json
import os
import resource
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack

import aiohttp
import uvloop

from hub.db.engine import Database
from tests.bench import processes
from tests.bench.chat import open_inbox
from tests.bench.measure import Row, Size, row
from tests.bench.processes import Server

MOST = 10_000
_SPARE = 500
"""Files a process holds open besides its sockets."""
_AT_ONCE = 50
_WARM = 500
_SETTLED = 12.0
"""Seconds after which the signs of their arrival are swept and their tokens were looked at."""


def how_many(size: Size) -> int:
    """10,000, or as many as one process may hold open here."""
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    most = MOST if allowed == resource.RLIM_INFINITY else min(MOST, allowed - _SPARE)
    return min(most, size.pick(1000, MOST))


def raise_limit() -> None:
    """Let this process, and those it starts, hold open as many files as they may at all."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


async def measure(database: Database, size: Size) -> AsyncIterator[Row]:
    raise_limit()
    count = how_many(size)
    headers = await processes.authorization(database)
    async with processes.hub(database) as hub, processes.bare(database) as bare:
        async with aiohttp.ClientSession(hub.url, headers=headers) as operator:
            inbox = await open_inbox(operator)
        at = f"{hub.url}/chat/{inbox}"
        ours = await _held(hub, at, count, "hub")
        floor = await _held(bare, bare.url, count, "bare")
        what = f"idle widgets, memory of each of {count}; against bare aiohttp"
        # More than the API's idle socket: each has a visit, presence, and what it was shown.
        yield row("7", what, "kB", [ours["memory"]], [floor["memory"]], "<= 2.5")
        what = f"the CPU that {count} idle widgets cost, of one core; against bare aiohttp"
        yield row("7", what, "%", [ours["cpu"]], [floor["cpu"]], "")
        what = f"a message, sent and accepted while {count} others idle; against the bare server"
        yield row("7", what, "ms", [ours["message"]], [floor["message"]], "")


async def _held(server: Server, url: str, count: int, kind: str) -> Mapping[str, float]:
    # What the first visitors bring into the process stays there, for all the others too.
    async with processes.client("tests.bench.widgets", url, str(_WARM), kind):
        pass
    before = server.memory()
    async with AsyncExitStack() as stack:
        halves = [
            processes.client("tests.bench.widgets", url, str(count // 2), kind) for _ in range(2)
        ]
        await asyncio.gather(*(stack.enter_async_context(one) for one in halves))
        await asyncio.sleep(_SETTLED)
        memory = (server.memory() - before) / (count // 2 * 2) / 1000
        used, begun = server.cpu(), time.perf_counter()
        await asyncio.sleep(_SETTLED)
        cpu = (server.cpu() - used) / (time.perf_counter() - begun) * 100
        # The clock of a process ticks a hundred times a second: below that is no nothing.
        cpu = max(cpu, 1 / _SETTLED)
        return {"memory": memory, "cpu": cpu, "message": await _message(url, kind)}


async def _message(url: str, kind: str) -> float:
    async with aiohttp.ClientSession() as client:
        socket = await _widget(client, url, kind)
        begun = time.perf_counter()
        await socket.send_json({"type": "message", "client_id": "one", "text": "Hello"})
        while (await socket.receive_json(timeout=10))["type"] != "accepted":
            pass
        return (time.perf_counter() - begun) * 1000


async def _widget(
    client: aiohttp.ClientSession, url: str, kind: str
) -> aiohttp.ClientWebSocketResponse:
    """A visitor's live socket, ready."""
    if kind == "bare":
        return await client.ws_connect(f"{url}/chat", compress=0)
    # As in a browser, which opens a connection of its own for every WebSocket.
    once = {"Connection": "close"}
    async with client.post(f"{url}/visits", json={}, headers=once) as answer:
        answer.raise_for_status()
        token = (await answer.json())["token"]
    socket = await client.ws_connect(f"{url}/live", compress=0, autoping=True)
    await socket.send_json({"type": "hello", "token": token})
    assert (await socket.receive_json(timeout=30))["type"] == "ready"
    return socket


async def _visitors(url: str, count: int, kind: str) -> None:
    """Open the sockets, say so, and answer their pings until the end."""
    gate = asyncio.Semaphore(_AT_ONCE)
    connector = aiohttp.TCPConnector(limit=0)
    async with (
        aiohttp.ClientSession(connector=connector) as client,
        asyncio.TaskGroup() as group,
    ):
        opened = 0

        async def one() -> None:
            nonlocal opened
            async with gate:
                socket = await _widget(client, url, kind)
            opened += 1
            if opened == count:
                facts = {"url": url, "pid": os.getpid()}
                sys.stdout.write(f"READY {json.dumps(facts)}\n")
                sys.stdout.flush()
            async for _ in socket:
                pass
            raise AssertionError(f"closed with {socket.close_code}")

        for _ in range(count):
            group.create_task(one())


if __name__ == "__main__":
    uvloop.run(_visitors(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
