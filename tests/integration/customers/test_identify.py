"""An address leads to one customer, however many ask at once and whatever happens meanwhile."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from hub.customers.identify import Home, Seen, identify
from hub.customers.roots import lock_roots
from hub.customers.streams import record_stream
from hub.db.engine import Database
from hub.errors import Invalid, NotFound
from hub.ports import Proof

NOW = datetime(2026, 5, 3, 9, 0, tzinfo=UTC)
BY: tuple[str, UUID | None] = ("system", None)


async def see(database: Database, *seen: Seen) -> list[Home]:
    async with database.transaction() as session:
        return await identify(session, seen, evidence_by=BY, now=NOW)


async def rows(database: Database, sql: str, **values: object) -> list[dict[str, object]]:
    async with database.reading() as session:
        return [dict(row) for row in (await session.execute(text(sql), values)).mappings()]


async def test_an_unknown_address_becomes_a_customer_with_evidence(database: Database) -> None:
    [home] = await see(
        database, Seen("tel", "8 (912) 345-67-89", Proof.PROVIDER, name="Семён", label="sim")
    )
    assert home.created
    [point] = await rows(database, "SELECT * FROM contact_points")
    assert (point["value"], point["raw"], point["label"], point["proof"]) == (
        "+79123456789",
        "8 (912) 345-67-89",
        "sim",
        "provider",
    )
    [customer] = await rows(database, "SELECT * FROM customers")
    assert (customer["name"], customer["folded"], customer["root_id"]) == (
        "Семён",
        "семен",
        customer["id"],
    )
    [edge] = await rows(database, "SELECT * FROM identity_edges")
    assert (edge["stream_id"], edge["parent_id"], edge["evidence"]) == (
        home.stream_id,
        home.root_id,
        "provider",
    )
    [event] = await rows(database, "SELECT type, customer_id FROM pending_events")
    assert event == {"type": "customer.created", "customer_id": home.root_id}


async def test_the_same_address_leads_to_the_same_home(database: Database) -> None:
    first = await see(database, Seen("email", "Anna@Example.com"), Seen("telegram", "17"))
    again = await see(
        database,
        Seen("telegram", "17"),
        Seen("email", "anna@example.com "),
        Seen("telegram", "17"),
    )
    assert [home.stream_id for home in again] == [
        first[1].stream_id,
        first[0].stream_id,
        first[1].stream_id,
    ]
    assert not any(home.created for home in again)
    assert len(await rows(database, "SELECT 1 FROM customers")) == 2


async def test_proof_only_rises(database: Database) -> None:
    rising = (Proof.PROVIDER, Proof.NONE, Proof.SIGNED, Proof.PROVIDER)
    homes = [await see(database, Seen("email", "a@b.example", proof)) for proof in rising]
    assert [home.proof for [home] in homes] == [
        *rising[:1],
        *rising[:1],
        *rising[2:3],
        *rising[2:3],
    ]
    assert await rows(database, "SELECT proof FROM contact_points") == [{"proof": "signed"}]


async def test_a_name_is_taken_once_and_a_label_follows_the_account(database: Database) -> None:
    await see(database, Seen("telegram", "17"))
    await see(database, Seen("telegram", "17", name="Пётр", label="@petr", locale="ru"))
    await see(database, Seen("telegram", "17", name="Somebody", label="@petr2", locale="bg"))
    assert await rows(database, "SELECT name, folded, locale FROM customers") == [
        {"name": "Пётр", "folded": "петр", "locale": "ru"}
    ]
    assert await rows(database, "SELECT label FROM contact_points") == [{"label": "@petr2"}]


async def test_a_bad_address_creates_nothing(database: Database) -> None:
    with pytest.raises(Invalid):
        await see(database, Seen("telegram", "17"), Seen("email", "nobody"))
    assert await rows(database, "SELECT 1 FROM contact_points") == []


async def test_many_who_bring_the_same_newcomers_agree(database: Database) -> None:
    addresses = [str(number) for number in range(400)]

    async def bring(turn: int) -> list[UUID]:
        order = addresses[turn * 50 :] + addresses[: turn * 50]
        homes = await see(database, *(Seen("telegram", value) for value in order))
        return [
            home.stream_id
            for _, home in sorted(zip(order, homes, strict=True), key=lambda p: p[0])
        ]

    answers = await asyncio.gather(*(bring(turn) for turn in range(8)))
    assert all(answer == answers[0] for answer in answers)
    assert len(await rows(database, "SELECT 1 FROM customers")) == 400
    assert len(await rows(database, "SELECT 1 FROM streams")) == 400


async def locked(database: Database, root_id: UUID) -> bool:
    async with database.transaction() as other:
        free = await other.execute(
            text("SELECT id FROM customers WHERE id = :id FOR NO KEY UPDATE SKIP LOCKED"),
            {"id": root_id},
        )
        return free.first() is None


async def merge(database: Database, loser: UUID, survivor: UUID) -> None:
    """What a merge does to the cached roots, with both roots locked."""
    async with database.transaction() as session:
        await lock_roots(session, [loser, survivor])
        await asyncio.sleep(0.3)
        for table in ("customers", "streams"):
            await session.execute(
                text(f"UPDATE {table} SET root_id = :new WHERE root_id = :old"),  # noqa: S608
                {"new": survivor, "old": loser},
            )


async def test_a_merge_while_waiting_for_the_lock_leads_to_the_new_root(
    database: Database,
) -> None:
    loser, survivor = await see(database, Seen("telegram", "1"), Seen("telegram", "2"))
    merging = asyncio.create_task(merge(database, loser.root_id, survivor.root_id))  # noqa: TID251
    await asyncio.sleep(0.03)
    async with database.transaction() as session:
        [home] = await identify(session, [Seen("telegram", "1")], evidence_by=BY, now=NOW)
        assert home.root_id == survivor.root_id
        assert await locked(database, survivor.root_id)
    await merging


async def test_identify_leaves_the_roots_locked(database: Database) -> None:
    [other] = await see(database, Seen("telegram", "2"))
    await see(database, Seen("telegram", "1"))
    async with database.transaction() as session:
        [home] = await identify(session, [Seen("telegram", "1")], evidence_by=BY, now=NOW)
        assert await locked(database, home.root_id)
        assert not await locked(database, other.root_id)


async def test_lock_roots_follows_a_merge_and_holds_the_root(database: Database) -> None:
    loser, survivor = await see(database, Seen("telegram", "1"), Seen("telegram", "2"))
    merging = asyncio.create_task(merge(database, loser.root_id, survivor.root_id))  # noqa: TID251
    await asyncio.sleep(0.03)
    async with database.transaction() as session:
        roots = await lock_roots(session, [loser.root_id])
        assert roots == {loser.root_id: survivor.root_id}
        assert await locked(database, survivor.root_id)
    await merging


async def test_lock_roots_names_the_unknown(database: Database) -> None:
    async with database.transaction() as session:
        assert await lock_roots(session, []) == {}
        with pytest.raises(NotFound):
            await lock_roots(session, [uuid4()])


async def test_the_record_stream_is_made_once(database: Database) -> None:
    [home] = await see(database, Seen("telegram", "1"))

    async def ask() -> UUID:
        async with database.transaction() as session:
            return await record_stream(session, home.root_id, NOW)

    streams = await asyncio.gather(*(ask() for _ in range(4)))
    assert len(set(streams)) == 1
    edges = await rows(database, "SELECT stream_id FROM identity_edges WHERE evidence = 'record'")
    assert edges == [{"stream_id": streams[0]}]
