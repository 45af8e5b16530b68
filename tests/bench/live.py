"""Target 7: what a live event costs for each of a hundred sockets, what an idle socket holds."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import aiohttp

from hub import clock
from hub.db import event_log
from hub.db.engine import Database
from hub.db.wakeups import WakeUps
from hub.events import EventType, NewEvent
from hub.tasks import background
from tests.bench import processes
from tests.bench.measure import Row, Size, in_turn, row
from tests.bench.processes import Server

SOCKETS = 100
GAP = 0.005
"""Seconds between two events: as they come in life, one by one."""
DATA = {"status": "Передан курьеру " * 8, "order_id": "A-1"}
# As one of ours looks.
FRAME = {
    "seq": 1,
    "type": "order.status_changed",
    "id": "0197a3c0-0000-7000-8000-000000000000",
    "occurred_at": "2026-05-03T09:14:00.120000Z",
    "customer_id": None,
    "conversation_id": None,
    "data": DATA,
}


class Listeners:
    """Sockets that count what they get."""

    def __init__(self) -> None:
        self.got = 0

    @asynccontextmanager
    async def open(
        self, url: str, count: int, headers: Mapping[str, str] | None = None
    ) -> AsyncIterator[None]:
        connector = aiohttp.TCPConnector(limit=0)
        async with (
            aiohttp.ClientSession(connector=connector, headers=headers) as client,
            AsyncExitStack() as stack,
            background() as tasks,
        ):
            for _ in range(count):
                socket = await stack.enter_async_context(
                    client.ws_connect(url, compress=0, max_msg_size=0)
                )
                await socket.send_str('{"type":"hello","after":null}')
                tasks.start(self._count(socket), "listener")
            yield

    async def _count(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            # Not parsed: the client's work would disturb the server's.
            if '"seq":' in message.data and '"ready"' not in message.data:
                self.got += 1

    async def reach(self, count: int) -> None:
        async with asyncio.timeout(60):
            while self.got < count:  # noqa: ASYNC110 - counted where every frame arrives
                await asyncio.sleep(0.005)


async def measure(database: Database, size: Size) -> AsyncIterator[Row]:
    headers = await processes.authorization(database)
    async with (
        processes.hub(database) as hub,
        processes.bare(database) as bare,
        background() as tasks,
    ):
        tasks.start(WakeUps(database).run(), "wake-ups")
        async for one in _fan_out(database, hub, bare, headers, size):
            yield one
        yield await _idle(hub, bare, headers, size)


async def _fan_out(
    database: Database, hub: Server, bare: Server, headers: Mapping[str, str], size: Size
) -> AsyncIterator[Row]:
    events = size.pick(80, 1000)

    async def append() -> None:
        event = NewEvent(EventType.ORDER_STATUS_CHANGED, clock.now(), data=DATA)
        async with database.transaction() as session:
            await event_log.append(session, [event])

    async with aiohttp.ClientSession() as client:

        async def tell() -> None:
            async with client.post(f"{bare.url}/tell", json=FRAME) as answer:
                answer.raise_for_status()

        ours = _Told(hub, f"{hub.url}/api/v1/live", headers, append, events)
        floor = _Told(bare, f"{bare.url}/live", {}, tell, events)
        taken = await in_turn(
            size.rounds,
            {
                "ours, all": lambda: ours.cost(SOCKETS),
                "ours, one": lambda: ours.cost(1),
                "floor, all": lambda: floor.cost(SOCKETS),
                "floor, one": lambda: floor.cost(1),
            },
        )

    def each_more(whose: str) -> list[float]:
        both = zip(taken[f"{whose}, all"], taken[f"{whose}, one"], strict=True)
        return [(many - one) / (SOCKETS - 1) for many, one in both]

    what = f"live fan-out, CPU for each of {SOCKETS} sockets; against orjson once"
    yield row("7", what, "us", each_more("ours"), each_more("floor"), "<= 1.2")
    what = f"an event to {SOCKETS} sockets, CPU with numbering, readers and all; against the same"
    yield row("7", what, "us", taken["ours, all"], taken["floor, all"], "")


@dataclass(frozen=True, slots=True)
class _Told:
    """A server whose sockets hear of what `happen` does."""

    server: Server
    url: str
    headers: Mapping[str, str]
    happen: Callable[[], Awaitable[None]]
    events: int

    async def cost(self, sockets: int) -> float:
        """Microseconds of the server's CPU for an event told to that many."""
        listeners = Listeners()
        async with listeners.open(self.url, sockets, self.headers):
            await self.happen()
            await listeners.reach(sockets)
            before = self.server.cpu()
            for _ in range(self.events):
                await self.happen()
                await asyncio.sleep(GAP)
            await listeners.reach(sockets * (self.events + 1))
            return (self.server.cpu() - before) / self.events * 1e6


async def _idle(hub: Server, bare: Server, headers: Mapping[str, str], size: Size) -> Row:
    count = size.pick(1000, 5000)

    async def held(server: Server, url: str, headers: Mapping[str, str]) -> float:
        before = server.memory()
        async with Listeners().open(url, count, headers):
            await asyncio.sleep(1)
            return (server.memory() - before) / count / 1000

    # Memory once used is kept: a second round would measure nothing.
    ours = await held(hub, f"{hub.url}/api/v1/live", headers)
    floor = await held(bare, f"{bare.url}/live", {})
    what = f"idle live socket, memory of {count}; against bare aiohttp"
    return row("7", what, "kB", [ours], [floor], "<= 1.5")
