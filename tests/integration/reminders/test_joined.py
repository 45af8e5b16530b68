"""Reminders of one customer in one message: what is named, and which one an answer is for."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from hub.conversations import problems
from hub.db.engine import Database
from hub.due import queue
from hub.due.queue import Plan
from hub.hours import store as hours
from hub.operators.access import SYSTEM
from hub.reminders import scan
from tests.integration.reminders.desk import START, Desk

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
WORDS = (
    "{{ appointment.number }}{% for one in appointment.others %} and {{ one.number }}{% endfor %}"
)
JOIN: dict[str, Any] = {
    "actions": [{"send": {"text": WORDS, "purpose": "reminder"}}],
    "join": "4h",
}


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


async def decided(desk: Desk) -> list[tuple[UUID | None, str, UUID | None]]:
    """(object, reason, message) of each decision about an appointment, by object."""
    async with desk.database.reading() as session:
        rows = await session.execute(
            text("""
                SELECT object_id, reason, entry_id FROM decisions
                WHERE object_kind = 'appointment' AND rule_id IS NOT NULL ORDER BY object_id
            """)
        )
        return [tuple(row) for row in rows]


async def statuses(desk: Desk) -> dict[str, str]:
    async with desk.database.reading() as session:
        rows = await session.execute(text("SELECT external_id, status FROM appointments"))
        return {row.external_id: row.status for row in rows}


async def fired(desk: Desk) -> list[tuple[str, str]]:
    async with desk.database.reading() as session:
        rows = await session.execute(
            text("SELECT outcome, reason FROM rule_firings ORDER BY reason, key")
        )
        return [tuple(row) for row in rows]


async def test_one_message_names_what_is_due_in_its_window(desk: Desk) -> None:
    ann, bob = await desk.customer(), await desk.customer("bob")
    await desk.rule(**JOIN, at_most={"times": 2, "per": "1d"})
    at = START + 2 * DAY
    first = await desk.push(ann, "1", number="1", status="booked", starts_at=at)
    second = await desk.push(ann, "2", number="2", status="booked", starts_at=at + HOUR)
    for key, when, status in (
        ("moved", at + HOUR, "booked"),
        ("cancelled", at + HOUR, "booked"),
        ("unasked", at + HOUR, "confirmed"),
        ("later", at + 5 * HOUR, "booked"),
    ):
        await desk.push(ann, key, number=key, status=status, starts_at=when)
    await desk.push(bob, "bob", number="bob", status="booked", starts_at=at)
    await desk.read()
    # Not planned anew yet: what is due asks once more.
    await desk.push(ann, "moved", starts_at=at + 9 * DAY)
    await desk.push(ann, "cancelled", status="cancelled")
    await desk.work(after=DAY)
    assert sorted(await desk.said()) == ["1 and 2", "bob"]
    assert await desk.reminders(second) == [("sent", "joined", "05-04T10:00")]
    about = {row[0]: row for row in await decided(desk)}
    assert (about[first][1], about[second][1]) != ("joined", "")
    assert about[second][1] == "joined"
    assert about[first][2] == about[second][2] is not None
    await desk.read()
    await desk.work(after=HOUR)
    await desk.work(after=4 * HOUR)
    # One message counted once against the cap, and nobody is told of the two again.
    assert (await desk.said())[-1] == "later"
    assert await fired(desk) == [("fired", "")] * 3 + [("fired", "joined")]
    assert sorted(one[:2] for one in await desk.reminders())[:3] == [
        ("dropped", "cancelled"),
        ("dropped", "moved"),
        ("dropped", "skipped"),
    ]


async def test_if_the_first_comes_to_nothing_the_next_is_the_first(desk: Desk) -> None:
    ann = await desk.customer()
    await desk.rule(**JOIN, key=["appointment.place"])
    at = START + 2 * DAY
    await desk.push(
        ann, "told", number="0", place="here", status="booked", starts_at=at - 12 * HOUR
    )
    for key, place in (("1", "here"), ("2", "there"), ("3", "there")):
        await desk.push(ann, key, number=key, place=place, status="booked", starts_at=at)
    await desk.read()
    await desk.work(after=DAY - 12 * HOUR)
    await desk.work(after=12 * HOUR)
    # The author's key is the place: "here" has been told, "there" is one firing for both.
    assert [one.count("and") for one in await desk.said()] == [0, 1]
    ends = [one[:2] for one in await desk.reminders()]
    assert sorted(ends) == [
        ("dropped", "repeated"),
        ("sent", ""),
        ("sent", ""),
        ("sent", "joined"),
    ]


async def test_an_answer_says_which_one_or_is_asked(desk: Desk) -> None:
    ann = await desk.customer()
    await desk.rule(
        actions=[{"send": {"template": "appointment-reminder-day"}}], join="4h", conditions=None
    )
    for number, key in enumerate(("first", "second", "third")):
        await desk.push(ann, key, starts_at=START + 2 * DAY + number * HOUR)
    await desk.read()
    await desk.work(after=DAY)
    assert len(await desk.said()) == 1
    await desk.says("ann", "3")
    await desk.read()
    assert set((await statuses(desk)).values()) == {"booked"}
    question = (await desk.said())[-1]
    assert question.startswith("Which appointment do you mean?\n1: ")
    assert "\n3: " in question
    await desk.says("ann", "2")
    await desk.read()
    assert await statuses(desk) == {
        "first": "booked",
        "second": "cancel-requested",
        "third": "booked",
    }
    async with desk.database.transaction() as session:
        await session.execute(text("UPDATE deliveries SET external_id = 'm-' || number"))
        under = await session.scalar(
            text("SELECT external_id FROM deliveries ORDER BY number LIMIT 1")
        )
        third = await session.scalar(
            text("SELECT id FROM appointments WHERE external_id = 'third'")
        )
    # Under the first message, which names them all: the button says which.
    await desk.says("ann", "", button=f"appointment.move.{third}", under=under)
    await desk.read()
    assert (await statuses(desk))["third"] == "move-requested"
    await desk.says("ann", "Yes", button="appointment.confirm", under=under)
    await desk.read()
    await desk.says("ann", "both")
    await desk.read()
    assert set((await statuses(desk)).values()) == {"confirmed"}


async def test_one_that_cannot_be_read_holds_up_no_other(desk: Desk) -> None:
    people = [await desk.customer(name) for name in ("ann", "bob", "eve")]
    for number, person in enumerate(people):
        await desk.push(person, str(number), starts_at=START + 2 * DAY)
    async with desk.database.transaction() as session:
        await session.execute(
            text("UPDATE customers SET labels = ARRAY['a', NULL] WHERE name = 'bob'")
        )
    await desk.rule()
    async with desk.database.transaction() as session:
        rule = await session.scalar(text("SELECT id FROM rules"))
        await queue.plan(session, [Plan(scan.KIND, str(rule), desk.now)])
    with capture_logs() as told:
        await desk.work()
    assert [one["event"] for one in told].count("reminder.not_planned") == 1
    assert sorted(one[:2] for one in await desk.reminders()) == [
        ("dropped", "failed"),
        ("planned", ""),
        ("planned", ""),
    ]
    async with desk.database.reading() as session:
        shown, _ = await problems.page(session, SYSTEM, desk.now, kind="reminder", limit=10)
        assert [one["customer"]["name"] for one in shown] == ["bob"]


async def test_new_holidays_plan_anew(desk: Desk) -> None:
    ann = await desk.customer()
    trigger = {"before": "appointment.starts_at", "by": "1d", "only": "working_days"}
    await desk.rule(trigger=trigger)
    await desk.push(ann, starts_at=START + 9 * DAY)
    await desk.read()
    await desk.work()
    week = [{"days": ["mon", "tue", "wed", "thu", "fri"], "from": "09:00", "until": "18:00"}]
    body = {"name": "Office", "time_zone": "UTC", "week": week, "holidays": [], "default": True}
    async with desk.database.transaction() as session:
        made = await hours.create(session, body, desk.now)
        await scan.hours_changed(session, desk.now)
    await desk.work()
    # Tuesday 12 May: the day before is a working day still.
    assert (await desk.reminders())[-1] == ("planned", "", "05-11T09:00")
    day = {"date": "2026-05-11", "yearly": False, "name": "Off"}
    async with desk.database.transaction() as session:
        await hours.update(session, made, {"holidays": [day]})
        await scan.hours_changed(session, desk.now)
    await desk.work()
    assert [one[:3] for one in await desk.reminders()] == [
        ("dropped", "moved", "05-11T09:00"),
        ("planned", "", "05-08T09:00"),
    ]
