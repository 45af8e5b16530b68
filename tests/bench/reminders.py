"""Reminders that are due: how many a second are decided and written, and how late they come.

Against raw writes of the very rows that came of them.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from hub import clock
from hub.cli.serving import settle
from hub.db.engine import Database
from hub.due.loop import DueLoop
from hub.due.queue import Claim
from hub.inboxes.registry import Registry
from hub.reminders import loops
from hub.reminders.planning import KIND
from hub.rules import repository
from hub.rules.actions import Tools
from hub.rules.spec import parse
from hub.tasks import background
from tests.bench import floors
from tests.bench.floors import Copy, Raw
from tests.bench.measure import Row, Size, in_turn, percentile, rate, row

BATCH = 500
BOUND = 5.0
"""Seconds from due to committed, at p99, when they are spread over a minute."""
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
            rule, _ = await repository.store(session, parse(RULE), now=clock.now())
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


@dataclass
class Worker:
    """The due loop of a node with reminders alone; remembers how late each came to be done."""

    database: Database
    late: list[float]

    async def work(self, count: int) -> None:
        """Until so many are done."""
        settle()
        handler = loops.handlers(self.database, clock.now, Tools(Registry.load()))[KIND]
        ended = asyncio.Event()

        async def timed(claims: Sequence[Claim]) -> None:
            await handler(claims)
            now = clock.now()
            self.late += [(now - one.due_at).total_seconds() for one in claims]
            if len(self.late) >= count:
                ended.set()

        paces = {KIND: loops.PACES[KIND]}
        async with background() as tasks:
            tasks.start(DueLoop(self.database, clock.now, {KIND: timed}, paces=paces).run(), "due")
            await ended.wait()


async def measure(database: Database, size: Size) -> AsyncIterator[Row]:
    async with floors.raw(database) as connection:
        scene = await Scene.of(database, connection)
        yield await _at_once(scene, size)
        yield await _spread(scene, size)


async def _at_once(scene: Scene, size: Size) -> Row:
    count = size.pick(1_500, 100_000)
    copies = [await Copy.of(scene.connection, table) for table in TABLES]
    written: list[list[floors.Records]] = []

    async def ours() -> float:
        since = clock.now()
        await scene.plan(count, at=since - timedelta(seconds=1))
        speed = await rate(count, Worker(scene.database, []).work(count))
        written.append(await scene.written(since))
        return speed

    async def floor() -> float:
        parts = list(zip(copies, written.pop(0), strict=True))
        return await rate(count, floors.write_in_batches(scene.connection, parts, BATCH))

    # One round ahead, so that the floor has rows to write also when its turn comes first.
    await ours()
    rounds = 1 if size.full else size.rounds
    taken = await in_turn(rounds, {"ours": ours, "floor": floor})
    what = f"{count:,} reminders due at once; against unnest by {BATCH} of the rows they leave"
    return row("reminders", what, "reminders/s", taken["ours"], taken["floor"], "")


async def _spread(scene: Scene, size: Size) -> Row:
    """In full 1,667 a second for a minute; else 150 for ten seconds."""
    count, seconds = size.pick(1_500, 100_000), size.pick(10, 60)
    await scene.plan(count, at=clock.now() + timedelta(seconds=size.pick(3, 60)), spread=seconds)
    worker = Worker(scene.database, [])
    await worker.work(count)
    p99 = percentile(sorted(worker.late), 0.99)
    what = f"{count:,} reminders over {seconds} s: due to committed, p99; against the bound"
    return row("reminders", what, "s", [p99], [BOUND], "<= 1")
