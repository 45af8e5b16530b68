"""What has not left yet when its appointment moves or is cancelled is taken back."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from hub.db import kept_settings
from hub.db.engine import Database
from hub.deliveries import policy
from tests.integration.reminders.desk import START, Desk

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
WORDS = "{{ appointment.number }}{% for one in appointment.others %} {{ one.number }}{% endfor %}"


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


async def joined(desk: Desk) -> str:
    """One message that names three waits for noon, hours later; their customer."""
    ann = await desk.customer()
    cap = {"times": 1, "per": "1d"}
    await desk.rule(
        actions=[{"send": {"text": WORDS, "purpose": "reminder"}}],
        join="1h",
        at_most=cap,
        late=None,
    )
    for number, key in enumerate(("7", "8", "9")):
        starts_at = START + DAY + number * timedelta(minutes=1)
        await desk.push(ann, key, number=key, starts_at=starts_at)
    await desk.read()
    await desk.work(after=timedelta(minutes=5))
    assert await desk.said() == ["7 8 9"]
    desk.now += 2 * HOUR
    return ann


@pytest.mark.parametrize("first", ["7", "8"])
async def test_what_named_others_too_names_those_that_hold(desk: Desk, first: str) -> None:
    """Once, long after its time though it is, and though its rule speaks once a day."""
    ann = await joined(desk)
    await desk.push(ann, first, status="cancelled")
    for _ in range(2):
        await desk.read()
        await desk.work()
    left = " ".join(one for one in ("7", "8", "9") if one != first)
    assert (await desk.said(), await statuses(desk)) == (
        ["7 8 9", left],
        ["cancelled", "scheduled"],
    )
    assert sorted(one[:2] for one in await desk.reminders()) == [
        ("dropped", "cancelled"),
        ("sent", ""),
        ("sent", "joined"),
    ]
    assert await desk.waiting() == 0
    # And once more: of two that hold one is left.
    await desk.push(ann, "9", starts_at=START + 9 * DAY)
    await desk.read()
    await desk.work()
    assert (await desk.said())[2:] == [left.removesuffix(" 9")]
    assert await statuses(desk) == ["cancelled", "cancelled", "scheduled"]
    assert await desk.waiting() == 1, "what was moved waits for its own time"


async def test_of_what_is_all_off_nothing_is_said(desk: Desk) -> None:
    ann = await joined(desk)
    for key in ("7", "8", "9"):
        await desk.push(ann, key, status="cancelled")
    await desk.read()
    await desk.work()
    assert await statuses(desk) == ["cancelled"]
    assert await desk.waiting() == 0


async def test_what_changes_before_it_is_said_anew_is_not_in_it(desk: Desk) -> None:
    """Its event has not been read yet."""
    ann = await joined(desk)
    await desk.push(ann, "7", status="cancelled")
    await desk.read()
    await desk.push(ann, "8", starts_at=START + 2 * DAY)
    await desk.work()
    assert (await desk.said())[1:] == ["9"]
    await desk.read()
    assert sorted(one[:2] for one in await desk.reminders())[-2:] == [
        ("planned", ""),
        ("sent", ""),
    ]


async def test_what_named_others_too_and_may_have_left_stays(desk: Desk) -> None:
    ann = await joined(desk)
    async with desk.database.transaction() as session:
        await session.execute(text("UPDATE deliveries SET status = 'sending'"))
    await desk.push(ann, "8", status="cancelled")
    await desk.read()
    await desk.work()
    assert await statuses(desk) == ["scheduled"]
    assert {one[0] for one in await desk.reminders()} == {"sent"}
