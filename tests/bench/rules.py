"""Target 10, rules: events through a thousand of them, against one alone."""

import itertools
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import text

from hub import clock
from hub.db.engine import Database
from hub.events import Event, EventType
from hub.ids import new_id
from hub.inboxes.registry import Registry
from hub.rules import repository
from hub.rules.actions import Tools
from hub.rules.reader import RuleReader
from hub.rules.spec import parse
from tests.bench import floors
from tests.bench.floors import Raw
from tests.bench.measure import Row, Size, in_turn, rate, row
from tests.channels import INSTALLED

BATCH = 100
"""Events a reader takes at a time (`hub.db.reader.follow`)."""
RULES = 1_000

SHIPPED: dict[str, Any] = {
    "name": "Shipped",
    "trigger": {"on": "order.status_changed"},
    "conditions": {"field": "order.status", "is": "shipped"},
    "actions": [{"send": {"template": "order-shipped"}}],
}
_ORDERS = """
    WITH people AS (
        SELECT n, uuidv7() AS id, uuidv7() AS tel, uuidv7() AS stream, uuidv7() AS bought
        FROM generate_series(1, $1::int) AS n
    ), customers AS (
        INSERT INTO customers (id, root_id, name, folded, locale, time_zone)
        SELECT id, id, 'Клиент ' || n, 'клиент ' || n, 'ru', 'Europe/Moscow' FROM people
    ), points AS (
        INSERT INTO contact_points (id, scheme, value, raw)
        SELECT tel, 'tel', '+7912' || lpad($2::int + n || '', 9, '0'), '' FROM people
    ), streams AS (
        INSERT INTO streams (id, contact_point_id, record_id, root_id)
        SELECT stream, tel, id, id FROM people
    )
    INSERT INTO orders (id, system, external_id, customer_id, status, version, occurred_at, number,
                        items, place, fingerprint)
    SELECT bought, 'shop', ($2::int + n)::text, id, 'shipped', 1, now(), n::text, '[]', '', ''
    FROM people RETURNING id, customer_id
"""
_OTHERS = text("""
    INSERT INTO rules (name, spec)
    SELECT 'Rule ' || n, jsonb_set(spec, '{conditions,is}', to_jsonb('s' || n))
    FROM rules, generate_series(1, :count) AS n
""")
_ENABLE = text("UPDATE rules SET enabled = (:all OR name = 'Shipped')")


async def measure(database: Database, size: Size) -> AsyncIterator[Row]:
    async with floors.raw(database) as connection:
        await connection.execute("INSERT INTO inboxes (channel, name) VALUES ('sms', 'SMS')")
        await _store(database)
        yield await _many(database, connection, size)


async def _store(database: Database) -> None:
    """The rule that matches, and those that look at the same events and do not."""
    async with database.transaction() as session:
        await repository.store(session, parse(SHIPPED), channels=INSTALLED, now=clock.now())
        await session.execute(_OTHERS, {"count": RULES - 1})


@dataclass
class _Log:
    """Orders that have just come to a status, as events."""

    connection: Raw
    written: int = 0
    seqs: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    async def shipped(self, count: int) -> list[Event]:
        rows = await self.connection.fetch(_ORDERS, count, self.written)
        self.written += count
        await self.connection.execute("VACUUM ANALYZE", timeout=600)
        return [self._event(one["id"], one["customer_id"]) for one in rows]

    def _event(self, order: UUID, customer: UUID) -> Event:
        data = {"order_id": str(order), "status": "shipped", "revision": 1, "from": "packed"}
        kind = EventType.ORDER_STATUS_CHANGED
        at, place = clock.now(), (None,) * 4
        return Event(next(self.seqs), new_id(), kind, at, customer, *place, data, None, 0)


async def _many(database: Database, connection: Raw, size: Size) -> Row:
    count, log_ = size.pick(200, 2_000), _Log(connection)
    reader = RuleReader(Tools(Registry.load()), clock.now)

    async def read(*, all_: bool) -> float:
        async with database.transaction() as session:
            await session.execute(_ENABLE, {"all": all_})
        events = await log_.shipped(count)
        async with database.transaction() as session:  # compiles what is enabled by now
            await reader(session, [events[0]])
        return await rate(count - 1, _handled(database, reader, events[1:]))

    taken = await in_turn(
        size.rounds, {"ours": lambda: read(all_=True), "floor": lambda: read(all_=False)}
    )
    what = f"events through {RULES:,} rules of which one matches and sends; against that one alone"
    return row("10", what, "events/s", taken["ours"], taken["floor"], ">= 0.5")


async def _handled(database: Database, reader: RuleReader, events: Sequence[Event]) -> None:
    for start in range(0, len(events), BATCH):
        async with database.transaction() as session:
            await reader(session, events[start : start + BATCH])
