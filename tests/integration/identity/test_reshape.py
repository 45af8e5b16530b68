"""Customers are joined and taken apart again; whatever follows from it follows, and comes back."""

import asyncio
from functools import partial
from uuid import UUID

import pytest
from sqlalchemy import text

from hub.conversations.merging import reshape
from hub.customers import homes
from hub.customers.evidence import Evidence
from hub.db.retry import retry_serialization
from hub.errors import Conflict, NotFound
from tests.integration.identity.people import People


async def test_a_merge_shows_both_and_its_undo_neither(people: People) -> None:
    shop = await people.inbox(None)
    await people.writes(shop, "anna", "first", sender_name="Anna", locale="ru")
    await people.writes(shop, "a.petrova", "second")
    one, two = await people.contact("anna"), await people.contact("a.petrova")
    before = [await people.get(one.root_id), await people.get(two.root_id)]

    moved = await people.merge(two.root_id, one.root_id, "the same voice")
    merged = await people.get(two.root_id)
    assert await people.get(one.root_id) == merged
    assert (merged["id"], merged["name"], merged["locale"]) == (str(two.root_id), "Anna", "ru")
    assert merged["merged_from"] == [str(one.root_id)]
    assert [point["value"] for point in merged["contact_points"]] == ["anna", "a.petrova"]
    assert await people.words(one.root_id) == ["first", "second"]
    [told] = await people.acts(two.root_id)
    assert (told["activity"], told["reason"]) == ("customer.merged", "the same voice")
    assert told["customer"] == {"id": str(one.root_id), "name": "Anna"}

    await people.undo(two.root_id, moved.edge_id)
    assert [await people.get(one.root_id), await people.get(two.root_id)] == before
    assert await people.words(one.root_id) == ["first"]
    assert await people.words(two.root_id) == ["second"]
    assert [one["activity"] for one in await people.acts(one.root_id)] == ["customer.unmerged"]
    assert [one["activity"] for one in await people.acts(two.root_id)] == [
        "customer.merged",
        "customer.unmerged",
    ]


async def test_conversations_follow_and_come_back(people: People) -> None:
    shop = await people.inbox(None)
    await people.writes(shop, "anna", "first")
    await people.writes(shop, "petrova", "second")
    one, two = await people.contact("anna"), await people.contact("petrova")
    moved = await people.merge(one.root_id, two.root_id)
    assert {row.customer_id for row in await people.conversations()} == {one.root_id}
    await people.undo(two.root_id, moved.edge_id)
    opened = {row.opening_stream_id: row.customer_id for row in await people.conversations()}
    assert opened == {one.stream_id: one.root_id, two.stream_id: two.root_id}


async def test_a_mixed_conversation_is_torn_apart(people: People) -> None:  # noqa: PLR0915
    shop = await people.inbox(None)
    olga = await people.operator("vera")
    await people.writes(shop, "anna", "a1")
    one, two = await people.contact("anna"), await people.contact("petrova")
    moved = await people.merge(one.root_id, two.root_id)
    [row] = await people.conversations()
    await people.execute(
        "UPDATE conversations SET labels = '{vip}', assignee_id = :olga", olga=olga.id
    )
    people.clock.turn(minutes=1)
    await people.writes(shop, "petrova", "p1")
    await people.sends(two, olga, "to petrova", contact_point=two.contact_point_id)
    await people.writes(shop, "petrova", "p2")
    await people.writes(shop, "anna", "a2")
    [row] = await people.conversations()
    assert (row.inbound_count, row.channels) == (4, ["fake"])
    await people.execute(
        "INSERT INTO conversation_reads VALUES (:id, :olga, 3)", id=row.id, olga=olga.id
    )

    await people.undo(one.root_id, moved.edge_id)
    kept, torn = await people.conversations()
    assert (kept.id, kept.customer_id, torn.customer_id) == (row.id, one.root_id, two.root_id)
    said = await people.said()
    assert said == {str(kept.id): ["a1", "a2"], str(torn.id): ["p1", "to petrova", "p2"]}
    assert (torn.labels, torn.assignee_id, torn.status) == (["vip"], olga.id, "open")
    assert (kept.inbound_count, torn.inbound_count) == (2, 2)
    assert (kept.first_replied_at, torn.first_replied_at) == (None, people.clock())
    # Answered up to "to petrova": only "p2" waits; on the other side nobody answered at all.
    assert torn.waiting_since == people.clock()
    assert kept.waiting_since < torn.waiting_since
    lasts = await people.execute(
        "SELECT e.text FROM conversations c JOIN entries e ON e.stream_id = c.last_stream_id "
        "AND e.position = c.last_position ORDER BY c.opened_at, c.id"
    )
    assert [last.text for last in lasts] == ["a2", "p2"]
    reads = await people.execute("SELECT * FROM conversation_reads")
    assert {one.conversation_id: one.inbound_count for one in reads} == {kept.id: 1, torn.id: 1}
    [delivery] = await people.execute("SELECT conversation_id, customer_id FROM deliveries")
    assert (delivery.conversation_id, delivery.customer_id) == (torn.id, two.record_id)
    [noted] = await people.execute(
        "SELECT detail->'conversations' AS torn FROM identity_edges WHERE id = :id",
        id=moved.edge_id,
    )
    assert noted.torn == [{"from": str(kept.id), "to": str(torn.id)}]


