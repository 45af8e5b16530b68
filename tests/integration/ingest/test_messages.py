"""What one message leaves behind, and that its repeats leave nothing."""

import asyncio
import random
from datetime import timedelta
from uuid import uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.ports import Accepted, Address, Attachment, Checkpoint, Proof
from tests.integration.ingest.conftest import WRITTEN, Desk, make_inbox, message


async def accepted(desk: Desk, *args, **kwargs) -> Accepted:
    outcome = await desk.sink.message(*args, **kwargs)
    assert isinstance(outcome, Accepted)
    return outcome


async def test_a_message_becomes_an_entry_in_an_open_conversation(desk: Desk) -> None:
    one = await accepted(
        desk,
        message(
            "1",
            "Здравствуйте",
            html="<p>x</p>",
            data={"subject": "Order"},
            raw=b"raw",
            locale="ru_RU",
        ),
    )
    assert not one.duplicate
    [entry] = await desk.rows("SELECT * FROM entries")
    assert (entry["id"], entry["position"]) == (one.entry_id, one.position)
    assert entry["kind"] == "message"
    assert entry["direction"] == "inbound"
    assert (entry["text"], entry["html"], entry["data"]) == (
        "Здравствуйте",
        "<p>x</p>",
        {"subject": "Order"},
    )
    assert (entry["channel"], entry["inbox_id"]) == ("telegram", desk.inbox.id)
    assert (entry["author_kind"], entry["author_name"]) == ("customer", "Anna")
    assert entry["occurred_at"] == WRITTEN
    [customer] = await desk.rows("SELECT * FROM customers")
    assert (customer["name"], customer["locale"]) == ("Anna", "ru-RU")
    assert entry["author_id"] == customer["id"]
    [conversation] = await desk.rows("SELECT * FROM conversations")
    assert conversation["id"] == entry["conversation_id"]
    assert conversation["opening_stream_id"] == entry["stream_id"]
    assert (conversation["status"], conversation["pool"]) == ("open", "main")
    assert conversation["inbound_count"] == 1
    assert conversation["channels"] == ["telegram"]
    assert (conversation["last_stream_id"], conversation["last_position"]) == (
        entry["stream_id"],
        entry["position"],
    )
    assert (
        conversation["waiting_since"]
        == conversation["last_inbound_at"]
        == conversation["updated_at"]
        == conversation["opened_at"]
        == entry["recorded_at"]
    )


async def test_a_message_tells_where_to_answer_and_whose_address_it_is(desk: Desk) -> None:
    one = await accepted(desk, message("1", reply_address="chat-17"))
    [reach] = await desk.rows("SELECT * FROM reachability")
    assert reach["reply_address"] == "chat-17"
    assert (reach["last_inbound_at"], reach["last_inbound_position"]) == (WRITTEN, one.position)
    [edge] = await desk.rows("SELECT * FROM identity_edges")
    assert (edge["evidence"], edge["by_kind"], edge["by_id"]) == (
        "provider",
        "inbox",
        desk.inbox.id,
    )


async def test_a_message_is_news_after_what_it_made(desk: Desk) -> None:
    one = await accepted(desk, message("1"))
    [entry] = await desk.rows("SELECT * FROM entries")
    events = await desk.rows("SELECT * FROM pending_events ORDER BY n")
    assert [event["type"] for event in events] == [
        "customer.created",
        "conversation.opened",
        "message.created",
    ]
    assert events[2]["data"] == {"direction": "inbound", "imported": False, "automatic": False}
    assert (events[2]["stream_id"], events[2]["position"]) == (entry["stream_id"], one.position)
    assert (events[2]["conversation_id"], events[2]["inbox_id"]) == (
        entry["conversation_id"],
        desk.inbox.id,
    )


async def test_a_repeat_answers_the_same_and_writes_nothing(desk: Desk) -> None:
    first = await accepted(desk, message("1"))
    again = await accepted(desk, message("1", "other words"))
    assert again == Accepted(first.entry_id, first.position, duplicate=True)
    assert await desk.rows("SELECT text FROM entries") == [{"text": "Good day"}]
    assert await desk.rows("SELECT inbound_count FROM conversations") == [{"inbound_count": 1}]


async def test_a_mail_is_known_by_its_bytes_when_its_folder_is_numbered_anew(desk: Desk) -> None:
    digest = "sha256:" + "0a" * 32
    first = await accepted(desk, message("INBOX/1/7", names=(digest, "message-id:a@b.example")))
    again = await accepted(desk, message(digest, names=(digest, "message-id:a@b.example")))
    assert (again.entry_id, again.duplicate) == (first.entry_id, True)
    # Another mail may carry the same Message-ID: its sender chose it.
    other = await accepted(desk, message("sha256:" + "0b" * 32, names=("message-id:a@b.example",)))
    assert not other.duplicate
    assert len(await desk.rows("SELECT 1 FROM entries")) == 2


