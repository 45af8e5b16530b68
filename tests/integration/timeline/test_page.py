"""A timeline shows every visible entry exactly once, in order, whichever way it is read."""

import re
from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise, product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from hub.db.engine import Database, ReadSession, WriteSession
from hub.errors import Invalid
from hub.operators.access import Viewer
from hub.timeline import page as pages
from hub.timeline.page import conversation_page, page
from hub.timeline.record import record
from tests.integration.timeline.world import (
    NOW,
    Person,
    add_conversation,
    add_inbox,
    add_person,
    message,
    plan_of,
    texts,
    viewer,
)


async def backwards(session: ReadSession, person: Person, who: Viewer, limit: int) -> list[object]:
    seen: list[object] = []
    before = None
    while True:
        part = await page(session, person.id, who, before=before, limit=limit)
        seen = texts(part.items) + seen
        if part.before is None:
            return seen
        before = part.before


async def forwards(session: ReadSession, person: Person, who: Viewer, limit: int) -> list[object]:
    first = pages.Cursor(NOW - timedelta(days=1000), 0)
    seen: list[object] = []
    after: str | None = str(first)
    while True:
        part = await page(session, person.id, who, after=after, limit=limit)
        if not part.items:
            return seen
        assert len(part.items) <= limit
        seen += texts(part.items)
        after = part.after


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    placed=st.lists(st.tuples(st.integers(0, 29), st.integers(-6, 0), st.booleans()), max_size=60),
    limit=st.integers(1, 7),
    monkey_width=st.sampled_from([1, 2, 15]),
)
async def test_every_entry_once_and_in_order_both_ways(
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    placed: list[tuple[int, int, bool]],
    limit: int,
    monkey_width: int,
) -> None:
    monkeypatch.setattr(pages, "SPARE_STREAMS", monkey_width - limit)
    async with database.transaction() as session:
        secret, open_inbox = await add_inbox(session), await add_inbox(session)
        person = await add_person(session, streams=30)
        entries = [
            message(
                person,
                str(number),
                stream=stream,
                inbox=secret if hidden else open_inbox,
                imported=True,
                occurred_at=NOW + timedelta(hours=hour),
            )
            for number, (stream, hour, hidden) in enumerate(placed)
        ]
        recorded = await record(session, entries, now=NOW)
    in_order = sorted(
        zip(recorded, entries, strict=True), key=lambda one: (one[0].sort_at, one[0].position)
    )
    everything = [entry.text for _, entry in in_order]
    visible = [entry.text for _, entry in in_order if entry.inbox_id != secret]
    async with database.reading() as session:
        for who, expected in ((viewer(), everything), (viewer(secret), visible)):
            assert await backwards(session, person, who, limit) == expected
            assert await forwards(session, person, who, limit) == expected


async def test_a_page_says_where_it_begins_and_ends(database: Database) -> None:
    async with database.transaction() as session:
        person = await add_person(session)
        await record(session, [message(person, word) for word in "abcde"], now=NOW)
    async with database.reading() as session:
        newest = await page(session, person.id, viewer(), limit=2)
        assert (texts(newest.items), newest.before is None) == (["d", "e"], False)
        oldest = await page(session, person.id, viewer(), before=newest.before, limit=3)
        assert (texts(oldest.items), oldest.before) == (["a", "b", "c"], None)
        back = await page(session, person.id, viewer(), after=oldest.after, limit=9)
        assert texts(back.items) == ["d", "e"]
        nothing_yet = await page(session, person.id, viewer(), after=newest.after)
        assert (nothing_yet.items, nothing_yet.after) == ([], newest.after)


async def test_an_entry_recorded_later_comes_after_the_cursor(database: Database) -> None:
    async with database.transaction() as session:
        person = await add_person(session, streams=2)
        await record(session, [message(person, "first")], now=NOW)
    async with database.reading() as reading:
        seen = await page(reading, person.id, viewer())
        async with database.transaction() as session:
            await record(session, [message(person, "second", stream=1)], now=NOW)
        newer = await page(reading, person.id, viewer(), after=seen.after)
    assert texts(newer.items) == ["second"]


async def test_an_old_stream_that_comes_alive_is_looked_into(database: Database) -> None:
    """The span of a stream grows with every entry, at both ends."""
    async with database.transaction() as session:
        person = await add_person(session, streams=40)
        for day in range(40):
            at = NOW + timedelta(days=day)
            await record(session, [message(person, f"day {day}", stream=day)], now=at)
        again = message(person, "again", stream=0)
        history = message(
            person, "history", stream=39, imported=True, occurred_at=NOW - timedelta(days=1)
        )
        await record(session, [again, history], now=NOW + timedelta(days=99))
    async with database.reading() as session:
        newest = await page(session, person.id, viewer(), limit=2)
        assert texts(newest.items) == ["day 39", "again"]
        start = str(pages.Cursor(NOW - timedelta(days=9), 0))
        oldest = await page(session, person.id, viewer(), after=start, limit=2)
        assert texts(oldest.items) == ["history", "day 0"]


