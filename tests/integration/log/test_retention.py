"""The log loses its old beginning, never what a reader has yet to see, and never its end."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from hub.db import retention
from hub.db.engine import Database
from hub.db.retention import Retention
from hub.ids import new_id
from tests.integration.log.conftest import Log

NOW = datetime(2026, 5, 3, tzinfo=UTC)
OLD, YOUNG = 91, 89


async def events_of_age(database: Database, *days: int) -> None:
    async with database.transaction() as session:
        for seq, age in enumerate(days, start=1):
            await session.execute(
                text("""INSERT INTO events (seq, id, type, occurred_at)
                        VALUES (:seq, uuidv7(), 'note.created', :at)"""),
                {"seq": seq, "at": NOW - timedelta(days=age)},
            )


async def reader_at(database: Database, seq: int, name: str = "rules") -> None:
    async with database.transaction() as session:
        await session.execute(
            text("INSERT INTO event_readers (name, seq) VALUES (:name, :seq)"),
            {"name": name, "seq": seq},
        )


async def sweep(database: Database) -> list[int]:
    """What is left of the log."""
    await Retention(database, lambda: NOW).sweep()
    return [event.seq for event in await Log(database).read()]


async def test_the_old_beginning_goes(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    await events_of_age(database, *[OLD] * 5, YOUNG, YOUNG)
    await reader_at(database, 7)
    assert await sweep(database) == [6, 7]


async def test_what_is_left_has_no_gaps(database: Database) -> None:
    """An imported event may claim to be old in the midst of young ones."""
    await events_of_age(database, OLD, YOUNG, OLD, YOUNG)
    assert await sweep(database) == [2, 3, 4]


async def test_what_the_slowest_reader_has_not_seen_stays(database: Database) -> None:
    await events_of_age(database, *[OLD] * 5, YOUNG)
    await reader_at(database, 6)
    await reader_at(database, 2, "search")
    with capture_logs() as lines:
        assert await sweep(database) == [3, 4, 5, 6]
    assert [(line["event"], line["reader"]) for line in lines] == [
        ("retention.held_back", "search")
    ]


async def test_the_newest_event_stays_however_old(database: Database) -> None:
    """The relay reads from it which number comes next."""
    await events_of_age(database, OLD, OLD, OLD)
    assert await sweep(database) == [3]


async def test_an_empty_log_is_nothing_to_sweep(database: Database) -> None:
    assert await sweep(database) == []


async def test_rows_of_passing_use_go_when_their_time_has_come(database: Database) -> None:
    inbox = new_id()
    async with database.transaction() as session:
        await session.execute(
            text("INSERT INTO inboxes (id, channel, name) VALUES (:id, 'email', 'Mail')"),
            {"id": inbox},
        )
        for age in (6, 8, 29, 31):
            at = NOW - timedelta(days=age)
            facts = {"inbox": inbox, "name": str(age), "at": at}
            await session.execute(
                text("""INSERT INTO early_receipts (inbox_id, external_id, receipt, created_at)
                        VALUES (:inbox, :name, '{}', :at)"""),
                facts,
            )
            await session.execute(
                text("""INSERT INTO risky_inputs (inbox_id, external_id, starts, started_at)
                        VALUES (:inbox, :name, 1, :at)"""),
                facts,
            )
    await Retention(database, lambda: NOW).sweep()
    async with database.reading() as session:
        early = await session.scalars(text("SELECT external_id FROM early_receipts"))
        risky = await session.scalars(text("SELECT external_id FROM risky_inputs ORDER BY 1"))
    assert (list(early), list(risky)) == (["6"], ["29", "6", "8"])
