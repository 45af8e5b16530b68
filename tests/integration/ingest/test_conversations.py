"""What inbound messages do to conversations: joined, reopened, left alone, and kept right."""

import asyncio
from datetime import timedelta
from typing import Any

from sqlalchemy import text

from hub.ports import Accepted, Address, InboundMessage
from tests.integration.ingest.conftest import WRITTEN, Desk, make_inbox, message


async def execute(desk: Desk, sql: str) -> None:
    async with desk.database.transaction() as session:
        await session.execute(text(sql))


async def told(desk: Desk) -> list[tuple[str, Any]]:
    rows = await desk.rows("SELECT type, data FROM pending_events ORDER BY n")
    return [(row["type"], row["data"]) for row in rows]


async def bring(desk: Desk, *messages: InboundMessage) -> list[Accepted]:
    """All at once: one batch."""
    outcomes = await asyncio.gather(*(desk.sink.message(one) for one in messages))
    assert all(isinstance(one, Accepted) for one in outcomes)
    return [one for one in outcomes if isinstance(one, Accepted)]


async def homes(desk: Desk) -> list[object]:
    """The conversation of each message, in order of their positions."""
    rows = await desk.rows("SELECT conversation_id FROM entries ORDER BY position")
    return [row["conversation_id"] for row in rows]


async def test_a_snoozed_conversation_wakes_with_its_event(desk: Desk) -> None:
    await bring(desk, message("1"))
    await execute(
        desk,
        "UPDATE conversations SET status = 'snoozed', snoozed_until = now() + interval '1 day',"
        " waiting_since = NULL",
    )
    await execute(desk, "DELETE FROM pending_events")
    await bring(desk, message("2"), message("3"))
    [one] = await desk.rows("SELECT * FROM conversations")
    assert (one["status"], one["snoozed_until"], one["inbound_count"]) == ("open", None, 3)
    assert one["waiting_since"] == one["last_inbound_at"]
    created = {"direction": "inbound", "imported": False, "automatic": False}
    assert await told(desk) == [
        ("conversation.updated", {"changed": {"status": ["snoozed", "open"]}}),
        ("message.created", created),
        ("message.created", created),
    ]


async def test_the_oldest_unanswered_message_counts_as_waiting(desk: Desk) -> None:
    await bring(desk, message("1"))
    [first] = await desk.rows("SELECT waiting_since FROM conversations")
    await bring(desk, message("2"))
    [second] = await desk.rows("SELECT waiting_since, last_inbound_at FROM conversations")
    assert second["waiting_since"] == first["waiting_since"] < second["last_inbound_at"]


async def test_a_closed_conversation_is_reopened_only_by_name(desk: Desk) -> None:
    await bring(desk, message("1"))
    await execute(desk, "UPDATE conversations SET status = 'closed', closed_at = now()")
    await bring(desk, message("2", thread=("unheard of", "1")))
    assert await desk.rows("SELECT status, closed_at FROM conversations") == [
        {"status": "open", "closed_at": None}
    ]
    await execute(desk, "UPDATE conversations SET status = 'closed', closed_at = now()")
    await bring(desk, message("3"))
    first, second, third = await homes(desk)
    assert first == second != third


async def test_a_thread_names_what_we_sent_and_what_came_in_the_same_batch(desk: Desk) -> None:
    await bring(
        desk,
        message("1"),
        message("auto", automatic=True, address=Address("telegram", "18")),
        message("reply", thread=("auto",), address=Address("telegram", "18")),
    )
    _, automatic, reply = await homes(desk)
    assert automatic == reply


async def test_a_signature_of_ours_does_not_open_anothers_conversation(desk: Desk) -> None:
    await bring(desk, message("1"))
    [anna] = await homes(desk)
    await bring(
        desk,
        message(
            "2",
            conversation_id=anna,
            thread=("1",),
            address=Address("telegram", "18"),
        ),
    )
    assert (await homes(desk))[1] != anna


async def test_a_conversation_crosses_the_inboxes_of_one_pool_only(desk: Desk) -> None:
    same = desk.ingest.sink(await make_inbox(desk.database, "webchat"))
    other = desk.ingest.sink(await make_inbox(desk.database, "webchat", pool="sales"))
    await desk.sink.message(message("1"))
    await same.message(message("2"))
    await other.message(message("3"))
    first, second, third = await homes(desk)
    assert first == second != third
    rows = await desk.rows("SELECT channels, pool FROM conversations ORDER BY pool")
    assert [row["channels"] for row in rows] == [["telegram", "webchat"], ["webchat"]]


async def test_an_automatic_message_is_seen_and_wakes_nobody(desk: Desk) -> None:
    await bring(desk, message("1", automatic=True))
    [own] = await desk.rows("SELECT * FROM conversations")
    assert (own["status"], own["inbound_count"], own["waiting_since"]) == ("closed", 0, None)
    assert own["last_position"] is not None
    assert [kind for kind, _ in await told(desk)] == ["customer.created", "message.created"]
    await bring(desk, message("2"))
    await execute(desk, "UPDATE conversations SET status = 'pending' WHERE status = 'open'")
    [before] = await desk.rows("SELECT * FROM conversations WHERE status = 'pending'")
    [late] = await bring(desk, message("3", automatic=True))
    [after] = await desk.rows("SELECT * FROM conversations WHERE status = 'pending'")
    assert after == {**before, "last_position": late.position}


async def test_history_fires_nothing_and_stays_closed(desk: Desk) -> None:
    past = [
        message(str(n), imported=True, occurred_at=WRITTEN - timedelta(days=100 - n))
        for n in (1, 2, 30)
    ]
    await bring(desk, *past)
    rows = await desk.rows("SELECT * FROM conversations ORDER BY opened_at")
    assert [row["status"] for row in rows] == ["closed", "closed"]
    assert rows[0]["opened_at"] == past[0].occurred_at
    assert rows[0]["closed_at"] == rows[0]["updated_at"] == past[1].occurred_at
    assert [row["inbound_count"] for row in rows] == [0, 0]
    assert [row["last_inbound_at"] for row in rows] == [None, None]
    imported = {"direction": "inbound", "imported": True, "automatic": False}
    assert await told(desk) == [
        ("customer.created", {"imported": True}),
        *[("message.created", imported)] * 3,
    ]
    assert await desk.rows("SELECT evidence FROM identity_edges") == [{"evidence": "import"}]
    # What is alive keeps its last word and its state when history comes to it.
    [now] = await bring(desk, message("now"))
    await bring(desk, message("yesterday", imported=True, thread=("now",)))
    [open_one] = await desk.rows("SELECT * FROM conversations WHERE status = 'open'")
    assert (open_one["last_position"], open_one["inbound_count"]) == (now.position, 1)


async def test_the_counts_follow(desk: Desk) -> None:
    await bring(*(desk, message("1"), message("2", address=Address("telegram", "18"))))
    await execute(desk, "UPDATE conversations SET status = 'snoozed'")
    await bring(desk, message("3"))
    tallies = await desk.rows(
        "SELECT status, sum(count) AS n FROM conversation_tallies"
        " GROUP BY 1 HAVING sum(count) <> 0 ORDER BY 1"
    )
    assert tallies == [{"status": "open", "n": 1}, {"status": "snoozed", "n": 1}]
