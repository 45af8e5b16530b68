"""A customer's positions rise in the order of the commits, whatever is merged meanwhile."""

import asyncio

from sqlalchemy import text

from hub.db.engine import WriteSession
from hub.ports import Accepted, Address
from tests.integration.ingest.conftest import Desk, message

_HOLD = text("SELECT id FROM customers WHERE id = ANY (:ids) ORDER BY id FOR NO KEY UPDATE")
_MOVE = text("UPDATE streams SET root_id = :into WHERE root_id = :customer")
_WAITING = """
    SELECT count(*) AS count FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


async def test_a_merge_while_it_waits_gives_a_message_its_position_anew(desk: Desk) -> None:
    await desk.sink.message(message("1"))
    await desk.sink.message(message("2", address=Address("telegram", "18")))
    known = await desk.rows("SELECT author_id FROM entries ORDER BY position")
    customer, other = (row["author_id"] for row in known)
    async with asyncio.TaskGroup() as group, desk.database.transaction() as merging:
        await merging.execute(_HOLD, {"ids": [customer, other]})
        await merging.execute(_MOVE, {"customer": customer, "into": other})
        writing = group.create_task(desk.sink.message(message("3")))
        await _waiting(desk, 1)
        between = group.create_task(_between(desk, other))
        await _waiting(desk, 2)
    taken = writing.result()
    assert isinstance(taken, Accepted)
    assert taken.position > between.result()


async def _between(desk: Desk, customer: object) -> int:
    """Another who wrote to that customer, after the merge and before the message could."""
    async with desk.database.transaction() as session:
        await session.execute(_HOLD, {"ids": [customer]})
        await _waiting(desk, 1)
        return await _drawn(session)


async def _drawn(session: WriteSession) -> int:
    position: int = (await session.execute(text("SELECT nextval('entry_positions')"))).scalar_one()
    return position


async def _waiting(desk: Desk, count: int) -> None:
    """Until so many sessions wait for a lock."""
    async with asyncio.timeout(10):
        while (await desk.rows(_WAITING))[0]["count"] != count:  # noqa: ASYNC110 - by the server
            await asyncio.sleep(0.01)
