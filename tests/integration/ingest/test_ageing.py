"""A number that was silent for a year may have another owner: it proves nothing by itself."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from hub.clock import rfc3339
from hub.conversations.inbound.ingest import Ingest
from hub.customers import view
from hub.db.engine import Database
from hub.ports import Accepted, Address, Change
from hub.timeline.files import FileStore
from tests.integration.ingest.conftest import Desk, make_inbox, message

NUMBER = Address("tel", "+79123456789")


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 5, 3, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def time() -> Clock:
    return Clock()


@pytest.fixture
async def sms(database: Database, time: Clock) -> AsyncIterator[Desk]:
    ingest = Ingest(database, time, FileStore(database), tell=lambda _: None)
    yield Desk(database, ingest, await make_inbox(database, "sms"), [])
    await ingest.close()


async def _says(desk: Desk, external_id: str, time: Clock) -> object:
    said = message(external_id, address=NUMBER, occurred_at=time.now)
    return await desk.sink.message(said)


async def _silent_since(desk: Desk, accepted: object) -> object:
    assert isinstance(accepted, Accepted)
    (row,) = await desk.rows("SELECT data FROM entries WHERE id = :id", id=accepted.entry_id)
    return row["data"].get("silent_since")


async def _aged(desk: Desk, now: datetime) -> bool:
    (row,) = await desk.rows("SELECT DISTINCT root_id FROM streams WHERE customer_id IS NULL")
    async with desk.database.reading() as session:
        (customer,) = await view.load(session, [row["root_id"]], now)
    return bool(customer["contact_points"][0]["aged"])


async def test_the_first_message_after_a_long_silence_says_so(sms: Desk, time: Clock) -> None:
    for number, days in enumerate((0, 200, 364)):
        time.now += timedelta(days=days)
        heard = await _says(sms, f"m{number}", time)
        assert await _silent_since(sms, heard) is None
    assert not await _aged(sms, time.now)
    last = time.now
    time.now += timedelta(days=366)
    assert await _aged(sms, time.now)
    heard = await _says(sms, "late", time)
    assert await _silent_since(sms, heard) == rfc3339(last)
    heard = await _says(sms, "next", time)
    assert await _silent_since(sms, heard) is None
    assert not await _aged(sms, time.now)


@pytest.mark.parametrize(("days", "customers"), [(30, 1), (400, 2)])
async def test_a_number_that_aged_joins_nobody_by_itself(
    sms: Desk, time: Clock, days: int, customers: int
) -> None:
    await _says(sms, "m1", time)
    time.now += timedelta(days=days)
    chat = Desk(sms.database, sms.ingest, await make_inbox(sms.database), [])
    await chat.sink.message(message("m2"))
    proven = Change("proven", time.now, Address("telegram", "17"), "c1", proven=NUMBER)
    await chat.sink.change(proven)
    rows = await sms.rows(
        "SELECT DISTINCT root_id FROM streams WHERE contact_point_id IS NOT NULL"
    )
    assert len(rows) == customers
