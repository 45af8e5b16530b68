"""Orders pushed twice, late, out of order and at once: one order, each change announced once."""

import asyncio
import random
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text

from hub.db.engine import Database
from hub.errors import Conflict, Invalid, NotFound
from hub.ids import new_id
from hub.objects.body import PushedBody
from hub.orders import repository
from hub.orders.put import put_order

NOON = datetime(2026, 5, 3, 12, tzinfo=UTC)
WHOSE = {"contact_point": "tel:+79120000000", "name": "Ирина"}


async def push(database: Database, *, system: str = "shop", key: str = "A-1", **body: Any):
    async with database.transaction() as session:
        put = await put_order(
            session, system, key, PushedBody.model_validate(body), by=None, now=NOON
        )
        return put.applied


async def events(database: Database) -> list[str]:
    async with database.reading() as session:
        rows = await session.execute(
            text("""
                SELECT type || ':' || (data->>'status') FROM pending_events
                WHERE type LIKE 'order%' ORDER BY n""")
        )
        return list(rows.scalars())


async def stored(database: Database, key: str = "A-1"):
    async with database.reading() as session:
        return await repository.get(session, "shop", key)


async def test_a_first_push_creates_the_customer_and_the_order(database: Database) -> None:
    assert await push(
        database, customer=WHOSE, status="confirmed", version=1, total="10.50", currency="EUR"
    )
    order = await stored(database)
    assert order is not None
    assert (order["status"], order["total"], order["number"]) == ("confirmed", "10.5", "A-1")
    async with database.reading() as session:
        name = await session.scalar(
            text("SELECT name FROM customers WHERE id = :id"), {"id": order["customer_id"]}
        )
    assert name == "Ирина"
    assert await events(database) == ["order.created:confirmed", "order.status_changed:confirmed"]


async def test_repeats_and_stale_versions_change_nothing(database: Database) -> None:
    third: dict[str, Any] = {"customer": WHOSE, "status": "shipped", "version": 3}
    assert await push(database, customer=WHOSE, status="confirmed", version=1)
    assert await push(database, **third)
    assert not await push(database, **third)
    assert not await push(database, customer=WHOSE, status="packed", version=2)
    assert (await events(database))[2:] == [
        "order.updated:shipped",
        "order.status_changed:shipped",
    ]


async def test_one_version_with_two_bodies_is_a_conflict_that_names_the_order(database) -> None:
    await push(database, customer=WHOSE, status="confirmed", version=1)
    order = await stored(database)
    with pytest.raises(Conflict) as refused:
        await push(database, customer=WHOSE, status="shipped", version=1)
    assert order is not None
    assert refused.value.extra["id"] == order["id"]
    assert (await stored(database)) == order


async def test_once_versioned_always_versioned(database: Database) -> None:
    await push(database, customer=WHOSE, status="confirmed", version=1)
    with pytest.raises(Invalid):
        await push(database, status="shipped")


async def test_what_is_left_out_keeps_its_value(database: Database) -> None:
    await push(
        database,
        customer=WHOSE,
        status="confirmed",
        number="1043",
        items=[{"name": "tea", "sku": "T1"}],
    )
    await push(database, status="shipped")
    order = await stored(database)
    assert order is not None
    assert (order["number"], order["items"], order["revision"]) == (
        "1043",
        [{"name": "tea", "sku": "T1"}],
        2,
    )


async def test_whose_order_it_is(database: Database) -> None:
    with pytest.raises(Invalid):
        await push(database, status="confirmed")
    with pytest.raises(NotFound):
        await push(database, customer={"id": str(new_id())}, status="confirmed")
    with pytest.raises(NotFound):
        await push(database, customer={"external_id": "c-7"}, status="confirmed")
    await push(database, customer={"external_id": "c-7", **WHOSE}, status="confirmed")
    await push(database, key="A-2", customer={"external_id": "c-7"}, status="confirmed")
    await push(
        database,
        key="A-3",
        customer={"contact_point": "tel:8 (912) 000-00-00"},
        status="confirmed",
    )
    owners = {(await stored(database, key))["customer_id"] for key in ("A-1", "A-2", "A-3")}
    assert len(owners) == 1


async def test_the_same_number_in_two_systems_is_two_orders(database: Database) -> None:
    await push(database, customer=WHOSE, status="confirmed", version=1)
    assert await push(database, system="erp", customer=WHOSE, status="packed", version=1)


async def test_many_pushes_at_once_leave_the_highest_version_and_one_event_a_change(
    database,
) -> None:
    pushes: list[dict[str, Any]] = [
        {"customer": WHOSE, "version": version, "status": f"s{version}"} for version in range(1, 7)
    ] * 2
    random.Random(7).shuffle(pushes)
    applied = await asyncio.gather(*(push(database, **one) for one in pushes))
    order = await stored(database)
    assert order is not None
    assert order["status"] == "s6"
    told = [one for one in await events(database) if one.startswith("order.status_changed")]
    assert len(told) == len(set(told)) == sum(applied)
    async with database.reading() as session:
        customers = await session.scalar(text("SELECT count(*) FROM customers"))
    assert customers == 1
