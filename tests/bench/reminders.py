"""Reminders that are due while two worker processes run: how late they are committed, how long a
crowd of them takes, in which order, and what those cost that wait.

Against the bounds that were asked for, and raw writes of the very rows that came of them.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import psutil
from typing_extensions import override

from hub import clock
from hub.db.engine import Database
from hub.db.rows import Query
from hub.due.queue import take
from hub.reminders.firing import PACES
from hub.reminders.planning import KIND
from hub.rules import repository
from hub.rules.spec import parse
from tests.bench import floors, processes
from tests.bench.floors import Copy, Raw
from tests.bench.measure import Row, Size, milliseconds, percentile, row
from tests.bench.processes import Server
from tests.channels import INSTALLED

BATCH = 500
BOUND = 5.0
"""Seconds from due to committed, at p99, when 1,667 are due every second for a minute."""
DRAINED = 60.0 / 100_000
"""Seconds for each of those that are due within one second."""
WORKERS = 2

PATIENCE = 900.0
"""Seconds after which a crowd that is still not done is given up."""
TABLES = ("rule_firings", "entries", "decisions", "deliveries")
"""Where a reminder leaves a row; its event, its due row and its own row come on top."""

RULE: dict[str, Any] = {
    "name": "A day before",
    "trigger": {"before": "appointment.starts_at", "by": "24h"},
    "conditions": {"field": "appointment.status", "is": "booked"},
    "actions": [{"send": {"template": "appointment-reminder-day", "purpose": "reminder"}}],
    "late": "6h",
}
_INBOX = "INSERT INTO inboxes (channel, name) VALUES ($1, $1) RETURNING id"
# $1 how many, $2 the rule: due tomorrow and later, of appointments that nobody looks at till then.
_WAITING = """
    WITH waiting AS (
        INSERT INTO reminders (id, rule_id, rule_version, object_kind, object_id, object_revision,
                               moment, due_at, status)
        SELECT uuidv7(), $2::uuid, 1, 'appointment', uuidv7(), 1, at + interval '24 hours', at,
               'planned'
        FROM (SELECT now() + interval '1 day' + make_interval(secs => n) AS at
              FROM generate_series(1, $1::int) AS n) AS later
        RETURNING id, due_at
    )
    INSERT INTO due (kind, key, due_at, ready_at)
    SELECT 'reminder', id::text, due_at, due_at FROM waiting
"""
_ONE = Query("SELECT 1")
# `ended_at` is written one statement before the commit. overtaken: how much later than one that
# was still open something was due that was done before it, at the worst.
_LATENESS = """
    SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY late) AS p50,
           percentile_disc(0.99) WITHIN GROUP (ORDER BY late) AS p99,
           max(ended) - min(due_at) AS taken, max(passed) AS overtaken
    FROM (SELECT ended_at - due_at AS late, ended_at AS ended, due_at,
                 max(due_at) OVER (ORDER BY ended_at) - due_at AS passed
          FROM reminders WHERE due_at >= $1 AND status = 'sent') AS one
"""
_LEFT = "SELECT count(*) FROM due WHERE kind = 'reminder' AND ready_at < $1"
# Lanes nobody has looked at yet, or events that some reader has not come to.
_UNSETTLED = """
    SELECT EXISTS (SELECT FROM due WHERE kind = 'lane' AND attempt = 0)
        OR EXISTS (SELECT FROM pending_events)
        OR (SELECT min(seq) FROM event_readers) < (SELECT max(seq) FROM events)
"""
_SENT = "SELECT count(*) FROM reminders WHERE due_at >= $1 AND status = 'sent'"
# $1 how many, $2 the rule, $3 the first one's due time, $4 over how many seconds they are spread.
_PEOPLE = """
    WITH people AS (
        SELECT n, uuidv7() AS id, uuidv7() AS tel, uuidv7() AS mail, uuidv7() AS tel_stream,
               uuidv7() AS mail_stream, uuidv7() AS appointment, uuidv7() AS reminder,
               $3::timestamptz + make_interval(secs => $4::float8 * n / $1) AS at
        FROM generate_series(1, $1::int) AS n
    ), customers AS (
        INSERT INTO customers (id, root_id, name, folded, locale, time_zone)
        SELECT id, id, 'Клиент ' || n, 'клиент ' || n, (ARRAY['ru', 'en', 'bg'])[1 + n % 3],
               'Europe/Moscow' FROM people
    ), points AS (
        INSERT INTO contact_points (id, scheme, value, raw)
        SELECT tel, 'tel', '+7912' || lpad($5::int + n || '', 9, '0'), '' FROM people
        UNION ALL
        SELECT mail, 'email', 'a' || $5::int + n || '@example.com', '' FROM people
    ), streams AS (
        INSERT INTO streams (id, contact_point_id, record_id, root_id)
        SELECT tel_stream, tel, id, id FROM people
        UNION ALL SELECT mail_stream, mail, id, id FROM people
    ), appointments AS (
        INSERT INTO appointments (id, system, external_id, customer_id, status, version,
                                  occurred_at, number, items, starts_at, place, fingerprint)
        SELECT appointment, 'desk', ($5::int + n)::text, id, 'booked', 1, now(), n::text, '[]',
               at + interval '24 hours', 'Невский 10', '' FROM people
    ), reminders AS (
        INSERT INTO reminders (id, rule_id, rule_version, object_kind, object_id, object_revision,
                               moment, due_at, status)
        SELECT reminder, $2::uuid, 1, 'appointment', appointment, 1, at + interval '24 hours', at,
               'planned' FROM people
    )
    INSERT INTO due (kind, key, due_at, ready_at)
    SELECT 'reminder', reminder::text, at, at FROM people