async def test_repeats_in_one_batch_answer_the_same(desk: Desk) -> None:
    outcomes = await asyncio.gather(*(accepted(desk, message("1")) for _ in range(5)))
    assert len({one.entry_id for one in outcomes}) == 1
    assert sorted(one.duplicate for one in outcomes) == [False, True, True, True, True]


async def test_the_same_id_in_two_inboxes_is_two_messages(desk: Desk) -> None:
    other = desk.ingest.sink(await make_inbox(desk.database))
    await desk.sink.message(message("1"))
    await other.message(message("1"))
    assert len(await desk.rows("SELECT 1 FROM entries")) == 2


async def test_a_checkpoint_is_committed_with_its_message_also_with_a_repeat(desk: Desk) -> None:
    for offset in (1, 2):
        await accepted(desk, message("1"), checkpoint=Checkpoint("offset", {"update": offset}))
        assert await desk.rows("SELECT key, value FROM channel_state") == [
            {"key": "offset", "value": {"update": offset}}
        ]


async def test_the_last_checkpoint_of_a_batch_wins(desk: Desk) -> None:
    await asyncio.gather(
        *(
            accepted(desk, message(str(n)), checkpoint=Checkpoint("offset", {"n": n}))
            for n in range(20)
        )
    )
    assert await desk.rows("SELECT value FROM channel_state") == [{"value": {"n": 19}}]


async def test_attachments_are_stored_with_the_message(desk: Desk) -> None:
    files = (Attachment("a\x00.txt", b"hello", inline=True, content_id="c1"),)
    await accepted(desk, message("1", attachments=files))
    [kept] = await desk.rows(
        "SELECT f.name, f.uploaded_by, p.inline, p.content_id, b.size, e.file_count"
        " FROM entry_files p JOIN files f ON f.id = p.file_id JOIN blobs b USING (sha256)"
        " JOIN entries e USING (stream_id, position)"
    )
    assert kept["uploaded_by"] == f"inbox:{desk.inbox.id}"
    assert (kept["inline"], kept["content_id"], kept["size"], kept["file_count"]) == (
        True,
        "c1",
        5,
        1,
    )


async def test_what_the_database_cannot_hold_is_cleaned(desk: Desk) -> None:
    dirty = "a\x00b\ud800c"
    await accepted(
        desk,
        message(
            f"id{dirty}",
            dirty,
            html=dirty,
            sender_name=dirty,
            reply_address=dirty,
            data={dirty: [dirty, {"deep": dirty}], "big": 2**80, "bytes": b"\xff", 5: {1}},
            thread=(dirty,),
            attachments=(Attachment(dirty, b"x", content_id=dirty),),
        ),
    )
    [entry] = await desk.rows("SELECT * FROM entries")
    clean = "a\ufffdb\ufffdc"
    assert (entry["text"], entry["html"], entry["author_name"]) == (clean, clean, clean)
    assert entry["data"] == {
        "answers": clean,
        clean: [clean, {"deep": clean}],
        "big": str(2**80),
        "bytes": "\ufffd",
        "5": [1],
    }
    assert (await accepted(desk, message(f"id{dirty}"))).duplicate


async def test_a_very_long_name_of_a_message_still_tells_repeats(desk: Desk) -> None:
    # Random, since PostgreSQL compresses: 5,000 equal characters would fit into an index row.
    long = random.Random(1).randbytes(5000).hex()
    await accepted(desk, message(long + "1"))
    assert (await accepted(desk, message(long + "1"))).duplicate
    assert not (await accepted(desk, message(long + "2"))).duplicate


async def test_a_weaker_proof_than_the_address_has_is_marked(desk: Desk) -> None:
    await accepted(desk, message("1"))
    await accepted(desk, message("2", proof=Proof.NONE))
    assert [
        row["data"] for row in await desk.rows("SELECT data FROM entries ORDER BY position")
    ] == [
        {},
        {"proof": "none"},
    ]


