"""Reminders follow their appointment: moved, cancelled, too late, with rules that come and go."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from hub.customers.roots import lock_roots
from hub.db import kept_settings
from hub.db.engine import Database
from hub.deliveries import policy
from hub.due.queue import claim
from hub.due.returns import TRIES
from hub.objects.body import PushedBody
from hub.orders.put import put_order
from hub.reminders import fate, loops, planning, repository, scan
from hub.templates import store
from hub.templates.spec import parse
from tests.integration.reminders.desk import RULE, START, Desk

DAY = timedelta(days=1)


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


async def test_only_the_last_plan_of_a_moved_appointment_is_sent(desk: Desk) -> None:
    ann = await desk.customer()
    await desk.rule()
    appointment = await desk.push(ann, starts_at=START + 2 * DAY)
    for days in (3, 5):
        await desk.read()
        await desk.push(ann, starts_at=START + days * DAY)
    await desk.read()
    assert await desk.reminders(appointment) == [
        ("dropped", "moved", "05-04T09:00"),
        ("dropped", "moved", "05-05T09:00"),
        ("planned", "", "05-07T09:00"),
    ]
    assert await desk.waiting() == 1
    await desk.work(after=3 * DAY)
    assert not await desk.said()
    await desk.work(after=DAY)
    assert await desk.said() == ["See you at Nevsky 10"]
    assert (await desk.reminders())[-1] == ("sent", "", "05-07T09:00")
    await desk.push(ann, place="Nevsky 12")
    await desk.read()
    await desk.work(after=DAY)
    assert len(await desk.said()) == 1
    assert await desk.waiting() == 0


async def test_a_template_that_says_the_same_everywhere_is_said(desk: Desk) -> None:
    own = {"name": "own", "about": "appointment", "locales": {"en": {"text": "Come to us"}}}
    async with desk.database.transaction() as session:
        await store.create(session, parse(own), by=None, now=desk.now)
    ann = await desk.customer()
    await desk.rule(actions=[{"send": {"template": "own"}}])
    await desk.push(ann, starts_at=START + 2 * DAY)
    await desk.read()
    await desk.work(after=DAY)
    assert await desk.said() == ["Come to us"]


async def test_the_rule_says_what_comes_next_and_why_nothing_does(desk: Desk) -> None:
    ann = await desk.customer()
    rule = await desk.rule()
    found = [
        await desk.push(ann, key, starts_at=START + days * DAY)
        for key, days in (("third", 4), ("first", 2), ("second", 3))
    ]
    timeless = await desk.push(ann, "timeless")
    gone = await desk.push(ann, "gone", starts_at=START + DAY, status="cancelled")
    missed = await desk.push(ann, "missed", starts_at=START + timedelta(hours=2))
    await desk.read()
    async with desk.database.reading() as session:
        page = await repository.coming(session, rule, after=None, limit=2)
        assert [one["object"]["id"] for one in page] == [str(found[1]), str(found[2])]
        last = (datetime.fromisoformat(page[-1]["due_at"]), UUID(page[-1]["id"]))
        page = await repository.coming(session, rule, after=last, limit=2)
        assert [one["object"]["id"] for one in page] == [str(found[0])]
        customer = UUID(page[0]["customer_id"])
        fates = [
            await fate.of(session, rule, customer, one, desk.now)
            for one in (found[0], timeless, gone, missed)
        ]
    assert [(one["status"], one["reason"]) for one in fates if one] == [
        ("planned", ""),
        ("none", "no-time"),
        ("none", "cancelled"),
        ("dropped", "late"),
    ]


async def test_what_the_planner_has_not_seen_yet_is_not_sent_either(desk: Desk) -> None:
    ann = await desk.customer()
    await desk.rule()
    await desk.push(ann, starts_at=START + 2 * DAY)
    await desk.push(ann, "8", starts_at=START + 2 * DAY)
    await desk.read()
    await desk.push(ann, status="cancelled")
    await desk.push(ann, "8", starts_at=START + 3 * DAY)
    await desk.work(after=DAY)
    assert not await desk.said()
    assert sorted(await desk.reminders())[:2] == [
        ("dropped", "cancelled", "05-04T09:00"),
        ("dropped", "moved", "05-04T09:00"),
    ]
    await desk.read()
    await desk.work(after=DAY)
    assert len(await desk.said()) == 1


async def test_made_too_late_the_bound_decides_and_a_decision_says_so(desk: Desk) -> None:
    ann = await desk.customer()
    rule = await desk.rule()
    await desk.push(ann, "in-time", starts_at=START + DAY - timedelta(minutes=20))
    late = await desk.push(ann, "late", starts_at=START + timedelta(hours=3))
    await desk.read()
    await desk.work()
    assert await desk.said() == ["See you at Nevsky 10"]
    assert await desk.reminders(late) == [("dropped", "late", "05-02T12:00")]
    async with desk.database.reading() as session:
        rows = await session.execute(
            text("SELECT outcome, reason, rule_id FROM decisions WHERE object_id = :id"),
            {"id": late},
        )
        assert [tuple(row) for row in rows] == [("suppressed", "late", rule)]


async def test_a_rule_plans_for_what_is_there_and_takes_its_plans_back(desk: Desk) -> None:
    ann = await desk.customer()
    await desk.push(ann, "past", starts_at=START - DAY)
    coming = await desk.push(ann, "coming", starts_at=START + 4 * DAY)
    await desk.read()
    await desk.rule()
    await desk.read()
    await desk.work()
    assert await desk.reminders() == [("planned", "", "05-06T09:00")]
    await desk.rule(trigger={**RULE["trigger"], "by": "48h"})
    await desk.read()
    await desk.work()
    assert (await desk.reminders(coming))[-1] == ("planned", "", "05-05T09:00")
    await desk.rule(trigger={**RULE["trigger"], "by": "48h"}, enabled=False)
    await desk.read()
    await desk.work()
    assert (await desk.reminders(coming))[-1][:2] == ("dropped", "rule-off")
    assert await desk.waiting() == 0


async def test_a_day_before_is_a_day_of_the_customers_calendar(desk: Desk) -> None:
    desk.now = START.replace(month=3, day=20)
    ann = await desk.customer(zone="Europe/Sofia")
    await desk.rule(trigger={"before": "appointment.starts_at", "by": "1d"})
    # Nine in Sofia on the day the clocks go forward.
    await desk.push(ann, starts_at="2026-03-29T09:00:00+03:00")
    await desk.read()
    assert await desk.reminders() == [("planned", "", "03-28T07:00")]


async def test_who_has_no_zone_lives_in_the_installations(desk: Desk) -> None:
    desk.now = START.replace(month=3, day=20)
    ann = await desk.customer()
    await live_in(desk, "Europe/Sofia")
    await desk.rule(
        trigger={"before": "appointment.starts_at", "by": "1d"},
        actions=[{"send": {"text": "{{ appointment.starts_at | time }}", "purpose": "reminder"}}],
    )
    await desk.push(ann, starts_at="2026-03-29T09:00:00+03:00")
    await desk.read()
    assert await desk.reminders() == [("planned", "", "03-28T07:00")]
    await live_in(desk, "Asia/Kolkata")
    await desk.work()
    assert (await desk.reminders())[-1] == ("planned", "", "03-28T06:00")
    await live_in(desk, "Europe/Sofia")
    await desk.work()
    await desk.work(after=8 * DAY - timedelta(hours=2))
    assert await desk.said() == ["9:00 AM"]


async def live_in(desk: Desk, zone: str) -> None:
    """As an administrator says under "Sending", of customers who have no zone of their own."""
    async with desk.database.transaction() as session:
        await kept_settings.lock(session, policy.NAME, desk.now)
        await kept_settings.store(session, policy.NAME, {"time_zone": zone})
        await scan.zone_changed(session, desk.now)


async def test_conditions_are_asked_when_it_is_due(desk: Desk) -> None:
    ann = await desk.customer()
    await desk.rule()
    await desk.push(ann, starts_at=START + 2 * DAY)
    await desk.push(ann, status="confirmed")
    await desk.read()
    await desk.work(after=DAY)
    assert not await desk.said()
    assert await desk.reminders() == [("dropped", "skipped", "05-04T09:00")]


async def test_work_that_two_have_in_hand_is_done_once(desk: Desk) -> None:
    """A node that was thought dead goes on, beside the one that took over."""
    ann = await desk.customer()
    await desk.rule()
    await desk.push(ann, starts_at=START + 2 * DAY)
    await desk.read()
    desk.now += DAY
    work = loops.handlers(desk.database, desk.clock, desk.tools)[planning.KIND]
    async with desk.database.transaction() as session:
        claims = await claim(session, [planning.KIND], now=desk.now, limit=9, lease=DAY)
    assert len(claims) == 1
    await asyncio.gather(work(claims), work(claims))
    assert await desk.said() == ["See you at Nevsky 10"]
    assert await desk.waiting() == 0


async def test_after_an_order_was_delivered(desk: Desk) -> None:
    ann = await desk.customer()
    await desk.rule(
        name="How is it?",
        trigger={"after": "order.delivered_at", "by": "3d"},
        conditions={"field": "order.status", "is": "delivered"},
        actions=[{"send": {"text": "How is {{ order.number }}?", "purpose": "survey"}}],
    )
    for version, status in enumerate(("confirmed", "delivered"), start=1):
        body = {"customer": {"contact_point": ann}, "status": status, "version": version}
        async with desk.database.transaction() as session:
            pushed = PushedBody.model_validate(body)
            await put_order(session, "shop", "O-1", pushed, by=None, now=desk.now)
    await desk.read()
    assert await desk.reminders() == [("planned", "", "05-06T09:00")]
    await desk.work(after=3 * DAY)
    assert await desk.said() == ["How is O-1?"]


async def test_what_one_rule_did_counts_for_the_next_of_the_same_customer(desk: Desk) -> None:
    ann = await desk.customer()
    send = {"send": {"text": "See you", "purpose": "reminder"}}
    once = {
        "conditions": {"field": "customer.labels", "has_not": "told"},
        "actions": [send, {"label": {"labels": ["told"], "on": "customer"}}],
    }
    for name in ("One", "Other"):
        await desk.rule(name=name, **once)
    await desk.push(ann, starts_at=START + 2 * DAY)
    await desk.read()
    await desk.work(after=DAY)
    assert await desk.said() == ["See you"]
    ends = [one[:2] for one in await desk.reminders()]
    assert sorted(ends) == [("dropped", "skipped"), ("sent", "")]


async def test_one_that_fails_holds_up_no_other_and_ends_with_a_decision(desk: Desk) -> None:
    await desk.rule()
    people = [await desk.customer(name) for name in ("ann", "bob", "eve")]
    ids = [
        await desk.push(one, key, starts_at=START + 2 * DAY)
        for key, one in zip("123", people, strict=True)
    ]
    await desk.read()
    await desk.work()
    async with desk.database.transaction() as session:
        # What no release writes, and none can read.
        await session.execute(
            text("""UPDATE customers SET attributes = '"torn"' FROM appointments AS a
                    WHERE a.customer_id = customers.id AND a.id = :bad"""),
            {"bad": ids[1]},
        )
    await desk.work(after=DAY)
    assert len(await desk.said()) == 2
    for _ in range(TRIES - 1):
        assert await desk.reminders(ids[1]) == [("planned", "", "05-04T09:00")]
        await desk.work(after=timedelta(minutes=2))
    assert await desk.reminders(ids[1]) == [("dropped", "failed", "05-04T09:00")]
    assert (len(await desk.said()), await desk.waiting()) == (2, 0)
    async with desk.database.reading() as reader:
        rows = await reader.execute(
            text("""SELECT d.outcome, d.reason FROM reminders AS r
                    JOIN decisions AS d ON d.id = r.decision_id WHERE r.object_id = :bad"""),
            {"bad": ids[1]},
        )
        assert [tuple(row) for row in rows] == [("suppressed", "failed: TypeError")]


async def test_whose_customer_changed_while_it_waited_is_done_once_more(desk: Desk) -> None:
    await desk.rule()
    await desk.push(await desk.customer(), starts_at=START + 2 * DAY)
    await desk.customer("bob")
    await desk.read()
    desk.now += DAY
    handlers = desk.handlers()
    claims = await desk.claim([planning.KIND])
    async with (
        asyncio.timeout(60),
        asyncio.TaskGroup() as group,
        desk.database.transaction() as session,
    ):
        ids = await session.scalars(text("SELECT id FROM customers ORDER BY id"))
        ann, bob = ids.all()
        await lock_roots(session, [ann])
        await session.execute(text("UPDATE appointments SET customer_id = :id"), {"id": bob})
        group.create_task(handlers[planning.KIND](claims))
        await desk.until_somebody_waits()
    assert (await desk.said(), await desk.waiting()) == ([], 1)
    await desk.work()
    assert await desk.said() == ["See you at Nevsky 10"]
    assert await desk.waiting() == 0
