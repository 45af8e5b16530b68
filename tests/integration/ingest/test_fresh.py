"""What the live feed takes from memory is what it would have read."""

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import text

from hub import clock
from hub.conversations.inbound.ingest import Ingest
from hub.db.engine import Database
from hub.ports import Accepted, Attachment
from hub.timeline.files import FileStore
from hub.timeline.fresh import FreshEntries
from hub.timeline.view import Key, load
from tests.integration.ingest.conftest import make_inbox, message

_STREAM = text("SELECT stream_id FROM entries WHERE id = :id")
ELSEWHERE = timezone(timedelta(hours=5))


@pytest.fixture
def fresh() -> FreshEntries:
    return FreshEntries()


async def store(database: Database, fresh: FreshEntries, **changed: Any) -> Key:
    """Take one message in; returns where it stands."""
    files = FileStore(database, max_bytes=5_000_000)
    ingest = Ingest(database, clock.now, files, tell=lambda _: None, fresh=fresh)
    taken = await ingest.sink(await make_inbox(database)).message(
        message(**{"external_id": "1", **changed})
    )
    await ingest.close()
    assert isinstance(taken, Accepted)
    async with database.reading() as session:
        stream_id = await session.scalar(_STREAM, {"id": taken.entry_id})
    return stream_id, taken.position


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"text": "Где мой заказ\x00?", "html": "<p>Где</p>", "sender_name": " Анна  К. "},
        {"occurred_at": datetime(2026, 5, 3, 9, 0, 0, 120, tzinfo=ELSEWHERE)},
        {"imported": True},
        {"automatic": True},
        {"external_id": "long " * 500},
        {"raw": b"as it came"},
    ],
)
async def test_it_is_what_would_be_read(
    database: Database, fresh: FreshEntries, changed: dict[str, Any]
) -> None:
    key = await store(database, fresh, **changed)
    async with database.reading() as session:
        [read] = await load(session, [key])
    assert fresh.take([key]) == {key: read}


@pytest.mark.parametrize(
    "changed",
    [
        {"data": {"subject": "Order"}},
        {"attachments": (Attachment("a.txt", content=b"a"),)},
        {"text": "x" * 10_001},
    ],
)
async def test_what_takes_more_than_words_is_read(
    database: Database, fresh: FreshEntries, changed: dict[str, Any]
) -> None:
    key = await store(database, fresh, **changed)
    assert fresh.take([key]) == {}


async def test_it_is_told_once(database: Database, fresh: FreshEntries) -> None:
    key = await store(database, fresh)
    assert fresh.take([key])
    assert fresh.take([key]) == {}