async def test_what_the_other_side_wrote_into_a_moved_conversation_stays(people: People) -> None:
    shop = await people.inbox(None)
    await people.writes(shop, "petrova", "p1")
    two, one = await people.contact("petrova"), await people.contact("anna")
    moved = await people.merge(one.root_id, two.root_id)
    await people.writes(shop, "anna", "a1")
    await people.undo(one.root_id, moved.edge_id)
    by_customer = {
        row.customer_id: (await people.said())[str(row.id)] for row in await people.conversations()
    }
    assert by_customer == {one.root_id: ["a1"], two.root_id: ["p1"]}


async def test_undos_need_no_order(people: People) -> None:
    a, b, c = [await people.contact(name) for name in ("a", "b", "c")]
    first = await people.merge(b.root_id, a.root_id)
    second = await people.merge(c.root_id, b.root_id)
    assert await people.root(a.root_id) == c.root_id
    await people.undo(c.root_id, first.edge_id)
    assert await people.root(a.root_id) == a.root_id
    assert await people.root(b.root_id) == c.root_id
    await people.undo(b.root_id, second.edge_id)
    assert await people.root(b.root_id) == b.root_id


async def test_an_undo_takes_along_what_hangs_below(people: People) -> None:
    shop = await people.inbox(None)
    for name in ("a", "b", "c"):
        await people.writes(shop, name, f"from {name}")
    a, b, c = [await people.contact(name) for name in ("a", "b", "c")]
    await people.merge(b.root_id, c.root_id)
    second = await people.merge(a.root_id, b.root_id)
    await people.undo(a.root_id, second.edge_id)
    assert [await people.root(one.record_id) for one in (a, b, c)] == [
        a.root_id,
        b.root_id,
        b.root_id,
    ]
    assert await people.words(a.root_id) == ["from a"]
    assert await people.words(b.root_id) == ["from b", "from c"]


async def test_a_merged_record_is_merged_with_all_it_belongs_to(people: People) -> None:
    a, b, c = [await people.contact(name) for name in ("a", "b", "c")]
    await people.merge(b.root_id, a.root_id)
    await people.merge(c.root_id, a.root_id)
    assert {await people.root(one.root_id) for one in (a, b, c)} == {c.root_id}


async def test_impossible_merges_say_why(people: People) -> None:
    a, b = await people.contact("a"), await people.contact("b")
    moved = await people.merge(a.root_id, b.root_id)
    for pair in ((a, b), (b, a), (a, a)):
        with pytest.raises(Conflict) as refused:
            await people.merge(pair[0].root_id, pair[1].root_id)
        assert refused.value.kind == "already-merged"
        assert refused.value.extra == {"customer_id": str(a.root_id)}
    stranger = await people.contact("c")
    with pytest.raises(NotFound):
        await people.undo(stranger.root_id, moved.edge_id)
    await people.undo(a.root_id, moved.edge_id)
    with pytest.raises(Conflict) as refused:
        await people.undo(a.root_id, moved.edge_id)
    assert refused.value.kind == "already-undone"
    with pytest.raises(NotFound):
        await people.undo(a.root_id, stranger.root_id)


