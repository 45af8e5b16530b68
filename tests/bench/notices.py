"""An order's way to its notice: from the shop's call to the notice in the channel's hands.

The floor is the answer to the shop's call itself.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import aiohttp
from sqlalchemy import text

from hub import clock
from hub.db.engine import Database
from hub.rules import repository
from hub.rules.spec import parse
from tests.bench import processes
from tests.bench.bare_sms import settings_at
from tests.bench.measure import Row, Size, percentile, row
from tests.bench.rules import SHIPPED
from tests.channels import INSTALLED

PER_SECOND = 5
"""Orders that change: a busy shop's."""
PATIENCE = 120
"""Seconds for the last notice to be handed over."""

_HANDED_OVER = text("""
    SELECT o.external_id, min(a.started_at) AS at
    FROM orders AS o JOIN decisions AS d ON d.object_id = o.id
    JOIN deliveries AS l ON l.decision_id = d.id JOIN attempts AS a ON a.delivery_id = l.id
    GROUP BY o.external_id
""")


async def measure(database: Database, size: Size) -> AsyncIterator[Row]:
    headers = await processes.authorization(database)
    async with database.transaction() as session:
        await repository.store(session, parse(SHIPPED), channels=INSTALLED, now=clock.now())
    async with (
        processes.sms("twin") as twin,
        processes.hub(database, HUB_ALLOW_HOSTS="127.0.0.0/8") as hub,
        aiohttp.ClientSession(headers=headers) as http,
    ):
        inbox = {"channel": "sms", "name": "B", "settings": settings_at(twin.url)}
        async with http.post(f"{hub.url}/api/v1/inboxes", json=inbox) as answer:
            assert answer.status == 201, await answer.text()
        shop = _Shop(http, f"{hub.url}/api/v1/orders")
        told = await shop.ships(size.pick(60, 1_000))
        waited = await _waited(database, told)
    for part, name in ((0.5, "p50"), (0.99, "p99")):
        what = f"order changed to notice handed over, {PER_SECOND}/s, {name}; against the call"
        ours, floor = percentile(waited, part), percentile(sorted(shop.answered), part)
        yield row("notice", what, "ms", [ours], [floor], "")


@dataclass
class _Shop:
    """answered: milliseconds that each call took."""

    http: aiohttp.ClientSession
    url: str
    answered: list[float] = field(default_factory=list)

    async def ships(self, count: int) -> dict[str, float]:
        """When (epoch seconds) each order, by its id, was told of as shipped."""
        told: dict[str, float] = {}
        async with asyncio.TaskGroup() as group:
            for number in range(count):
                told[str(number)] = clock.now().timestamp()
                group.create_task(self._ships(number))
                await asyncio.sleep(1 / PER_SECOND)
        return told

    async def _ships(self, number: int) -> None:
        customer = {"contact_point": f"tel:+79130{number:06d}"}
        body = {"customer": customer, "number": str(number), "status": "shipped"}
        started = time.perf_counter()
        async with self.http.put(f"{self.url}/{number}?system=bench", json=body) as answer:
            assert answer.status in (200, 201), await answer.text()
        self.answered.append((time.perf_counter() - started) * 1000)


async def _waited(database: Database, told: dict[str, float]) -> list[float]:
    """Milliseconds until each notice was handed over, sorted; once all are."""
    async with asyncio.timeout(PATIENCE):
        while True:
            async with database.reading() as session:
                rows = (await session.execute(_HANDED_OVER)).all()
            if len(rows) == len(told):
                return sorted((one.at.timestamp() - told[one.external_id]) * 1000 for one in rows)
            await asyncio.sleep(0.2)
