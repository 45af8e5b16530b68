"""What fails within a savepoint is undone, however it was written."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select, text

from hub.db.engine import Database, WriteSession, driver_of, savepoint
from hub.errors import Conflict
from hub.rules.tables import Rule

NOW = datetime(2026, 5, 3, 9, 0, tzinfo=UTC)
_ADD = """
    INSERT INTO rules (id, name, spec, created_at, updated_at)
    VALUES (gen_random_uuid(), $1, '{}', now(), now())
"""


async def by_driver(session: WriteSession, name: str) -> None:
    await driver_of(session).execute(_ADD, name)


async def by_session(session: WriteSession, name: str) -> None:
    sql = _ADD.replace("$1", ":name")
    await session.execute(text(sql), {"name": name})


async def by_object(session: WriteSession, name: str) -> None:
    session.add(Rule(name=name, spec={}, created_at=NOW, updated_at=NOW))


_WAYS = {"by_driver": by_driver, "by_session": by_session, "by_object": by_object}


async def names(database: Database) -> set[str]:
    async with database.reading() as session:
        return set(await session.scalars(select(Rule.name)))


async def _write_and_fail(session: WriteSession, *ways: str) -> None:
    async with savepoint(session):
        for way in ways:
            await _WAYS[way](session, f"undone {way}")
        raise Conflict("It fails.")


@pytest.mark.parametrize("before", [(), ("by_driver",), ("by_session",), ("by_object",)])
@pytest.mark.parametrize(
    "inside", [("by_driver",), ("by_session",), ("by_object",), tuple(_WAYS), tuple(_WAYS)[::-1]]
)
async def test_what_fails_is_undone_and_nothing_else(
    database: Database, before: tuple[str, ...], inside: tuple[str, ...]
) -> None:
    async with database.transaction() as session:
        for way in before:
            await _WAYS[way](session, f"before {way}")
        with pytest.raises(Conflict):
            await _write_and_fail(session, *inside)
        for name, write in _WAYS.items():
            await write(session, f"after {name}")
    kept = {f"before {way}" for way in before} | {f"after {way}" for way in _WAYS}
    assert await names(database) == kept


async def test_what_succeeds_stays_and_what_fails_within_it_goes(database: Database) -> None:
    async with database.transaction() as session, savepoint(session):
        await by_driver(session, "outer")
        with pytest.raises(Conflict):
            await _write_and_fail(session, *_WAYS)
        await by_object(session, "outer, after")
    assert await names(database) == {"outer", "outer, after"}
