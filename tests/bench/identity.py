"""Merging, splitting and undoing customers of 100,000 entries each (fewer when it is to be quick):
database work in ms.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from time import perf_counter
from uuid import UUID

from hub import clock
from hub.conversations.draft import Author
from hub.conversations.merging import reshape
from hub.conversations.merging.by import By
from hub.customers.evidence import Evidence
from hub.db.engine import Database
from hub.operators.access import SYSTEM
from hub.timeline.page import page
from tests.bench import floors, population
from tests.bench.floors import Raw
from tests.bench.measure import Row, Size, in_turn, milliseconds, percentile, row

IN_ONE = 50
"""Messages of one conversation."""
MOST = 50.0
"""Milliseconds that each act may take."""
_SYSTEM = Author("system", None, "Bench")

# Of as many customers as there are conversations one is made, as if it had always been.
_GATHER = """
    WITH chosen AS (
        SELECT c.id, s.id AS stream, row_number() OVER (ORDER BY c.id DESC) AS n
        FROM customers AS c JOIN streams AS s ON s.record_id = c.id
        WHERE c.id = c.root_id ORDER BY c.id DESC LIMIT $1
    ), one AS (SELECT id, stream FROM chosen WHERE n = 1),
    moved AS (
        UPDATE entries SET stream_id = one.stream FROM chosen, one
        WHERE entries.stream_id = chosen.stream AND chosen.n > 1
    ), held AS (
        UPDATE conversations SET opening_stream_id = one.stream, last_stream_id = one.stream
        FROM chosen, one WHERE conversations.opening_stream_id = chosen.stream
    )
    SELECT id, stream FROM one
"""
_EDGE = """
    INSERT INTO identity_edges (stream_id, parent_id, evidence, by_kind, at)
    VALUES ($1, $2, 'provider', 'system', now())
"""

Act = Callable[[], Awaitable[None]]


class Pair:
    """Two customers, to be joined and taken apart."""

    def __init__(self, database: Database, survivor: UUID, other: UUID, point: UUID) -> None:
        self._database = database
        self.survivor = survivor
        self._other = other
        self._point = point
        self._edge = self._merge = survivor

    def keep(self) -> None:
        """The last act is a merge that shall outlive what comes next."""
        self._merge = self._edge

    async def unmerge(self) -> None:
        self._edge = self._merge
        await self.undo()

    @property
    def _by(self) -> By:
        return By(_SYSTEM, clock.now())

    async def merge(self) -> None:
        async with self._database.transaction() as session:
            grounds = self._by.grounds(Evidence.OPERATOR)
            moved = await reshape.merge(session, self.survivor, self._other, grounds, self._by)
        self._edge = moved.edge_id

    async def split(self) -> None:
        async with self._database.transaction() as session:
            grounds = self._by.grounds(Evidence.OPERATOR)
            moved = await reshape.split(session, self._point, grounds, self._by)
        self._edge = moved.edge_id

    async def undo(self) -> None:
        async with self._database.transaction() as session:
            await reshape.undo(session, self.survivor, self._edge, self._by)


async def measure(database: Database, size: Size) -> AsyncIterator[Row]:
    async with floors.raw(database) as connection:
        inbox = await population.make_inbox(connection)
        entries = size.pick(30_000, 100_000)
        pair = await _pair(database, connection, inbox, entries)
        merges: dict[str, list[float]] = {"merge": [], "undo of a merge": []}
        splits: dict[str, list[float]] = {"split": [], "undo of a split": []}
        for turn in range(size.rounds + 1):
            kept = turn > 0  # the first one only warms up
            for name, act in (("merge", pair.merge), ("undo of a merge", pair.undo)):
                merges[name] += [await _taken(act)] * kept
        await pair.merge()
        pair.keep()
        for turn in range(size.rounds + 1):
            kept = turn > 0
            for name, act in (("split", pair.split), ("undo of a split", pair.undo)):
                splits[name] += [await _taken(act)] * kept
        for name, taken in (merges | splits).items():
            what = f"{name}, {entries:,} entries each; against {MOST:.0f} ms"
            yield row("identity", what, "ms", taken, [MOST] * len(taken), "<= 1")
        await pair.unmerge()
        yield await _page(database, pair, size)


async def _taken(act: Act) -> float:
    begun = perf_counter()
    await act()
    return (perf_counter() - begun) * 1000


async def _pair(database: Database, connection: Raw, inbox: object, entries: int) -> Pair:
    people = []
    for _ in range(2):
        await population.grow(connection, inbox, messages=entries, each=IN_ONE)
        one = await connection.fetchrow(_GATHER, entries // IN_ONE, timeout=3600)
        assert one is not None
        await connection.execute(_EDGE, one["stream"], one["id"])
        people.append(one)
    await connection.execute("VACUUM ANALYZE")
    point = await connection.fetchval(
        "SELECT contact_point_id FROM streams WHERE id = $1", people[1]["stream"]
    )
    return Pair(database, people[0]["id"], people[1]["id"], point)


async def _page(database: Database, pair: Pair, size: Size) -> Row:
    """A page of the joined timeline, against one of the same customer alone."""

    async def read() -> float:
        async with database.reading() as session:
            call = partial(page, session, pair.survivor, SYSTEM, limit=50)
            return percentile(await milliseconds(50, call), 0.5)

    async def joined() -> float:
        await pair.merge()
        taken = await read()
        await pair.undo()
        return taken

    taken = await in_turn(size.rounds, {"joined": joined, "alone": read})
    what = "timeline page of a merged customer; against the same one alone"
    return row("identity", what, "ms", taken["joined"], taken["alone"], "<= 1.5")
