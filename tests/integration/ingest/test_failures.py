"""What goes wrong: poison, deadlocks, a database that dies and comes back, a caller that goes."""

import asyncio
import os
import random
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from hub.conversations.inbound.batch import GroupCommit
from hub.db.engine import Database
from hub.ports import (
    Accepted,
    Address,
    Checkpoint,
    InboundMessage,
    Quarantined,
    SinkUnavailable,
)
from tests.integration.ingest.conftest import Desk, message


def poison(external_id: str) -> InboundMessage:
    """Passes every check of ours; `picky` databases refuse it."""
    return message(external_id, "poison", raw=b"raw bytes")


@pytest.fixture
async def picky(desk: Desk) -> Desk:
    """A database that refuses what says "poison", as it would any data error nobody foresaw."""
    async with desk.database.transaction() as session:
        await session.execute(
            text("ALTER TABLE entries ADD CONSTRAINT picky CHECK (text <> 'poison')")
        )
    return desk


async def test_a_poison_message_is_quarantined_alone(picky: Desk) -> None:
    calls = [message(str(n)) if n != 7 else poison("7") for n in range(20)]
    outcomes = await asyncio.gather(
        *(
            picky.sink.message(one, checkpoint=Checkpoint("offset", {"n": n}))
            for n, one in enumerate(calls)
        )
    )
    assert [type(one) for one in outcomes] == [
        Quarantined if n == 7 else Accepted for n in range(20)
    ]
    assert await picky.rows("SELECT count(*) AS n FROM entries") == [{"n": 19}]
    [kept] = await picky.rows("SELECT * FROM quarantine")
    assert kept["raw"] == b"raw bytes"
    assert kept["external_id"] == "7"
    assert kept["message"]["text"] == "poison"
    assert "picky" in kept["error"]
    assert "Good day" not in kept["error"]
    assert await picky.rows("SELECT value FROM channel_state") == [{"value": {"n": 19}}]
    [event] = await picky.rows("SELECT data FROM pending_events WHERE type = 'quarantine.added'")
    assert event["data"] == {"quarantine_id": str(kept["id"])}


async def test_a_repeat_of_what_is_in_quarantine_is_answered_the_same(picky: Desk) -> None:
    first = await picky.sink.message(poison("7"))
    again = await picky.sink.message(poison("7"), checkpoint=Checkpoint("offset", {"n": 1}))
    together = await asyncio.gather(*(picky.sink.message(poison("7")) for _ in range(3)))
    assert [again, *together] == [first] * 4
    assert len(await picky.rows("SELECT 1 FROM quarantine")) == 1
    assert await picky.rows("SELECT value FROM channel_state") == [{"value": {"n": 1}}]


@pytest.mark.parametrize(
    "changed",
    [
        {"address": Address("email", "nobody")},
        {"text": "x" * 1_000_001},
        {"html": "x" * 5_000_001},
        {"data": {"x": "y" * 300_000}},
        {"external_id": ""},
        {"text": None},
        {"occurred_at": "yesterday"},
        {"reply_address": "x" * 2000},
    ],
    ids=["address", "text", "html", "data", "no name", "no text", "no time", "reply address"],
)
async def test_what_cannot_be_a_message_is_kept(desk: Desk, changed: dict[str, Any]) -> None:
    bad = replace(message("1", raw=b"original"), **changed)
    first = await desk.sink.message(bad, checkpoint=Checkpoint("offset", {"n": 1}))
    assert isinstance(first, Quarantined)
    assert await desk.sink.message(bad) == first
    [kept] = await desk.rows("SELECT raw, error FROM quarantine")
    assert kept["raw"] == b"original"
    assert kept["error"]
    assert await desk.rows("SELECT value FROM channel_state") == [{"value": {"n": 1}}]


@asynccontextmanager
async def holding(database: Database, sql: str) -> AsyncIterator[None]:
    """Another transaction that holds what `sql` locks."""
    async with database.engine.connect() as connection:
        await connection.execute(text(sql))
        yield
        await connection.rollback()


