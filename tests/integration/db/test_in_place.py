"""What is written to all rows of a page at once is written there: no index is touched for it.

An update that finds no room beside its row is a new entry in every index of its table, and one
that is dead later, for each of a crowd's messages.
"""

from datetime import timedelta

from sqlalchemy import text

from hub.db.engine import Database, WriteSession
from hub.due.queue import Plan, plan, take
from hub.ids import new_id
from hub.timeline.record import record
from tests.integration.timeline.world import NOW, add_inbox, add_person, message

MANY = 300

_UPDATES = text("""
    SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_xact_user_tables WHERE relname = :table
""")


async def test_work_is_taken_in_hand_in_place(database: Database) -> None:
    async with database.transaction() as session:
        # A reminder's key is the id of its row.
        plans = [Plan("reminder", str(new_id()), NOW) for _ in range(MANY)]
        await plan(session, plans)
    async with database.at_once() as session:
        await take(session, ["reminder"], now=NOW, limit=MANY, lease=timedelta(minutes=1))
        assert await updates(session, "due") == (MANY, MANY)


async def test_a_message_to_everybody_widens_their_timelines_in_place(database: Database) -> None:
    async with database.transaction() as session:
        inbox = await add_inbox(session)
        people = [await add_person(session) for _ in range(MANY)]
    async with database.transaction() as session:
        await record(session, [message(one, "Soon", inbox=inbox) for one in people], now=NOW)
        assert await updates(session, "streams") == (MANY, MANY)


async def updates(session: WriteSession, table: str) -> tuple[int, int]:
    """Of this transaction: how many rows it updated, how many of them in place."""
    [(rows, in_place)] = await session.execute(_UPDATES, {"table": table})
    return rows, in_place
