"""Target 8: pages over HTTP against the bare query, and how they bear growth."""

import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial

import aiohttp

from hub.db.engine import Database
from tests.bench import floors, population, processes
from tests.bench.floors import Raw
from tests.bench.measure import Row, Size, in_turn, milliseconds, percentile, row

CALLS = 100
_TIMELINE = """
    SELECT e.* FROM streams AS s, LATERAL (
        SELECT * FROM entries WHERE stream_id = s.id ORDER BY sort_at DESC, position DESC LIMIT 50
    ) AS e
    WHERE s.root_id = $1 ORDER BY e.sort_at DESC, e.position DESC LIMIT 50
"""
_INBOX = """
    SELECT c.*, customer.name, e.text
    FROM (SELECT * FROM conversations WHERE status = 'open'
          ORDER BY updated_at DESC, id DESC LIMIT 50) AS c
    JOIN streams AS home ON home.id = c.opening_stream_id
    JOIN customers AS customer ON customer.id = home.root_id
    LEFT JOIN entries AS e ON e.stream_id = c.last_stream_id AND e.position = c.last_position
"""
_SEARCH = """
    WITH found AS MATERIALIZED (
        SELECT stream_id, position FROM search_documents
        WHERE words @@ plainto_tsquery('besedka', $1))
    SELECT e.* FROM found JOIN entries AS e USING (stream_id, position)
    ORDER BY position DESC LIMIT 20
"""

Call = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Reader:
    """The two ways to read the same: over HTTP, and by the bare query."""

    client: aiohttp.ClientSession
    connection: Raw
    customers: Sequence[object]

    async def get(self, path: str) -> None:
        async with self.client.get(f"/api/v1{path}") as answer:
            answer.raise_for_status()
            await answer.read()

    async def timeline(self) -> None:
        await self.get(f"/customers/{random.choice(self.customers)}/timeline?limit=50")

    async def bare_timeline(self) -> None:
        await self.connection.fetch(_TIMELINE, random.choice(self.customers))

    def pairs(self) -> dict[str, tuple[Call, Call]]:
        return {
            "timeline page": (self.timeline, self.bare_timeline),
            "inbox page": (
                partial(self.get, "/conversations?status=open&limit=50"),
                partial(self.connection.fetch, _INBOX),
            ),
            "rare-word search": (
                partial(self.get, f"/search?q={population.RARE}"),
                partial(self.connection.fetch, _SEARCH, population.RARE),
            ),
        }


async def measure(database: Database, size: Size) -> AsyncIterator[Row]:
    messages = size.pick(100_000, 5_000_000)
    headers = await processes.authorization(database)
    async with floors.raw(database) as connection, processes.hub(database) as hub:
        inbox = await population.make_inbox(connection)
        await population.grow(connection, inbox, messages=messages // 10)
        async with aiohttp.ClientSession(hub.url, headers=headers) as client:

            async def reader() -> Reader:
                rows = await connection.fetch(
                    "SELECT id FROM customers ORDER BY random() LIMIT 5000"
                )
                return Reader(client, connection, [one["id"] for one in rows])

            small = await _medians((await reader()).timeline, size)
            await population.grow(connection, inbox, messages=messages - messages // 10)
            large = await reader()
            for what, (ours, bare) in large.pairs().items():
                async for one in _page(f"{what}, {messages:,} messages", ours, bare, size):
                    yield one
            grown = await _medians(large.timeline, size)
            what = f"timeline page at {messages:,} messages; against a tenth of them"
            yield row("8", what, "ms", grown, small, "<= 1.3")
            yield await _regular(large, inbox, size)


async def _page(what: str, ours: Call, bare: Call, size: Size) -> AsyncIterator[Row]:
    everything: dict[str, list[list[float]]] = {"ours": [], "bare": []}

    async def sample(name: str, call: Call) -> float:
        everything[name].append(await milliseconds(CALLS, call))
        return 0.0

    await in_turn(
        size.rounds, {"ours": partial(sample, "ours", ours), "bare": partial(sample, "bare", bare)}
    )
    for part, wanted in ((0.5, "<= 3"), (0.99, "<= 4")):
        mine, floor = (
            [percentile(one, part) for one in everything[name][1:]] for name in ("ours", "bare")
        )
        yield row("8", f"{what}, p{part * 100:.0f}; against the query", "ms", mine, floor, wanted)


async def _medians(call: Call, size: Size) -> list[float]:
    await milliseconds(CALLS // 2, call)
    return [percentile(await milliseconds(CALLS, call), 0.5) for _ in range(size.rounds)]


async def _regular(reader: Reader, inbox: object, size: Size) -> Row:
    regular = await population.make_regular(reader.connection, inbox)
    many = partial(reader.get, f"/customers/{regular}/timeline?limit=50")

    async def median(call: Call) -> float:
        return percentile(await milliseconds(CALLS // 2, call), 0.5)

    taken = await in_turn(
        size.rounds, {"many": partial(median, many), "one": partial(median, reader.timeline)}
    )
    what = f"timeline page of a customer of {population.VISITS:,} visits; against one of 1"
    return row("8", what, "ms", taken["many"], taken["one"], "<= 3")
