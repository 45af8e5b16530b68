"""`/metrics`: what one alarms on is there, in Prometheus' own format, and names nobody."""

from datetime import timedelta

from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from hub.db import event_log
from hub.due import queue
from hub.due.queue import Plan
from hub.events import EventType, NewEvent
from hub.operators.access import Role
from tests.integration.web.conftest import World
from tests.integration.web.shop import build
from tests.integration.web.shop import json as answered


async def scrape(world: World) -> tuple[str, dict[str, dict[str, float]]]:
    """The page, and {metric: {its label, or nothing: value}}."""
    page = await (await (await world.client()).get("/metrics")).text()
    found: dict[str, dict[str, float]] = {}
    for family in text_string_to_metric_families(page):
        for sample in family.samples:
            label = next(iter(sample.labels.values()), "")
            found.setdefault(sample.name, {})[label] = sample.value
    return page, found


async def test_what_waits_is_counted_and_how_long(world: World):
    shop = await build(world)
    inbox = str(shop.public.inbox)
    async with world.database.transaction() as session:
        late = world.clock() - timedelta(seconds=90)
        await queue.plan(session, [Plan("snooze", "one", late), Plan("snooze", "two", late)])
        await session.execute(
            text("UPDATE deliveries SET status = 'queued', created_at = :then"),
            {"then": world.clock() - timedelta(seconds=40)},
        )
        await session.execute(
            text("UPDATE inboxes SET state = 'down' WHERE id = :id"), {"id": shop.public.inbox}
        )
        await event_log.append(session, [NewEvent(EventType.CUSTOMER_UPDATED, world.clock())])
    _, found = await scrape(world)
    assert found["besedka_due"]["snooze"] == 2
    assert found["besedka_due_lateness_seconds"]["snooze"] == 90
    assert found["besedka_inbox_up"][inbox] == 0
    assert found["besedka_inboxes"]["down"] == 1
    assert found["besedka_queue"][inbox] == 1
    assert found["besedka_queue_age_seconds"][inbox] == 40
    assert found["besedka_deliveries"]["queued"] >= 1
    assert found["besedka_pending_events"][""] >= 1
    assert found["besedka_quarantine"][""] == 0
    assert found["besedka_database_connections"]["most"] > 0


async def test_nobody_is_named(world: World):
    shop = await build(world)
    customer = await answered(await shop.boss.get(f"/api/v1/customers/{shop.customer}"))
    page, _ = await scrape(world)
    private = [point["value"] for point in customer["contact_points"]] + [customer["name"]]
    assert [word for word in private if word and word in page] == []
    assert "example.com" not in page


async def test_a_gauge_forgets_what_is_over(world: World):
    async with world.database.transaction() as session:
        await queue.plan(session, [Plan("snooze", "one", world.clock())])
    assert (await scrape(world))[1]["besedka_due"]["snooze"] == 1
    async with world.database.transaction() as session:
        await queue.cancel(session, "snooze", ["one"])
    assert "snooze" not in (await scrape(world))[1].get("besedka_due", {})


async def test_only_administrators_and_this_machine(world: World):
    forwarded = {"X-Forwarded-For": "203.0.113.9"}
    for role in Role:
        client = await world.as_role(role)
        status = (await client.get("/metrics", headers=forwarded)).status
        assert status == (200 if role is Role.ADMINISTRATOR else 403)