async def test_an_address_is_taken_out_and_comes_back(people: People) -> None:
    shop = await people.inbox(None)
    one, two = await people.contact("anna"), await people.contact("petrova")
    await people.merge(one.root_id, two.root_id)
    before = await people.get(one.root_id)
    await people.writes(shop, "anna", "a1")
    await people.writes(shop, "petrova", "p1")

    moved = await people.split(two.contact_point_id, "her sister's")
    alone = await people.get(moved.new_root)
    assert [point["value"] for point in alone["contact_points"]] == ["petrova"]
    assert await people.words(moved.new_root) == ["p1"]
    assert await people.words(one.root_id) == ["a1"]
    for customer in (one.root_id, moved.new_root):
        [told] = [
            one for one in await people.acts(customer) if one["activity"] == "contact_point.split"
        ]
        assert told["reason"] == "her sister's"

    await people.writes(shop, "petrova", "p2")
    await people.undo(moved.new_root, moved.edge_id)
    after = await people.get(moved.new_root)
    assert after == await people.get(one.root_id)
    assert [point["value"] for point in after.pop("contact_points")] == ["anna", "petrova"]
    assert after == {name: before[name] for name in after}
    assert await people.words(one.root_id) == ["a1", "p1", "p2"]
    assert {row.customer_id for row in await people.conversations()} == {one.root_id}
    with pytest.raises(Conflict):
        await people.undo(one.root_id, moved.edge_id)


async def test_an_address_split_twice_finds_home_in_any_order(people: People) -> None:
    one, two = await people.contact("anna"), await people.contact("petrova")
    await people.merge(one.root_id, two.root_id)
    first = await people.split(two.contact_point_id)
    other = await people.contact("boris")
    away = await people.merge(other.root_id, first.new_root)
    second = await people.split(two.contact_point_id)
    # The first split no longer decides anything; taken back, it leaves the second where it is.
    await people.undo(other.root_id, first.edge_id)
    assert await people.root(second.new_root) == second.new_root
    await people.undo(second.new_root, second.edge_id)
    assert await people.root(second.new_root) == one.root_id
    assert await people.root(two.root_id) == one.root_id
    await people.undo(other.root_id, away.edge_id)
    values = [point["value"] for point in (await people.get(one.root_id))["contact_points"]]
    assert values == ["anna", "petrova"]


async def test_the_only_address_cannot_be_split_out(people: People) -> None:
    one = await people.contact("anna")
    with pytest.raises(Conflict) as refused:
        await people.split(one.contact_point_id)
    assert refused.value.kind == "nothing-to-split"
    with pytest.raises(NotFound):
        await people.split(one.root_id)


async def test_both_sides_hear_of_it(people: People) -> None:
    shop = await people.inbox(None)
    await people.writes(shop, "petrova", "p1")
    one, two = await people.contact("anna"), await people.contact("petrova")
    moved = await people.merge(one.root_id, two.root_id)
    await people.undo(one.root_id, moved.edge_id)
    events = await people.events("customer.reshaped")
    assert [event.customer_id for event in events] == [
        one.root_id,
        two.root_id,
        two.root_id,
        one.root_id,
    ]
    assert [event.data["undo"] for event in events] == [False, False, True, True]
    updated = [event.data["changed"] for event in await people.events("conversation.updated")]
    assert updated == [
        {"customer": [str(two.root_id), str(one.root_id)]},
        {"customer": [str(one.root_id), str(two.root_id)]},
    ]


async def test_merges_wait_for_each_other_in_one_order(people: People) -> None:
    """No two of them ever hold what the other one needs: without a retry, none fails."""
    homes = [await people.contact(f"p{number}") for number in range(8)]

    async def reshape(number: int) -> None:
        for turn in range(8):
            mine, other = homes[number].root_id, homes[(number + turn + 1) % 8].root_id
            try:
                moved = await people.merge(mine, other)
                await people.undo(mine, moved.edge_id)
            except (Conflict, NotFound):
                continue

    await asyncio.gather(*(reshape(number) for number in range(8)))
    await _check_roots(people)