async def test_who_writes_has_not_blocked_us_and_can_be_written_to(desk: Desk) -> None:
    await accepted(desk, message("1"))
    async with desk.database.transaction() as session:
        connection = await session.connection()
        await connection.exec_driver_sql("UPDATE reachability SET blocked_at = now()")
        await connection.exec_driver_sql(
            "UPDATE contact_points SET health = 'blocked', health_detail = 'x'"
        )
    await accepted(desk, message("2", automatic=True))
    assert await desk.rows("SELECT health FROM contact_points") == [{"health": "blocked"}]
    await accepted(desk, message("3"))
    assert await desk.rows("SELECT health, health_detail FROM contact_points") == [
        {"health": "ok", "health_detail": ""}
    ]
    assert await desk.rows("SELECT blocked_at FROM reachability") == [{"blocked_at": None}]


async def test_an_older_message_does_not_shorten_the_reply_window(desk: Desk) -> None:
    await accepted(desk, message("1"))
    await accepted(desk, message("2", occurred_at=WRITTEN - timedelta(days=1)))
    await accepted(desk, message("3", occurred_at=WRITTEN - timedelta(days=1), imported=True))
    assert await desk.rows("SELECT last_inbound_at FROM reachability") == [
        {"last_inbound_at": WRITTEN}
    ]


async def test_an_unknown_file_is_quarantined_alone(desk: Desk) -> None:
    bad = message("bad", attachments=(Attachment("a.txt", file_id=uuid4()),))
    outcomes = await asyncio.gather(desk.sink.message(message("1")), desk.sink.message(bad))
    assert isinstance(outcomes[0], Accepted)
    assert not isinstance(outcomes[1], Accepted)


STATE = """
    SELECT e.external_id, e.text, p.value, c.inbound_count, c.status
    FROM entries e JOIN contact_points p ON p.id = e.contact_point_id
    JOIN conversations c ON c.id = e.conversation_id
    WHERE e.inbox_id = :inbox ORDER BY 1
"""


@given(
    repeats=st.lists(st.integers(1, 5), min_size=1, max_size=12),
    seed=st.integers(0, 2**32),
)
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
async def test_any_repetition_in_any_order_leaves_the_same(
    desk: Desk, repeats: list[int], seed: int
) -> None:
    # A new inbox, and addresses of its own, stand for a new database.
    inbox = await make_inbox(desk.database)
    sink = desk.ingest.sink(inbox)
    calls = [
        message(str(n), f"text {n}", address=Address("telegram", f"{inbox.id}-{n % 3}"))
        for n, times in enumerate(repeats)
        for _ in range(times)
    ]
    random.Random(seed).shuffle(calls)
    outcomes = await asyncio.gather(*(sink.message(one) for one in calls))
    answers = {
        (one.external_id, outcome.entry_id, outcome.position)
        for one, outcome in zip(calls, outcomes, strict=True)
        if isinstance(outcome, Accepted)
    }
    assert len(answers) == len(repeats)
    written = [one for one in outcomes if isinstance(one, Accepted) and not one.duplicate]
    assert len(written) == len(repeats)
    of_customer = {value: len(range(value, len(repeats), 3)) for value in range(3)}
    assert await desk.rows(STATE, inbox=inbox.id) == sorted(
        (
            {
                "external_id": str(n),
                "text": f"text {n}",
                "value": f"{inbox.id}-{n % 3}",
                "inbound_count": of_customer[n % 3],
                "status": "open",
            }
            for n in range(len(repeats))
        ),
        key=lambda row: str(row["external_id"]),
    )


async def test_what_says_where_the_channel_stands_is_committed_in_its_order(desk: Desk) -> None:
    """Also from different addresses, whose messages else go two ways at once."""
    outcomes = await asyncio.gather(
        *(
            accepted(
                desk,
                message(str(n), address=Address("telegram", str(n % 20))),
                checkpoint=Checkpoint("offset", {"n": n}),
            )
            for n in range(40)
        )
    )
    positions = [one.position for one in outcomes]
    assert positions == sorted(positions)
    assert await desk.rows("SELECT value FROM channel_state") == [{"value": {"n": 39}}]


async def test_each_address_keeps_its_order_when_many_write_at_once(desk: Desk) -> None:
    outcomes = await asyncio.gather(
        *(
            accepted(desk, message(str(n), address=Address("telegram", str(n % 8))))
            for n in range(80)
        )
    )
    for address in range(8):
        positions = [one.position for one in outcomes[address::8]]
        assert positions == sorted(positions)


async def test_mails_of_many_addresses_keep_one_order(desk: Desk) -> None:
    mails = [
        message(str(n), address=Address("telegram", str(n % 20)), in_order=True) for n in range(40)
    ]
    outcomes = await asyncio.gather(*(accepted(desk, one) for one in mails))
    positions = [one.position for one in outcomes]
    assert positions == sorted(positions)
