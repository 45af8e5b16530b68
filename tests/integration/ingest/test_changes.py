"""What customers do after the fact: once each, on their own words, and visible."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import orjson
import pytest
from sqlalchemy import text

from hub.ports import Accepted, Address, Change, Checkpoint, DeliveryReceipt, Signal
from tests.integration.ingest.conftest import WRITTEN, Desk, message

ANNA = Address("telegram", "17")


def change(kind: str, change_id: str = "c1", **changed: Any) -> Change:
    facts: dict[str, Any] = {
        "kind": kind,
        "occurred_at": WRITTEN,
        "address": ANNA,
        "change_id": change_id,
    }
    return Change(**{**facts, **changed})


@pytest.fixture
async def said(desk: Desk) -> Accepted:
    outcome = await desk.sink.message(message("1", "first words"))
    assert isinstance(outcome, Accepted)
    async with desk.database.transaction() as session:
        await session.execute(text("DELETE FROM pending_events"))
    return outcome


async def sent(desk: Desk, external_id: str, **content: object) -> int:
    """An outbound message that the provider calls `external_id`; its position."""
    async with desk.database.transaction() as session:
        row = (
            await session.execute(
                text("""
                    INSERT INTO entries (stream_id, position, id, kind, direction, inbox_id,
                        contact_point_id, conversation_id, author_kind, text, status, occurred_at,
                        recorded_at, sort_at)
                    SELECT stream_id, nextval('entry_positions'), uuidv7(), 'message', 'outbound',
                        inbox_id, contact_point_id, conversation_id, 'operator', 'our words',
                        'sent', now(), now(), now() FROM entries LIMIT 1
                    RETURNING *
                """)
            )
        ).one()
        await session.execute(
            text("""
                INSERT INTO deliveries (entry_id, stream_id, position, conversation_id,
                    customer_id, contact_point_id, inbox_id, scheme, address, content, status,
                    external_id, deadline)
                SELECT :entry, :stream, :position, :conversation, root_id, :point, :inbox,
                    'telegram', '17', CAST(:content AS jsonb), 'sent', :name, now()
                FROM streams WHERE id = :stream
            """),
            {
                "entry": row.id,
                "stream": row.stream_id,
                "position": row.position,
                "conversation": row.conversation_id,
                "point": row.contact_point_id,
                "inbox": row.inbox_id,
                "name": external_id,
                "content": orjson.dumps(content).decode(),
            },
        )
    position: int = row.position
    return position


async def events(desk: Desk) -> list[tuple[str, Any]]:
    found = await desk.rows("SELECT type, data FROM pending_events ORDER BY n")
    return [(row["type"], row["data"]) for row in found]


async def test_an_edit_keeps_what_was_said(desk: Desk, said: Accepted) -> None:
    edit = change("edit", external_id="1", text="second\x00 words", html="<b>x</b>")
    await desk.sink.change(edit, checkpoint=Checkpoint("offset", {"n": 1}))
    await desk.sink.change(edit, checkpoint=Checkpoint("offset", {"n": 2}))
    assert await desk.rows("SELECT text, html, version, id FROM entries") == [
        {"text": "second\ufffd words", "html": "<b>x</b>", "version": 2, "id": said.entry_id}
    ]
    assert await desk.rows("SELECT version, text, ended_by_kind FROM entry_versions") == [
        {"version": 1, "text": "first words", "ended_by_kind": "customer"}
    ]
    assert await events(desk) == [("message.updated", {"change": "edit"})]
    assert await desk.rows("SELECT value FROM channel_state") == [{"value": {"n": 2}}]


@pytest.mark.usefixtures("said")
async def test_a_repeated_edit_does_not_undo_a_later_one(desk: Desk) -> None:
    first = change("edit", "c1", external_id="1", text="second")
    for one in (first, change("edit", "c2", external_id="1", text="third"), first):
        await desk.sink.change(one)
    assert await desk.rows("SELECT text, version FROM entries") == [
        {"text": "third", "version": 3}
    ]


@pytest.mark.usefixtures("said")
async def test_a_deleted_message_keeps_its_words_in_its_versions(desk: Desk) -> None:
    await desk.sink.change(change("delete", external_id="1"))
    await desk.sink.change(change("edit", "c2", external_id="1", text="again"))
    await desk.sink.change(change("delete", "c3", external_id="1"))
    [entry] = await desk.rows("SELECT text, deleted_at IS NOT NULL AS deleted FROM entries")
    assert entry == {"text": "", "deleted": True}
    assert await desk.rows("SELECT text FROM entry_versions") == [{"text": "first words"}]
    assert await events(desk) == [("message.updated", {"change": "delete"})]


@pytest.mark.usefixtures("said")
async def test_nobody_changes_anothers_words(desk: Desk) -> None:
    await desk.sink.message(message("2", address=Address("telegram", "18")))
    await sent(desk, "out-1")
    eve = Address("telegram", "18")
    await desk.sink.change(change("edit", "c1", address=eve, external_id="1", text="forged"))
    await desk.sink.change(change("delete", "c2", address=eve, external_id="1"))
    await desk.sink.change(change("reaction", "c3", address=eve, external_id="1", value="x"))
    await desk.sink.change(change("edit", "c4", external_id="out-1", text="forged"))
    assert await desk.rows("SELECT text FROM entries WHERE text = 'forged' OR text = ''") == []
    assert await desk.rows("SELECT 1 FROM entry_reactions") == []


@pytest.mark.usefixtures("said")
async def test_reactions_on_either_sides_words(desk: Desk) -> None:
    position = await sent(desk, "out-1")
    await desk.sink.change(change("reaction", "c1", external_id="out-1", value="👍"))
    await desk.sink.change(change("reaction", "c2", external_id="1", value="🎉"))
    await desk.sink.change(change("reaction", "c3", external_id="out-1", value="❤"))
    await desk.sink.change(change("reaction", "c4", external_id="1"))
    assert await desk.rows("SELECT position, author, value FROM entry_reactions") == [
        {"position": position, "author": "customer", "value": "❤"}
    ]
    assert await events(desk) == [("message.updated", {"change": "reaction"})] * 4


@pytest.mark.usefixtures("said")
async def test_reading_makes_deliveries_read_up_to_there(desk: Desk) -> None:
    first, second = await sent(desk, "out-1"), await sent(desk, "out-2")
    await desk.sink.change(change("read", position=first))
    assert await desk.rows("SELECT position FROM deliveries WHERE status = 'read'") == [
        {"position": first}
    ]
    assert await desk.rows("SELECT read_position FROM reachability") == [{"read_position": first}]
    await desk.sink.change(change("read", "c2", position=2**70))
    assert await desk.rows("SELECT count(*) AS n FROM deliveries WHERE status = 'read'") == [
        {"n": 2}
    ]
    await desk.sink.change(change("read", "c3", position=-5))
    [reach] = await desk.rows("SELECT read_position FROM reachability")
    assert reach["read_position"] == second
    third = await sent(desk, "out-3")
    await desk.sink.change(change("read", "c4", position=third))
    await desk.sink.change(change("read", "c4", position=third))
    assert await desk.rows("SELECT count(*) AS n FROM deliveries WHERE status = 'read'") == [
        {"n": 3}
    ]
    assert await desk.rows("SELECT 1 FROM ingress WHERE external_id LIKE 'change:%'") == []


@pytest.mark.usefixtures("said")
async def test_blocks_and_silence_are_kept_and_lifted(desk: Desk) -> None:
    await desk.sink.change(change("blocked", "c1"))
    await desk.sink.change(change("opted_out", "c2", occurred_at=WRITTEN + timedelta(days=9999)))
    [reach] = await desk.rows("SELECT blocked_at FROM reachability")
    [point] = await desk.rows("SELECT opted_out_at FROM contact_points")
    assert reach["blocked_at"] == WRITTEN
    assert point["opted_out_at"] <= datetime.now(UTC)  # noqa: TID251
    await desk.sink.change(change("unblocked", "c3"))
    await desk.sink.change(change("opted_in", "c4"))
    assert await desk.rows("SELECT blocked_at FROM reachability") == [{"blocked_at": None}]
    assert await desk.rows("SELECT opted_out_at FROM contact_points") == [{"opted_out_at": None}]
    assert await events(desk) == [("customer.updated", {"changed": ["contact_points"]})] * 4


async def test_a_strangers_opt_out_counts_and_nothing_else_does(desk: Desk) -> None:
    for number, kind in enumerate(("blocked", "unblocked", "opted_in", "read", "edit")):
        await desk.sink.change(change(kind, f"c{number}"))
    assert await desk.rows("SELECT 1 FROM contact_points") == []
    # Only reading needs no line: its repeat does nothing by itself.
    assert len(await desk.rows("SELECT 1 FROM ingress")) == 4
    await desk.sink.change(change("opted_out", "stop"))
    [point] = await desk.rows("SELECT value, opted_out_at FROM contact_points")
    assert (point["value"], point["opted_out_at"]) == ("17", WRITTEN)


@pytest.mark.usefixtures("said")
async def test_a_complaint_silences_whom_the_mail_went_to_and_nobody_it_names(desk: Desk) -> None:
    await desk.sink.message(message("2", address=Address("telegram", "18")))
    await sent(desk, "out-1", cc=["Boss <19>"])
    [delivery] = await desk.rows("SELECT id FROM deliveries")
    about = {"delivery_id": delivery["id"]}
    silent = "SELECT value FROM contact_points WHERE opted_out_at IS NOT NULL"
    await desk.sink.change(
        change("opted_out", "c1", address=Address("telegram", "19"), **about)
    )  # who had a copy
    await desk.sink.change(change("opted_out", "c2", delivery_id=uuid4()))  # not one of ours
    assert await desk.rows(silent) == []
    await desk.sink.change(change("opted_out", "c3", address=Address("telegram", "18"), **about))
    assert await desk.rows(silent) == [{"value": "17"}]


@pytest.mark.usefixtures("said")
async def test_a_change_of_an_unknown_message_does_nothing(desk: Desk) -> None:
    await desk.sink.change(change("edit", external_id="unheard of", text="x"))
    assert await desk.rows("SELECT text FROM entries") == [{"text": "first words"}]
    assert await events(desk) == []


async def test_a_change_never_hides_a_message_of_the_same_name(desk: Desk) -> None:
    await desk.sink.change(change("blocked", "1"))
    outcome = await desk.sink.message(message("1"))
    assert isinstance(outcome, Accepted)
    assert not outcome.duplicate


async def test_a_change_that_cannot_be_applied_is_kept_and_blocks_nothing(desk: Desk) -> None:
    bad = change("edit", address=Address("email", "nobody"), external_id="1", text="x\ud800")
    for _ in range(2):
        await desk.sink.change(bad, checkpoint=Checkpoint("offset", {"n": 1}))
    [kept] = await desk.rows("SELECT raw, error FROM quarantine")
    assert orjson.loads(kept["raw"])["kind"] == "edit"
    assert await desk.rows("SELECT value FROM channel_state") == [{"value": {"n": 1}}]


@pytest.mark.usefixtures("said")
async def test_a_pressed_button_says_what_stood_on_it(desk: Desk) -> None:
    await sent(desk, "out-1", buttons=[{"label": "Да, жду", "value": "yes"}])
    async with desk.database.transaction() as session:
        await session.execute(text("UPDATE conversations SET status = 'pending'"))
    press = change("button", external_id="out-1", value="yes")
    for _ in range(2):
        await desk.sink.change(press, checkpoint=Checkpoint("offset", {"n": 5}))
    pressed = await desk.rows(
        "SELECT text, data, direction FROM entries ORDER BY position DESC LIMIT 1"
    )
    facts = {"button": "yes", "proof": "none", "answers": "out-1"}
    assert pressed == [{"text": "Да, жду", "data": facts, "direction": "inbound"}]
    assert await desk.rows("SELECT status, inbound_count FROM conversations") == [
        {"status": "open", "inbound_count": 2}
    ]
    assert await desk.rows("SELECT value FROM channel_state") == [{"value": {"n": 5}}]


@pytest.mark.usefixtures("said")
async def test_a_receipt_reaches_its_delivery(desk: Desk) -> None:
    await sent(desk, "out-1")
    await desk.sink.delivery(
        DeliveryReceipt(status="delivered", occurred_at=WRITTEN, external_id="out-1")
    )
    await desk.sink.delivery(
        DeliveryReceipt(status="delivered", occurred_at=WRITTEN, delivery_id=uuid4())
    )
    assert await desk.rows("SELECT status FROM deliveries") == [{"status": "delivered"}]


@pytest.mark.usefixtures("said")
async def test_signals_are_told_with_their_customer(desk: Desk) -> None:
    desk.sink.signal(Signal("typing", ANNA))
    desk.sink.signal(Signal("online", Address("email", "nobody")))
    desk.sink.signal(Signal("offline", Address("telegram", "stranger")))
    for _ in range(200):
        if len(desk.told) == 2:
            break
        await asyncio.sleep(0.01)
    [customer] = await desk.rows("SELECT id FROM customers")
    told = {one.contact_point: one for one in desk.told}
    typing, gone = told["telegram", "17"], told["telegram", "stranger"]
    assert (typing.type, typing.customer_id, typing.inbox_id) == (
        "typing",
        customer["id"],
        desk.inbox.id,
    )
    assert (gone.type, gone.state, gone.customer_id) == ("presence", "offline", None)


# --- claims


async def claimed(desk: Desk) -> list[Any]:
    return [row["claimed"] for row in await desk.rows("SELECT claimed FROM contact_points")]


@pytest.mark.usefixtures("said")
async def test_a_claim_is_shown_and_does_nothing_else(desk: Desk):
    before = await desk.rows("SELECT id, root_id, name, attributes FROM customers")
    claims = {
        "name": "Ann Lee",
        "email": "boss@shop.example",
        "by": "visitor",
        "role": "admin",
    }
    for change_id in ("c1", "c1", "c2"):
        await desk.sink.change(change("claimed", change_id, claims=claims))
    kept = {"name": "Ann Lee", "email": "boss@shop.example", "by": "visitor"}
    assert await claimed(desk) == [kept], "no second address, and only what is known"
    assert await desk.rows("SELECT id, root_id, name, attributes FROM customers") == before
    assert await desk.rows("SELECT proof FROM contact_points") == [{"proof": "provider"}]
    assert await events(desk) == [("customer.updated", {"changed": ["contact_points"]})]
    await desk.sink.change(change("claimed", "c3"))
    assert await claimed(desk) == [{}], "taken back"


async def test_a_strangers_claim_makes_nobody_up(desk: Desk):
    await desk.sink.change(change("claimed", claims={"name": "Ann"}))
    assert await desk.rows("SELECT id FROM customers") == []


@pytest.mark.usefixtures("said")
async def test_a_long_claim_is_cut(desk: Desk):
    await desk.sink.change(change("claimed", claims={"name": "x" * 10_000}))
    assert [len(one["name"]) for one in await claimed(desk)] == [300]