async def test_merges_messages_and_undos_at_once_agree(people: People) -> None:
    """Ten customers, merged and taken apart while all of them write: nothing is lost or stuck."""
    shop = await people.inbox(None)
    homes = [await people.contact(f"p{number}") for number in range(10)]

    async def write(number: int) -> None:
        for turn in range(8):
            words = f"{number}-{turn}"
            # As ingest does: what loses a race against a merge is simply stored again.
            await retry_serialization(partial(people.writes, shop, f"p{number}", words))

    async def reshape(number: int) -> None:
        for turn in range(6):
            try:
                mine, other = homes[number].root_id, homes[(number + turn + 1) % 10].root_id
                moved = await retry_serialization(partial(people.merge, mine, other))
                await retry_serialization(partial(people.undo, mine, moved.edge_id))
            except (Conflict, NotFound):
                # Somebody else has merged, or undone, these two first.
                continue

    await asyncio.gather(
        *(write(number) for number in range(10)), *(reshape(number) for number in range(10))
    )
    await _check_roots(people)
    for edge in await people.execute(
        "SELECT id, parent_id FROM identity_edges WHERE act = 'merge' AND ended_at IS NULL"
    ):
        await people.undo(edge.parent_id, edge.id)
    await _check_roots(people)
    for number, home in enumerate(homes):
        assert await people.root(home.root_id) == home.root_id
        assert await people.words(home.root_id) == [f"{number}-{turn}" for turn in range(8)]


async def _check_roots(people: People) -> None:
    """Every cache says what the edges say, and every conversation is of one customer."""
    wrong = await people.execute("""
        WITH RECURSIVE up AS (
            SELECT c.id, c.id AS top, 0 AS depth FROM customers c
            UNION ALL
            SELECT up.id, e.parent_id, depth + 1 FROM up
            JOIN identity_edges e ON e.customer_id = up.top AND e.ended_at IS NULL
            WHERE depth < 50
        ), truth AS (SELECT DISTINCT ON (id) id, top FROM up ORDER BY id, depth DESC)
        SELECT c.id FROM customers c JOIN truth USING (id) WHERE c.root_id <> truth.top
        UNION ALL
        SELECT s.id FROM streams s JOIN truth ON truth.id = s.record_id
        WHERE s.root_id <> truth.top
        UNION ALL
        SELECT e.id FROM entries e JOIN streams s ON s.id = e.stream_id
        JOIN conversations c ON c.id = e.conversation_id
        JOIN streams home ON home.id = c.opening_stream_id
        WHERE e.kind = 'message' AND s.root_id <> home.root_id
    """)
    assert wrong == []


async def test_who_waits_for_a_customer_holds_the_one_the_address_was_split_to(
    people: People,
) -> None:
    """A block of an address, asked for while the address is being taken out."""
    shop = await people.inbox(None)
    await people.writes(shop, "anna", "one")
    await people.writes(shop, "petrova", "two")
    one, two = await people.contact("anna"), await people.contact("petrova")
    await people.merge(one.root_id, two.root_id)

    async def held() -> tuple[UUID | None, bool]:
        async with people.database.transaction() as session:
            root = await homes.lock_point(session, two.contact_point_id)
            return root, await locked(people, root)

    async def take_out() -> None:
        async with people.database.transaction() as session:
            grounds = people.by.grounds(Evidence.OPERATOR)
            await reshape.split(session, two.contact_point_id, grounds, people.by)
            taken_out.set()
            await waits_for_a_lock(people)

    async def then_block() -> tuple[UUID | None, bool]:
        await taken_out.wait()
        return await held()

    taken_out = asyncio.Event()
    _, (root, is_locked) = await asyncio.gather(take_out(), then_block())
    [row] = await people.execute(
        "SELECT root_id FROM streams WHERE contact_point_id = :id", id=two.contact_point_id
    )
    assert (root, is_locked) == (row.root_id, True)
    assert root != one.root_id


async def locked(people: People, root: UUID | None) -> bool:
    """Whether somebody else holds the customer's row."""
    async with people.database.transaction() as other:
        rows = await other.execute(
            text("SELECT id FROM customers WHERE id = :id FOR NO KEY UPDATE SKIP LOCKED"),
            {"id": root},
        )
        return rows.first() is None


async def waits_for_a_lock(people: People) -> None:
    async with asyncio.timeout(20):
        while not await people.execute(  # noqa: ASYNC110 - nothing rings when a backend waits
            "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            " AND datname = current_database()"
        ):
            await asyncio.sleep(0.02)