async def test_a_conversation_shows_its_own_entries_over_all_streams(database: Database) -> None:
    async with database.transaction() as session:
        inbox = await add_inbox(session)
        person = await add_person(session, streams=2)
        ours = await add_conversation(session, person, inbox)
        words = [
            message(person, w, stream=i % 2, conversation_id=ours) for i, w in enumerate("abc")
        ]
        hidden = message(person, "hidden", inbox=inbox, conversation_id=ours)
        await record(session, [*words, hidden, message(person, "elsewhere")], now=NOW)
    async with database.reading() as session:
        part = await conversation_page(session, ours, viewer(inbox), limit=2)
        assert texts(part.items) == ["b", "c"]
        rest = await conversation_page(session, ours, viewer(inbox), before=part.before, limit=2)
        assert (texts(rest.items), rest.before) == (["a"], None)
        assert texts((await conversation_page(session, ours, viewer())).items)[-1] == "hidden"


@pytest.mark.parametrize("cursor", ["x", "ё", "AAAA", "f" * 22, "=" * 40, "\x00", "a" * 5000])
async def test_a_cursor_of_another_make_is_refused(database: Database, cursor: str) -> None:
    async with database.reading() as session:
        for field in ("before", "after"):
            with pytest.raises(Invalid) as refused:
                await page(session, viewer().id or NOW, viewer(), **{field: cursor})  # type: ignore[arg-type]
            assert field in refused.value.fields


async def fill(session: WriteSession, person: Person, sizes: Sequence[int]) -> None:
    """Give each stream that many entries, an hour apart, scattered as in years of work."""
    await session.execute(
        text("""
            INSERT INTO entries (stream_id, position, id, kind, author_kind, text, inbox_id,
                                 occurred_at, recorded_at, sort_at)
            SELECT stream, nextval('entry_positions'), uuidv7(), 'message', 'customer',
                   repeat('hello ', 60), inbox.id, at, at, at
            FROM unnest(CAST(:streams AS uuid[]), CAST(:sizes AS integer[]))
                 WITH ORDINALITY AS one(stream, size, day)
            CROSS JOIN LATERAL (
                SELECT make_interval(days => day::int, hours => n)
                       + CAST(:now AS timestamptz) AS at
                FROM generate_series(1, size) AS n
            ) AS times
            JOIN (SELECT id, row_number() OVER () AS n, count(*) OVER () AS total
                  FROM inboxes) AS inbox
              ON inbox.n = 1 + abs(hashtext(at::text)) % inbox.total
            ORDER BY hashtext(at::text || stream::text)
        """),
        {"streams": list(person.streams), "sizes": list(sizes), "now": NOW},
    )
    await session.execute(
        text("""
            UPDATE streams SET first_sort_at = span.first, last_sort_at = span.last
            FROM (SELECT stream_id, min(sort_at) AS first, max(sort_at) AS last
                  FROM entries GROUP BY stream_id) AS span
            WHERE span.stream_id = streams.id
        """)
    )
    await session.execute(text("ANALYZE entries, streams"))


@pytest.mark.parametrize(("streams", "size"), [(500, 60), (300, 40), (2000, 1)])
async def test_no_stream_is_fetched_whole_and_sorted(
    database: Database, streams: int, size: int
) -> None:
    """Whatever the planner believes of the size of streams, also where one is far from it."""
    async with database.transaction() as session:
        for _ in range(3):
            await add_inbox(session)
        await fill(session, await add_person(session, streams=streams), [size] * streams)
        hot = await add_person(session, streams=2)
        await fill(session, hot, [3000, 5])
        for query, mode, hidden in product(
            (pages.TIMELINE_OLDER, pages.TIMELINE_NEWER),
            ("force_custom_plan", "force_generic_plan"),
            ("{}", "{00000000-0000-0000-0000-000000000000}"),
        ):
            day = 9999 if query is pages.TIMELINE_OLDER else -9999
            plan = await plan_of(session, query.clause, mode, **values(hot, day, hidden))
            scans = re.findall(r"Scan.* on entries.*rows=([0-9.]+)", plan)
            assert "Bitmap" not in plan, plan
            assert re.search(r"Index Scan (Backward )?using entries_timeline_idx", plan), plan
            assert scans, plan
            assert all(float(rows) <= 51 for rows in scans), plan


def values(person: Person, day: int, hidden: str = "{}") -> dict[str, tuple[str, str]]:
    """Parameters of a page that begins `day` days from now."""
    return {
        "customer": ("uuid", str(person.id)),
        "sort_at": ("timestamptz", (NOW + timedelta(days=day)).isoformat()),
        "position": ("bigint", str(2**62)),
        "hidden": ("uuid[]", hidden),
        "wanted": ("integer", "51"),
        "width": ("integer", "58"),
    }


async def test_a_page_of_a_thousand_streams_looks_into_few(database: Database) -> None:
    async with database.transaction() as session:
        await add_inbox(session)
        person = await add_person(session, streams=1000)
        await fill(session, person, [4] * 1000)
        plan = await plan_of(session, pages.TIMELINE_OLDER.clause, "auto", **values(person, 500))
    # Of streams this short the planner may fetch a bitmap: what counts is how many it looks into.
    (looks,) = re.findall(r"(?:using|on) entries_timeline_idx .*loops=(\d+)", plan)
    assert int(looks) == 58, plan


async def test_positions_follow_the_list(database: Database) -> None:
    async with database.transaction() as session:
        person = await add_person(session, streams=7)
        entries = [message(person, str(n), stream=n % 7) for n in range(100)]
        recorded = await record(session, entries, now=NOW)
    assert [one.id for one in recorded] == [entry.id for entry in entries]
    assert all(a.position < b.position for a, b in pairwise(recorded))