@pytest.mark.parametrize("state", ["40001", "40P01"])
async def test_a_batch_that_loses_against_another_is_tried_again(desk: Desk, state: str) -> None:
    async with desk.database.transaction() as session:
        # Sequences do not roll back: the first two tries fail, the third succeeds.
        await session.execute(text("CREATE SEQUENCE tries"))
        await session.execute(
            text(f"""
                CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                    IF nextval('tries') <= 2 THEN
                        RAISE EXCEPTION 'lost' USING ERRCODE = '{state}';
                    END IF;
                    RETURN NULL;
                END $$
            """)
        )
        await session.execute(
            text("CREATE TRIGGER lose AFTER INSERT ON entries EXECUTE FUNCTION lose()")
        )
    outcomes = await asyncio.gather(*(desk.sink.message(message(str(n))) for n in range(5)))
    assert all(isinstance(one, Accepted) and not one.duplicate for one in outcomes)
    assert await desk.rows("SELECT count(*) AS n FROM entries") == [{"n": 5}]
    assert await desk.rows("SELECT last_value FROM tries") == [{"last_value": 3}]


async def kill_others(database: Database) -> None:
    """End every connection that waits for a lock."""
    async with database.engine.connect() as connection:
        await connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
        )


async def test_a_lost_connection_is_back_pressure_and_heals(desk: Desk, database_url: str) -> None:
    await desk.sink.message(message("0"))
    async with (
        Database.open(database_url) as outside,
        holding(outside, "SELECT 1 FROM customers FOR UPDATE"),
    ):
        calls = [
            asyncio.ensure_future(  # noqa: TID251
                desk.sink.message(message(str(n)), checkpoint=Checkpoint("offset", {"n": n}))
            )
            for n in range(1, 10)
        ]
        await asyncio.sleep(0.2)
        await kill_others(outside)
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
    assert all(isinstance(one, SinkUnavailable) for one in outcomes)
    assert await desk.rows("SELECT 1 FROM quarantine") == []
    assert await desk.rows("SELECT 1 FROM channel_state") == []
    for _ in range(5):
        with suppress(SinkUnavailable):
            again = await asyncio.gather(
                *(desk.sink.message(message(str(n))) for n in range(1, 10))
            )
            break
    else:
        pytest.fail("the sink did not heal")
    assert all(isinstance(one, Accepted) for one in again)
    assert await desk.rows("SELECT count(*) AS n FROM entries") == [{"n": 10}]


async def test_a_fault_of_the_installation_is_nobodys_quarantine(desk: Desk) -> None:
    async with desk.database.transaction() as session:
        await session.execute(text("ALTER TABLE reachability RENAME TO elsewhere"))
    with pytest.raises(SinkUnavailable):
        await desk.sink.message(message("1"))
    assert await desk.rows("SELECT 1 FROM quarantine") == []
    assert await desk.rows("SELECT 1 FROM ingress") == []
    async with desk.database.transaction() as session:
        await session.execute(text("ALTER TABLE elsewhere RENAME TO reachability"))
    assert isinstance(await desk.sink.message(message("1")), Accepted)


async def test_a_deleted_inbox_is_never_acknowledged(desk: Desk) -> None:
    async with desk.database.transaction() as session:
        await session.execute(text("DELETE FROM inboxes"))
    with pytest.raises(SinkUnavailable):
        await desk.sink.message(message("1"))
    with pytest.raises(SinkUnavailable):
        await desk.sink.quarantine(b"x", "y", external_id="2")


async def test_a_cancelled_caller_does_not_cancel_its_batch(desk: Desk) -> None:
    await desk.sink.message(message("0"))
    async with holding(desk.database, "SELECT 1 FROM customers FOR UPDATE"):
        calls = [
            asyncio.ensure_future(desk.sink.message(message(str(n))))  # noqa: TID251
            for n in range(1, 6)
        ]
        await asyncio.sleep(0.2)
        calls[2].cancel()
        await asyncio.sleep(0)
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    assert isinstance(outcomes[2], asyncio.CancelledError)
    assert sum(isinstance(one, Accepted) for one in outcomes) == 4
    assert await desk.rows("SELECT count(*) AS n FROM entries") == [{"n": 6}]
    assert (await desk.sink.message(message("3"))).duplicate  # type: ignore[union-attr]