"""


@dataclass
class Scene:
    """A desk with one reminder rule and customers who can be reached by SMS and by mail."""

    database: Database
    connection: Raw
    rule_id: UUID
    people: int = 0

    @classmethod
    async def of(cls, database: Database, connection: Raw) -> "Scene":
        for channel in ("sms", "email"):
            await connection.fetchval(_INBOX, channel)
        async with database.transaction() as session:
            rule, _ = await repository.store(
                session, parse(RULE), channels=INSTALLED, now=clock.now()
            )
            return cls(database, connection, rule.id)

    async def plan(self, count: int, *, at: datetime, spread: float = 0) -> None:
        """`count` reminders of as many new customers, due from `at` on, over `spread` seconds."""
        await self.connection.execute(
            _PEOPLE, count, self.rule_id, at, float(spread), self.people, timeout=600
        )
        self.people += count
        await self.connection.execute("VACUUM ANALYZE", timeout=600)

    async def written(self, since: datetime) -> list[floors.Records]:
        """The rows of each table that came since then."""
        moments = {"rule_firings": "at", "entries": "recorded_at", "decisions": "at"}
        return [
            await self.connection.fetch(
                f"SELECT * FROM {table} WHERE {moments.get(table, 'created_at')} >= $1",  # noqa: S608
                since,
            )
            for table in TABLES
        ]


@dataclass(frozen=True, slots=True)
class Crowd:
    """Reminders that were due together. Times in seconds.

    hub, database: milliseconds of processor time for each of them until all were committed;
    after: of both, for what they set off and what stood aside for them meanwhile.
    """

    late: float
    median: float
    taken: float
    overtaken: float
    hub: float
    database: float
    after: float

    @property
    def cpu(self) -> float:
        return self.hub + self.database + self.after

    @override
    def __str__(self) -> str:
        return (
            f"p50 {self.median:.2f} s, drained in {self.taken:.1f} s, order kept within "
            f"{self.overtaken:.2f} s, CPU {self.hub:.2f} + {self.database:.2f} ms each, "
            f"{self.after:.2f} ms afterwards"
        )


@dataclass(frozen=True, slots=True)
class Node:
    """Two worker processes and the database, from outside.

    seen: seconds that each of the database's processes had used when it was last seen.
    """

    scene: Scene
    workers: Sequence[Server]
    postmaster: psutil.Process
    seen: dict[int, float] = field(default_factory=dict)

    @classmethod
    async def of(cls, scene: Scene, workers: Sequence[Server]) -> "Node":
        backend = psutil.Process(await scene.connection.fetchval("SELECT pg_backend_pid()"))
        return cls(scene, workers, backend.parents()[0])

    async def crowd(self, count: int, *, spread: float, lead: float) -> Crowd:
        """`count` reminders due from `lead` seconds on, over `spread` seconds."""
        at = clock.now() + timedelta(seconds=lead)
        await self.scene.plan(count, at=at, spread=spread)
        assert clock.now() < at, "planning took longer than it was given"
        hub, database = self._hub(), self.database()
        await self._until_done(count, at, spread)
        done = self._hub(), self.database()
        await self._until_settled()
        connection = self.scene.connection
        found = await connection.fetchrow(_LATENESS, at)
        assert found is not None
        return Crowd(
            found["p99"].total_seconds(),
            found["p50"].total_seconds(),
            found["taken"].total_seconds(),
            found["overtaken"].total_seconds(),
            (done[0] - hub) / count * 1000,
            (done[1] - database) / count * 1000,
            (self.cpu() - sum(done)) / count * 1000,
        )

    async def _until_done(self, count: int, at: datetime, spread: float) -> None:
        until = at + timedelta(seconds=spread + 1)
        async with asyncio.timeout(PATIENCE):
            await asyncio.sleep((until - clock.now()).total_seconds())
            # Other processes do the work.
            while await self.scene.connection.fetchval(_LEFT, until):  # noqa: ASYNC110
                await asyncio.sleep(0.2)
        sent = await self.scene.connection.fetchval(_SENT, at)
        assert sent == count, f"{sent} of {count} were sent"

    async def _until_settled(self) -> None:
        async with asyncio.timeout(PATIENCE):
            while await self.scene.connection.fetchval(_UNSETTLED):  # noqa: ASYNC110
                await asyncio.sleep(0.5)

    def cpu(self) -> float:
        """Seconds that all of them have used."""
        return self._hub() + self.database()

    def _hub(self) -> float:
        return sum(one.cpu() for one in self.workers)

    def database(self) -> float:
        """Of the server and of those that served connections, as far as they were seen to."""
        for one in (self.postmaster, *self.postmaster.children()):
            try:
                self.seen[one.pid] = _used(one)
            except psutil.NoSuchProcess:
                continue
        return sum(self.seen.values())


async def measure(database: Database, size: Size) -> AsyncIterator[Row]:
    async with AsyncExitStack() as stack:
        connection = await stack.enter_async_context(floors.raw(database))
        scene = await Scene.of(database, connection)
        workers = [
            await stack.enter_async_context(processes.hub(database, role="worker"))
            for _ in range(WORKERS)
        ]
        node = await Node.of(scene, workers)
        await node.crowd(500, spread=1, lead=10)
        # From here on, with many that wait.
        waiting = size.pick(100_000, 1_000_000)
        yield await _idle(node, waiting, size.pick(10, 60))
        yield await _look(database, waiting)
        lead = size.pick(20, 120)
        yield await _spread(node, size.pick(10_000, 100_000), lead)
        since = clock.now()
        crowd = await node.crowd(count := size.pick(3_000, 100_000), spread=1, lead=lead)
        yield _drained(crowd, count)
        yield await _against_raw(node, crowd, count, since)


async def _idle(node: Node, waiting: int, seconds: float) -> Row:
    """What the workers and the database use while nothing is due, before and after."""

    async def used() -> float:
        # What the reminders before have left to be read, numbered and cleaned up comes first.
        await asyncio.sleep(15)
        before = node.cpu()
        await asyncio.sleep(seconds)
        return (node.cpu() - before) / seconds * 1000

    floor = await used()
    await node.scene.connection.execute(_WAITING, waiting, node.scene.rule_id, timeout=600)
    await node.scene.connection.execute("VACUUM ANALYZE", timeout=600)
    what = f"{WORKERS} workers and the database idle, {waiting:,} reminders waiting; against none"
    return row("reminders", what, "ms CPU a second", [await used()], [floor], "<= 1.2")


async def _look(database: Database, waiting: int) -> Row:
    async def look() -> None:
        async with database.at_once() as session:
            now = clock.now()
            taken = await take(
                session, [KIND], now=now, limit=PACES[KIND].batch, lease=timedelta(minutes=1)
            )
        assert taken.next_ready is not None
        assert not taken.claims

    async def nothing() -> None:
        async with database.at_once() as session:
            await _ONE.rows(session, {})

    taken = [percentile(await milliseconds(300, call), 0.5) for call in (look, nothing)]
    what = f"one look at reminders with {waiting:,} waiting; against `select 1`"
    return row("reminders", what, "ms", taken[:1], taken[1:], "<= 2")


async def _spread(node: Node, count: int, lead: float) -> Row:
    seconds = count * DRAINED
    crowd = await node.crowd(count, spread=seconds, lead=lead)
    what = (
        f"{count:,} reminders over {seconds:.0f} s, {WORKERS} workers ({crowd}): p99 of lateness"
    )
    return row("reminders", what, "s", [crowd.late], [BOUND], "<= 1")


def _drained(crowd: Crowd, count: int) -> Row:
    what = f"{count:,} reminders within one second, {WORKERS} workers ({crowd}): drained in"
    return row("reminders", what, "s", [crowd.taken], [count * DRAINED], "<= 1")


async def _against_raw(node: Node, crowd: Crowd, count: int, since: datetime) -> Row:
    """What it takes at best to write the rows they left: no decision, no other row.

    In processor time, which says the same on a machine that does other work beside.
    """
    scene, itself = node.scene, psutil.Process()
    copies = [await Copy.of(scene.connection, table) for table in TABLES]
    parts = list(zip(copies, await scene.written(since), strict=True))
    before = node.database() + _used(itself)
    await floors.write_in_batches(scene.connection, parts, BATCH)
    floor = (node.database() + _used(itself) - before) / count * 1000
    ours, tables = crowd.cpu, len(TABLES)
    what = f"the same; against unnest by {BATCH} of their rows in {tables} of 8 tables"
    return row("reminders", what, "ms CPU each", [ours], [floor], "")


def _used(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
