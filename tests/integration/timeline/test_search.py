"""Search finds what was said in any form of the word, newest first, and hides what is hidden."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from hub.db.engine import Database
from hub.db.reader import follow
from hub.db.relay import Relay
from hub.errors import Invalid
from hub.events import Event, EventType
from hub.operators.access import Scope
from hub.tasks import background
from hub.timeline import people, search
from hub.timeline.record import Recorded, record
from hub.timeline.search import query, segments
from hub.timeline.search_index import READER, index
from tests.integration.live.conftest import announce
from tests.integration.timeline.world import (
    NOW,
    Person,
    add_inbox,
    add_person,
    message,
    viewer,
)


def event(place: Recorded, kind: EventType = EventType.MESSAGE_CREATED) -> Event:
    return Event(
        1, place.id, kind, NOW, None, None, place.stream_id, place.position, None, {}, None, 0
    )


async def say(database: Database, person: Person, *words: str, **fields: Any) -> list[Recorded]:
    async with database.transaction() as session:
        entries = [message(person, word, **fields) for word in words]
        places = await record(session, entries, now=NOW)
        await index(session, [event(place) for place in places])
    return places


async def found(database: Database, q: str, **options: Any) -> list[str]:
    async with database.reading() as session:
        result = await query(session, viewer(), q, **options)
    return [hit["entry"]["text"] for hit in result.messages]


@pytest.fixture
async def person(database: Database) -> Person:
    async with database.transaction() as session:
        return await add_person(session, name="Семён Пётр", folded="семен петр")


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("Где мои заказы?", "заказ"),
        ("Где мой заказ?", "заказами"),
        ("Купили ёлку", "елка"),
        ("Купили елку", "ёлками"),
        ("I am waiting for two deliveries", "delivery"),
        ("ПОСЫЛКА потерялась", "посылку"),
        ("писать на anna@example.com", "anna@example.com"),
        ("чашка разбита, чайник цел", '"чашка разбита"'),
        ("чашка разбита", "чашка -чайник"),
    ],
)
async def test_any_form_of_a_word_is_found(
    database: Database, person: Person, said: str, asked: str
) -> None:
    await say(database, person, said, "Спасибо, до свидания")
    assert await found(database, asked) == [said]


@pytest.mark.parametrize(
    "asked", ["", "   ", "и", "the", "\x00", '"', "(", "a & | b", "☃", "'%_\\"]
)
async def test_odd_questions_find_nothing_and_break_nothing(
    database: Database, person: Person, asked: str
) -> None:
    await say(database, person, "Здравствуйте")
    assert await found(database, asked) == []


async def test_too_long_a_question_and_a_foreign_cursor_are_refused(database: Database) -> None:
    async with database.reading() as session:
        with pytest.raises(Invalid, match="200"):
            await query(session, viewer(), "x" * 201)
        for cursor in ("", "x", "-1", "９", "9" * 30):
            with pytest.raises(Invalid, match="cursor"):
                await query(session, viewer(), "x", cursor=cursor)


@pytest.mark.parametrize(
    ("near", "enough", "far"),
    [(4000, 20_000, 100_000), (1, 20_000, 1), (2, 3, 5), (1, 1, 1), (3, 1, 2)],
)
async def test_pages_are_complete_and_newest_first_whatever_the_plan(
    database: Database,
    person: Person,
    monkeypatch: pytest.MonkeyPatch,
    near: int,
    enough: int,
    far: int,
) -> None:
    """Walked, looked up, or given up and continued: the pages together are the same."""
    monkeypatch.setattr(search, "NEAR", near)
    monkeypatch.setattr(search, "FOUND", enough)
    monkeypatch.setattr(search, "FAR", far)
    words = [f"чай номер {n}" if n % 3 == 0 else f"кофе номер {n}" for n in range(30)]
    await say(database, person, *words)
    seen: list[str] = []
    cursor = None
    async with database.reading() as session:
        for _ in range(60):
            part = await query(session, viewer(), "чай", limit=2, cursor=cursor)
            seen += [hit["entry"]["text"] for hit in part.messages]
            assert len(part.messages) <= 2
            if part.next is None:
                break
            cursor = part.next
    assert seen == [word for word in reversed(words) if word.startswith("чай")]


async def test_hidden_inboxes_are_not_searched(database: Database, person: Person) -> None:
    async with database.transaction() as session:
        secret, public = await add_inbox(session), await add_inbox(session)
    await say(database, person, "тайна первая", inbox=secret)
    await say(database, person, "тайна вторая", inbox=public)
    async with database.reading() as session:
        result = await query(session, viewer(secret), "тайна")
    assert [hit["entry"]["text"] for hit in result.messages] == ["тайна вторая"]


async def test_changes_and_deletions_follow(database: Database, person: Person) -> None:
    edited, deleted = await say(database, person, "старое слово", "ненужное слово")
    async with database.transaction() as session:
        await session.execute(
            text("UPDATE entries SET text = 'новое' WHERE id = :id"), {"id": edited.id}
        )
        await session.execute(
            text("UPDATE entries SET deleted_at = now() WHERE id = :id"), {"id": deleted.id}
        )
    # Deleted, though the indexer has not come to it yet.
    assert await found(database, "ненужное") == []
    async with database.transaction() as session:
        changed = [event(one, EventType.MESSAGE_UPDATED) for one in (edited, deleted)]
        await index(session, changed + changed)
    assert await found(database, "старое") == []
    assert await found(database, "новое") == ["новое"]
    async with database.reading() as session:
        kept = await session.execute(text("SELECT position FROM search_documents"))
        assert list(kept.scalars()) == [edited.position]


async def test_subjects_and_notes_are_found_activities_are_not(
    database: Database, person: Person
) -> None:
    await say(database, person, "см. тему", data={"subject": "Возврат чайника"})
    await say(database, person, "чайник вернули", kind="note", direction="")
    await say(database, person, "чайник", kind="activity", direction="")
    assert await found(database, "чайник") == ["чайник вернули", "см. тему"]


async def test_a_huge_text_is_indexed_by_its_beginning(database: Database, person: Person) -> None:
    words = " ".join(f"слово{n}" for n in range(100_000))
    await say(database, person, f"начало {words}", f"длинное{'ё' * 300_000}")
    assert len(await found(database, "начало")) == 1


async def test_the_reader_indexes_what_the_log_tells(database: Database, person: Person) -> None:
    async with background() as tasks:
        tasks.start(Relay(database).run(), "relay")
        tasks.start(follow(database, READER, index), "search")
        await announce(database, person.id, message(person, "услышано"))
        async with asyncio.timeout(10):
            while not await found(database, "услышать"):  # noqa: ASYNC110 - nothing rings here
                await asyncio.sleep(0.02)


@pytest.mark.parametrize("asked", ["семен", "ПЁТР", "семён п", "мен", "+7 (912) 345", "79123"])
async def test_customers_by_part_of_a_name_or_an_address(
    database: Database, person: Person, asked: str
) -> None:
    async with database.transaction() as session:
        await add_person(session, name="Olga", folded="olga")
        await session.execute(
            text(
                "UPDATE contact_points SET scheme = 'tel', value = '+79123456789' WHERE id = :id"
            ),
            {"id": person.points[0]},
        )
    async with database.reading() as session:
        customers = (await query(session, viewer(), asked)).customers
    assert [one["name"] for one in customers] == ["Семён Пётр"]
    assert customers[0]["addresses"] == ["tel:+79123456789"]


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ("Семенвоа", ["Анна Семёнова", "Анна Семенова-Петрова"]),
        ("ана семенова", ["Анна Семёнова", "Анна Семенова-Петрова"]),
        ("8 (912) 345-67-89", ["Анна Семёнова"]),
        ("67-89", ["Анна Семёнова"]),
        ("петрова@почта.рф", ["Анна Семенова-Петрова"]),
        ("почта.рф", ["Анна Семенова-Петрова"]),
        ("семенова", ["Анна Семёнова", "Анна Семенова-Петрова"]),
        ("симонова", []),
    ],
)
async def test_customers_by_slips_and_spellings(
    database: Database, asked: str, names: list[str]
) -> None:
    async with database.transaction() as session:
        one = await add_person(session, name="Анна Семёнова", folded="анна семенова")
        two = await add_person(
            session, name="Анна Семенова-Петрова", folded="анна семенова-петрова"
        )
        for person, scheme, value in (
            (one, "tel", "+79123456789"),
            (two, "email", "петрова@xn--80a1acny.xn--p1ai"),
        ):
            await session.execute(
                text("UPDATE contact_points SET scheme = :scheme, value = :value WHERE id = :id"),
                {"scheme": scheme, "value": value, "id": person.points[0]},
            )
    async with database.reading() as session:
        customers = (await query(session, viewer(), asked)).customers
    assert sorted(one["name"] for one in customers) == sorted(names)


async def test_what_fits_exactly_comes_before_what_differs(database: Database) -> None:
    async with database.transaction() as session:
        for name in ("Иванвов", "Иванов", "Иваново"):
            await add_person(session, name=name, folded=name.lower())
    async with database.reading() as session:
        customers = (await query(session, viewer(), "иванов")).customers
    assert [one["name"] for one in customers] == ["Иванов", "Иваново", "Иванвов"]


async def test_a_subject_with_a_slip_comes_after_the_words(
    database: Database, person: Person
) -> None:
    await say(database, person, "Вот он", data={"subject": "Счёт на оплату"})
    await say(database, person, "оплтау мы ждём")
    assert await found(database, "оплтау") == ["оплтау мы ждём", "Вот он"]
    async with database.reading() as session:
        hits = (await query(session, viewer(), "счет на оплтау")).messages
    assert [one["snippet"] for one in hits] == [[{"text": "счет на оплату", "match": True}]]


async def test_what_is_put_in_an_order_is_bounded(
    database: Database, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        await say(database, person, f"Text {number}", data={"subject": f"Счёт на оплату {number}"})
    async with database.transaction() as session:
        for name in ("Колокольчиков", "Колокольчикова", "Колокольчиковы"):
            await add_person(session, name=name, folded=name.lower())
    for bound, subjects, names in ((2, 2, 2), (100, 4, 3)):
        monkeypatch.setattr(search, "ALIKE", bound)
        monkeypatch.setattr(people, "ALIKE", bound)
        assert len(await found(database, "оплтау")) == subjects
        async with database.reading() as session:
            customers = (await query(session, viewer(), "колоколчьиков")).customers
        assert len(customers) == names


async def test_slips_are_found_by_an_index(database: Database) -> None:
    async with database.transaction() as session:
        await session.execute(
            text("""
                INSERT INTO customers (id, root_id, name, folded)
                SELECT id, id, folded, folded FROM (
                    SELECT uuidv7() AS id, md5(n::text) || ' ' || md5((n * 7)::text) AS folded
                    FROM generate_series(1, 20000) AS n) AS made
            """)
        )
        await session.execute(text("ANALYZE customers"))
        plan = await session.execute(
            text("EXPLAIN SELECT id FROM customers WHERE 'семенвоа' <% folded LIMIT 2000")
        )
        assert "customers_folded_trgm_idx" in str(plan.all())


async def test_percent_is_no_wildcard(database: Database, person: Person) -> None:
    assert person.values
    async with database.reading() as session:
        for asked in ("%%%", "сем%", "с_мен"):
            assert (await query(session, viewer(), asked)).customers == []


async def test_orders_by_part_of_a_number(database: Database, person: Person) -> None:
    async with database.transaction() as session:
        await session.execute(
            text("""
                INSERT INTO orders (system, external_id, customer_id, status, number, occurred_at,
                                    fingerprint, items)
                SELECT 'shop', number, :customer, 'shipped', number, now(), '', '[]'
                FROM unnest(ARRAY['A-10234', 'A-10999']) AS number
            """),
            {"customer": person.id},
        )
    async with database.reading() as session:
        orders = (await query(session, viewer(), "a-102")).orders
        among = (await query(session, viewer(), "где заказ №10999?")).orders
    assert [order["number"] for order in among] == ["A-10999"]
    assert [order["number"] for order in orders] == ["A-10234"]
    assert orders[0]["customer_id"] == str(person.id)


async def test_each_part_needs_its_right(database: Database, person: Person) -> None:
    await say(database, person, "семен здесь")
    async with database.reading() as session:
        for scope, parts in ((Scope.MESSAGES_READ, (0, 1)), (Scope.CUSTOMERS_READ, (1, 0))):
            someone = replace(viewer(), scopes=frozenset({scope}))
            result = await query(session, someone, "семен")
            assert (len(result.customers), len(result.messages)) == parts


async def test_a_snippet_is_text_and_never_markup(database: Database, person: Person) -> None:
    await say(database, person, "<b>чай</b> и \x02<script>\x03 печенье")
    async with database.reading() as session:
        (hit,) = (await query(session, viewer(), "чай")).messages
    assert {"text": "чай", "match": True} in hit["snippet"]
    assert sum(bool(piece["match"]) for piece in hit["snippet"]) == 1


@pytest.mark.parametrize(
    ("headline", "expected"),
    [
        ("", []),
        ("a", [("a", False)]),
        ("\x02a\x03", [("a", True)]),
        ("x \x02a\x03 y \x02b\x03", [("x ", False), ("a", True), (" y ", False), ("b", True)]),
    ],
)
def test_segments(headline: str, expected: list[tuple[str, bool]]) -> None:
    pieces: list[Mapping[str, object]] = [*segments(headline)]
    assert [(piece["text"], piece["match"]) for piece in pieces] == expected
