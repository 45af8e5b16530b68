"""Roots are locked once in a transaction, and asked for again as soon as that no longer holds."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from hub.customers import edges
from hub.customers.evidence import Evidence, Grounds
from hub.customers.identify import Home, Seen, identify
from hub.customers.roots import lock_roots
from hub.db.engine import Database, WriteSession, driver_of, savepoint
from hub.errors import Conflict, NotFound
from hub.ids import new_id

NOW = datetime(2026, 5, 3, 9, 0, tzinfo=UTC)


async def two(database: Database) -> tuple[Home, Home]:
    points = [Seen("tel", "+359888100101"), Seen("email", "maria@example.com")]
    async with database.transaction() as session:
        one, other = await identify(session, points, evidence_by=("system", None), now=NOW)
    return one, other


async def is_locked(database: Database, root: UUID) -> bool:
    async with database.transaction() as session:
        rows = await driver_of(session).fetch(
            "SELECT id FROM customers WHERE id = $1 FOR NO KEY UPDATE SKIP LOCKED", root
        )
    return not rows


async def test_what_is_held_is_not_asked_for_again(database: Database) -> None:
    one, other = await two(database)
    asked = list[str]()
    async with database.transaction() as session:
        await lock_roots(session, [one.root_id])
        driver = driver_of(session)
        driver.add_query_logger(lambda record: asked.append(record.query))
        assert await lock_roots(session, [one.root_id]) == {one.root_id: one.root_id}
        assert asked == []
        both = await lock_roots(session, [one.root_id, other.root_id])
        assert both == {one.root_id: one.root_id, other.root_id: other.root_id}
        assert asked
        assert await is_locked(database, other.root_id)


async def test_who_merges_sees_the_new_root(database: Database) -> None:
    one, other = await two(database)
    grounds = Grounds(Evidence.OPERATOR, ("operator", None))
    async with database.transaction() as session:
        await lock_roots(session, [one.root_id, other.root_id])
        await edges.merge(session, one.root_id, other.root_id, grounds, NOW)
        found = await lock_roots(session, [other.root_id])
    assert found == {other.root_id: one.root_id}


async def _lock_and_fail(session: WriteSession, root: UUID) -> None:
    async with savepoint(session):
        await lock_roots(session, [root])
        raise Conflict("It fails.")


async def test_a_lock_that_was_taken_back_is_taken_anew(database: Database) -> None:
    one, _ = await two(database)
    async with database.transaction() as session:
        with pytest.raises(Conflict):
            await _lock_and_fail(session, one.root_id)
        assert not await is_locked(database, one.root_id)
        await lock_roots(session, [one.root_id])
        assert await is_locked(database, one.root_id)


async def test_an_unknown_customer_is_refused_beside_one_that_is_held(database: Database) -> None:
    one, _ = await two(database)
    async with database.transaction() as session:
        await lock_roots(session, [one.root_id])
        with pytest.raises(NotFound):
            await lock_roots(session, [one.root_id, new_id()])
