"""Customers are found by what people type and shown as one, whatever was merged into them."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from hub.customers import find, repository
from hub.customers.changes import CustomerChanges
from hub.customers.find import After
from hub.customers.identify import Home, Seen, identify
from hub.db.base import Json
from hub.db.engine import Database
from hub.errors import Invalid, NotFound
from hub.ports import Proof

NOW = datetime(2026, 5, 3, 9, 0, tzinfo=UTC)


async def see(database: Database, *seen: Seen, minutes: int = 0) -> list[Home]:
    async with database.transaction() as session:
        return await identify(
            session, seen, evidence_by=("system", None), now=NOW + timedelta(minutes=minutes)
        )


async def execute(database: Database, sql: str, **values: object) -> None:
    async with database.transaction() as session:
        await session.execute(text(sql), values)


async def merge(database: Database, loser: Home, survivor: Home) -> None:
    for table in ("customers", "streams"):
        await execute(
            database,
            f"UPDATE {table} SET root_id = :new WHERE root_id = :old",  # noqa: S608
            new=survivor.root_id,
            old=loser.root_id,
        )


async def get(database: Database, customer_id: UUID, **kwargs: object) -> Json:
    async with database.reading() as session:
        return await repository.get(session, customer_id, now=NOW, **kwargs)  # type: ignore[arg-type]


async def search(database: Database, q: str) -> list[str]:
    async with database.reading() as session:
        found = await repository.search(session, q, limit=20, now=NOW)
    return [one["name"] for one in found]


async def at(database: Database, contact_point: str) -> list[str]:
    async with database.reading() as session:
        found = await repository.by_contact_point(session, contact_point, now=NOW)
    return [one["name"] for one in found]


async def update(database: Database, customer_id: UUID, **changes: object) -> Json:
    async with database.transaction() as session:
        return await repository.update(
            session,
            customer_id,
            CustomerChanges(**changes),  # type: ignore[arg-type]
            now=NOW + timedelta(hours=1),
        )


async def test_the_shape_of_a_customer(database: Database) -> None:
    [home] = await see(
        database, Seen("tel", "8 912 345-67-89", Proof.PROVIDER, name="Анна", locale="ru")
    )
    inbox, hidden = uuid4(), uuid4()
    for inbox_id, name in ((inbox, "Shop"), (hidden, "Board")):
        await execute(
            database,
            "INSERT INTO inboxes (id, channel, name) VALUES (:id, 'sms', :name)",
            id=inbox_id,
            name=name,
        )
        await execute(
            database,
            "INSERT INTO reachability (contact_point_id, inbox_id, last_inbound_at)"
            " VALUES (:point, :inbox, :at)",
            point=home.contact_point_id,
            inbox=inbox_id,
            at=NOW,
        )
    assert await get(database, home.root_id, hidden=[hidden]) == {
        "id": str(home.root_id),
        "name": "Анна",
        "locale": "ru",
        "time_zone": "",
        "owner": None,
        "attributes": {},
        "labels": [],
        "contact_points": [
            {
                "id": str(home.contact_point_id),
                "scheme": "tel",
                "value": "+79123456789",
                "raw": "8 912 345-67-89",
                "label": "",
                "proof": "provider",
                "evidence": {
                    "kind": "provider",
                    "by": {"kind": "system", "id": None},
                    "at": "2026-05-03T09:00:00.000000Z",
                },
                "aged": False,
                "claimed": {},
                "consent": "implicit",
                "consents": {},
                "opted_out_at": None,
                "blocked": False,
                "blocked_reason": "",
                "health": "ok",
                "health_detail": "",
                "inboxes": [
                    {
                        "id": str(inbox),
                        "channel": "sms",
                        "name": "Shop",
                        "blocked": False,
                        "last_inbound_at": "2026-05-03T09:00:00.000000Z",
                        "read_position": None,
                        "seen_position": None,
                        "here": False,
                    }
                ],
            }
        ],
        "merged_from": [],
        "created_at": "2026-05-03T09:00:00.000000Z",
        "updated_at": "2026-05-03T09:00:00.000000Z",
    }


async def test_a_merged_record_fills_the_gaps_and_its_id_keeps_working(database: Database) -> None:
    loser, survivor = await see(
        database, Seen("telegram", "1", name="Пётр", locale="ru"), Seen("telegram", "2", name="P.")
    )
    await update(database, loser.root_id, time_zone="Europe/Sofia", attributes={"a": 1, "b": 1})
    await update(database, survivor.root_id, attributes={"b": 2}, labels=["vip"])
    await merge(database, loser, survivor)
    one = await get(database, loser.root_id)
    assert one["id"] == str(survivor.root_id)
    assert (one["name"], one["locale"], one["time_zone"]) == ("P.", "ru", "Europe/Sofia")
    assert one["attributes"] == {"a": 1, "b": 2}
    assert one["labels"] == ["vip"]
    assert {point["value"] for point in one["contact_points"]} == {"1", "2"}
    assert one["merged_from"] == [str(loser.root_id)]
    assert await search(database, "пётр") == ["P."]


async def test_health_that_has_expired_is_well(database: Database) -> None:
    [home] = await see(database, Seen("telegram", "1"))
    await execute(
        database, "UPDATE contact_points SET health = 'blocked', health_until = :at", at=NOW
    )
    assert (await get(database, home.root_id))["contact_points"][0]["health"] == "ok"
    await execute(database, "UPDATE contact_points SET health_until = NULL, opted_out_at = now()")
    [point] = (await get(database, home.root_id))["contact_points"]
    assert (point["health"], point["consent"]) == ("blocked", "opted_out")


async def test_an_unknown_customer_is_not_found(database: Database) -> None:
    with pytest.raises(NotFound):
        await get(database, uuid4())


@pytest.fixture
async def people(database: Database) -> Database:
    await see(database, Seen("tel", "+79123456789", name="Семён Иванов"), minutes=1)
    await see(database, Seen("email", "maria@shop.example", name="Мария Петрова"), minutes=2)
    await see(database, Seen("telegram", "5501", name="John 100% Smith"), minutes=3)
    return database


@pytest.mark.parametrize(
    ("q", "names"),
    [
        ("семен", ["Семён Иванов"]),
        ("СЕМЁН", ["Семён Иванов"]),
        ("иван", ["Семён Иванов"]),
        ("петровна", ["Мария Петрова"]),
        ("maria@", ["Мария Петрова"]),
        ("MARIA@Shop", ["Мария Петрова"]),
        ("shop.example", ["Мария Петрова"]),
        ("8 (912) 345", ["Семён Иванов"]),
        ("+7 912 345-67-89", ["Семён Иванов"]),
        ("345-67", ["Семён Иванов"]),
        ("550", ["John 100% Smith"]),
        ("100%", ["John 100% Smith"]),
        ("%", ["John 100% Smith"]),
        ("_", []),
        ("\\", []),
        ("nobody at all", []),
        ("\x00", ["John 100% Smith", "Мария Петрова", "Семён Иванов"]),
        ("", ["John 100% Smith", "Мария Петрова", "Семён Иванов"]),
    ],
)
async def test_what_an_operator_types_finds(people: Database, q: str, names: list[str]) -> None:
    assert await search(people, q) == names


async def test_an_exact_contact_point_in_any_spelling(people: Database) -> None:
    assert await at(people, "tel:8 (912) 345-67-89") == ["Семён Иванов"]
    assert await at(people, "email:MARIA@shop.example") == ["Мария Петрова"]
    assert await at(people, "tel:+79123456780") == []
    for wrong in ("79123456789", "tel:x"):
        with pytest.raises(Invalid):
            await at(people, wrong)


async def test_pages_join_without_gap_or_repeat(database: Database) -> None:
    for batch in range(4):
        await see(
            database,
            *(Seen("telegram", f"{batch}-{n}", name=f"Anna {batch}{n}") for n in range(5)),
            minutes=batch,
        )
    for q in ("", "anna"):
        seen: list[str] = []
        after: After | None = None
        while True:
            async with database.reading() as session:
                page = await repository.search(session, q, limit=3, after=after, now=NOW)
            seen += [one["id"] for one in page]
            if len(page) < 3:
                break
            after = After(datetime.fromisoformat(page[-1]["updated_at"]), UUID(page[-1]["id"]))
        assert len(seen) == len(set(seen)) == 20


async def test_another_systems_id_leads_to_the_root(database: Database) -> None:
    loser, survivor = await see(database, Seen("telegram", "1"), Seen("telegram", "2"))
    await execute(
        database,
        "INSERT INTO external_refs (system, external_id, customer_id) VALUES ('shop', '7', :id)",
        id=loser.root_id,
    )
    await merge(database, loser, survivor)
    async with database.reading() as session:
        assert await find.by_external(session, "shop", "7") == survivor.root_id
        assert await repository.by_external(session, "erp", "7", now=NOW) is None
        found = await repository.by_external(session, "shop", "7", now=NOW)
    assert found is not None
    assert found["id"] == str(survivor.root_id)


async def test_a_change_is_written_with_its_event(database: Database) -> None:
    [home] = await see(database, Seen("telegram", "1", name="A"))
    operator = uuid4()
    await execute(
        database,
        "INSERT INTO operators (id, email, role) VALUES (:id, 'o@x.example', 'operator')",
        id=operator,
    )
    await execute(database, "DELETE FROM pending_events")
    changed = await update(
        database,
        home.root_id,
        name="  Ёлка  Иванова ",
        locale="bg",
        time_zone="Europe/Sofia",
        owner=operator,
        labels=["vip", "b2b", "vip"],
        attributes={"city": "Sofia", "gone": None},
    )
    assert changed["name"] == "Ёлка Иванова"
    assert changed["owner"] == str(operator)
    assert changed["labels"] == ["b2b", "vip"]
    assert changed["attributes"] == {"city": "Sofia"}
    assert changed["updated_at"] == "2026-05-03T10:00:00.000000Z"
    assert await search(database, "елка") == ["Ёлка Иванова"]
    cleared = await update(database, home.root_id, owner_cleared=True, attributes={"city": None})
    assert (cleared["owner"], cleared["attributes"], cleared["name"]) == (None, {}, "Ёлка Иванова")
    await update(database, home.root_id, name="Ёлка Иванова")
    async with database.reading() as session:
        events = (
            await session.execute(text("SELECT type, data FROM pending_events ORDER BY n"))
        ).all()
    assert [tuple(event) for event in events] == [
        (
            "customer.updated",
            {"changed": ["attributes", "labels", "locale", "name", "owner", "time_zone"]},
        ),
        ("customer.updated", {"changed": ["attributes", "owner"]}),
    ]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "x" * 301),
        ("name", "a\x00b"),
        ("locale", "русский"),
        ("locale", "e"),
        ("time_zone", "Mars/Base"),
        ("time_zone", "../../etc/passwd"),
        ("time_zone", "\x00"),
        ("time_zone", "Europe"),
        ("labels", ["x" * 65]),
        ("labels", [""]),
        ("labels", [str(n) for n in range(51)]),
        ("attributes", {"x": "y" * 70_000}),
        ("attributes", {"x": "\x00"}),
        ("owner", uuid4()),
    ],
)
async def test_a_wrong_value_is_refused_by_name(
    database: Database, field: str, value: object
) -> None:
    [home] = await see(database, Seen("telegram", "1"))
    with pytest.raises(Invalid) as refused:
        await update(database, home.root_id, **{field: value})
    assert field in refused.value.fields
