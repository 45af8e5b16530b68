"""The counters in the database: tries at once, and what a right password takes back."""

import asyncio
from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from hub.db.engine import Database
from hub.errors import TooMany
from hub.operators import lockout

NOW = datetime(2026, 5, 3, 9, 0, tzinfo=UTC)
KEY, ADDRESS = lockout.account_key("a@example.com"), lockout.address_key("192.0.2.1")


async def begin(database: Database, *keys: str, now: datetime = NOW):
    async with database.transaction() as session:
        return await lockout.begin_try(session, keys, now)


async def counts(database: Database) -> dict[str, tuple[int, bool]]:
    async with database.reading() as session:
        rows = await session.execute(text("SELECT * FROM sign_in_failures"))
        return {
            row["key"]: (row["count"], row["locked_until"] is not None) for row in rows.mappings()
        }


async def test_guesses_sent_at_once_do_not_overtake_the_counter(database: Database):
    ends = await asyncio.gather(
        *(begin(database, KEY, ADDRESS) for _ in range(12)), return_exceptions=True
    )
    assert sum(isinstance(end, TooMany) for end in ends) == 7
    assert await counts(database) == {KEY: (5, True), ADDRESS: (5, False)}


async def test_a_try_that_one_key_refuses_counts_under_none(database: Database):
    for _ in range(5):
        await begin(database, KEY)
    for _ in range(3):
        ends = await asyncio.gather(begin(database, KEY, ADDRESS), return_exceptions=True)
        assert isinstance(ends[0], TooMany)
    assert await counts(database) == {KEY: (5, True)}


async def test_a_right_password_forgives_the_account_and_takes_one_try_of_the_address_back(
    database: Database,
):
    await begin(database, KEY, ADDRESS)
    locks = await begin(database, KEY, ADDRESS)
    async with database.transaction() as session:
        await lockout.succeeded(session, locks)
    assert await counts(database) == {ADDRESS: (1, False)}


async def test_a_right_password_does_not_lift_the_lock_of_a_wrong_one_beside_it(
    database: Database,
):
    for number in range(29):
        await begin(database, ADDRESS, now=NOW + timedelta(seconds=number))
    later = NOW + timedelta(seconds=29)
    right = await begin(database, ADDRESS, now=later)
    wrong = await begin(database, ADDRESS, now=later + timedelta(seconds=31))
    assert right[ADDRESS] != wrong[ADDRESS]
    async with database.transaction() as session:
        await lockout.succeeded(session, right)
    assert await counts(database) == {ADDRESS: (30, True)}