async def test_closing_commits_what_was_taken_and_refuses_the_rest(desk: Desk) -> None:
    calls = [
        asyncio.ensure_future(desk.sink.message(message(str(n))))  # noqa: TID251
        for n in range(5)
    ]
    await asyncio.sleep(0)
    await desk.ingest.close()
    assert all(isinstance(one, Accepted) for one in await asyncio.gather(*calls))
    with pytest.raises(SinkUnavailable):
        await desk.sink.message(message("late"))


async def test_batches_share_transactions_and_keep_the_order_of_calls() -> None:
    batches: list[list[int]] = []

    async def write(jobs):
        batches.append(list(jobs))
        await asyncio.sleep(0)
        return list(jobs)

    commits: GroupCommit[int, int] = GroupCommit(
        write, max_jobs=10, max_weight=100, max_waiting=15
    )
    assert await asyncio.gather(*(commits.submit(n, 1) for n in range(40))) == list(range(40))
    assert [n for batch in batches for n in batch] == list(range(40))
    assert max(map(len, batches)) == 10
    batches.clear()
    await asyncio.gather(*(commits.submit(n, 60) for n in range(3)))
    assert batches == [[0], [1], [2]]
    await commits.close()


WRITER = Path(__file__).with_name("writer.py")


async def start_writer(
    database_url: str, inbox_id: object, name: str
) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        str(WRITER),
        database_url,
        str(inbox_id),
        name,
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},  # noqa: TID251
        stdout=asyncio.subprocess.PIPE,
    )


async def test_two_processes_keep_each_customers_order(desk: Desk, database_url: str) -> None:
    """Both write to the same three customers, and half of what they bring is the same."""
    writers = [await start_writer(database_url, desk.inbox.id, name) for name in "ab"]
    outputs = await asyncio.gather(*(writer.communicate() for writer in writers))
    assert [writer.returncode for writer in writers] == [0, 0]
    fresh = sum(int(out.decode()) for out, _ in outputs)
    counted = await desk.rows("SELECT count(*) AS n FROM entries")
    assert counted == [{"n": 150 + 2 * 150}]
    assert fresh == 450
    for stream in await desk.rows("SELECT id FROM streams"):
        # The order of the log within one customer is the order of positions.
        log = await desk.rows(
            "SELECT position FROM pending_events"
            " WHERE type = 'message.created' AND stream_id = :stream ORDER BY n",
            stream=stream["id"],
        )
        positions = [row["position"] for row in log]
        assert positions == sorted(positions)
    assert await desk.rows("SELECT count(*) AS n FROM customers") == [{"n": 3}]
    assert await desk.rows(
        "SELECT count(*) AS n, sum(inbound_count) AS messages FROM conversations"
    ) == [{"n": 3, "messages": 450}]


async def test_readers_never_see_a_customers_later_message_before_an_earlier_one(
    desk: Desk, database_url: str
) -> None:
    """Positions become visible in order, though two processes commit side by side."""
    writers = [await start_writer(database_url, desk.inbox.id, name) for name in "cd"]
    waiting = asyncio.gather(*(writer.communicate() for writer in writers))
    seen: dict[object, int] = {}
    while not waiting.done():
        for row in await desk.rows(
            "SELECT stream_id, array_agg(position) AS positions FROM entries GROUP BY 1"
        ):
            low = seen.get(row["stream_id"], 0)
            missed = [one for one in row["positions"] if one < low]
            assert len(missed) == seen.get((row["stream_id"], "count"), 0), "one appeared late"
            seen[row["stream_id"]] = max(row["positions"]) + 1
            seen[row["stream_id"], "count"] = len(row["positions"])
        await asyncio.sleep(random.uniform(0, 0.01))
    await waiting
