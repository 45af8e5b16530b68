"""What has not left yet when its appointment moves or is cancelled is taken back."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from hub.db import kept_settings
from hub.db.engine import Database
from hub.deliveries import policy
from tests.integration.reminders.desk import START, Desk

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
async def desk(database: Database) -> Desk:
    """It is nine o'clock, and until noon nothing leaves by itself."""
    desk = Desk(database)
    async with database.transaction() as session:
        await kept_settings.lock(session, policy.NAME, desk.now)
        quiet = {"from": "08:30", "until": "12:00"}
        await kept_settings.store(session, policy.NAME, {"quiet": quiet})
    return desk


async def statuses(desk: Desk) -> list[str]:
    async with desk.database.reading() as session:
        found = await session.scalars(
            text("SELECT status FROM entries WHERE direction = 'outbound' ORDER BY position")
        )
        return list(found)


async def reminded(desk: Desk, *keys: str, **rule: object) -> str:
    """A reminder for each of the appointments waits for noon; their customer's contact point."""
    ann = await desk.customer()
    await desk.rule(late="6h", **rule)
    for number, key in enumerate(keys):
        await desk.push(ann, key, starts_at=START + DAY + number * timedelta(minutes=1))
    await desk.read()
    await desk.work(after=timedelta(minutes=5))
    return ann


async def test_cancelled_in_quiet_hours_nothing_is_sent(desk: Desk) -> None:
    ann = await reminded(desk, "7")
    assert await statuses(desk) == ["scheduled"]
    await desk.push(ann, status="cancelled")
    await desk.read()
    assert await statuses(desk) == ["cancelled"]
    assert (await desk.reminders())[-1][:2] == ("dropped", "cancelled")


async def test_moved_in_quiet_hours_only_the_last_plan_is_sent(desk: Desk) -> None:
    ann = await reminded(desk, "7")
    await desk.push(ann, starts_at=START + DAY + HOUR)
    await desk.read()
    assert await statuses(desk) == ["cancelled"]
    await desk.work(after=HOUR)
    assert await statuses(desk) == ["cancelled", "scheduled"]
    # And back again: what was taken back has not been said.
    await desk.push(ann, starts_at=START + DAY)
    await desk.read()
    await desk.work()
    assert await statuses(desk) == ["cancelled", "cancelled", "scheduled"]
    assert [one[:2] for one in await desk.reminders()] == [
        ("dropped", "moved"),
        ("dropped", "moved"),
        ("sent", ""),
    ]


async def test_what_has_left_or_holds_still_stays(desk: Desk) -> None:
    ann = await reminded(desk, "7")
    await desk.push(ann, place="Nevsky 12")
    await desk.read()
    assert await statuses(desk) == ["scheduled"]
    async with desk.database.transaction() as session:
        await session.execute(text("UPDATE deliveries SET status = 'sending'"))
    await desk.push(ann, status="cancelled")
    await desk.read()
    assert await statuses(desk) == ["scheduled"], "it may have left: what is true is not hidden"
    assert (await desk.reminders())[-1][:2] == ("sent", "")


async def test_what_names_others_too_stays(desk: Desk) -> None:
    ann = await reminded(desk, "7", "8", join="1h")
    assert await statuses(desk) == ["scheduled"]
    await desk.push(ann, "8", status="cancelled")
    await desk.read()
    assert await statuses(desk) == ["scheduled"]
