"""What rules do beside sending, now and later, and that they stop."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text

from hub import clock
from hub.db import kept_settings
from hub.deliveries import policy
from hub.events import Event, EventType
from hub.rules import planning
from hub.rules.active import ActiveRules
from hub.rules.clock_times import CLOCK
from hub.rules.planning import GATHER, MOMENT
from hub.rules.running import WAIT
from tests.integration.rules.shop import Shop, reading

CONVERSATION = "SELECT status, priority, labels, close_reason FROM conversations"
FIRINGS = "SELECT outcome, reason, actions FROM rule_firings ORDER BY id"
SKIPS = "SELECT outcome, reason FROM rule_skips"


def rule(name: str, trigger: dict[str, Any], *actions: object, **more: object) -> dict[str, Any]:
    return {"name": name, "trigger": trigger, "actions": list(actions), **more}


RECEIVED = {"on": "message.received"}


async def test_a_message_is_answered_noted_and_put_in_order(shop: Shop) -> None:
    await shop.rule(
        rule(
            "Complaints",
            RECEIVED,
            {"send": {"text": "We look into it, {{ customer.name }}."}},
            {"note": "They wrote: {{ message.text }}"},
            {"label": ["complaint", "new"]},
            {"unlabel": "new"},
            {"priority": 3},
            {"label": {"labels": ["careful"], "on": "customer"}},
            {"set": {"customer.attributes.complained": True, "customer.locale": "ru"}},
            {"if": {"field": "customer.labels", "has": "careful"}, "then": [{"close": True}]},
            {"assign": {"operator": "nobody"}},
            conditions={"field": "message.text", "contains": ["BROKEN"]},
        )
    )
    async with reading(shop.database):
        await shop.hears("Irina", "It is broken!", "one")
        await shop.read_to_the_end()
    assert await shop.said() == ["We look into it, Irina."]
    [(status, priority, labels, _)] = await shop.rows(CONVERSATION)
    assert (status, priority, labels) == ("closed", 3, ["complaint"])
    [customer] = await shop.rows("SELECT labels, locale, attributes FROM customers")
    assert tuple(customer) == (["careful"], "ru", {"complained": True})
    [note] = await shop.rows("SELECT text, author_kind FROM entries WHERE kind = 'note'")
    assert tuple(note) == ("They wrote: It is broken!", "rule")
    [(outcome, _, actions)] = await shop.rows(FIRINGS)
    assert outcome == "fired"
    assert [one["action"] for one in actions][:3] == ["send", "note", "label"]
    caused = "SELECT DISTINCT depth FROM events WHERE rule_id IS NOT NULL"
    assert [tuple(one) for one in await shop.rows(caused)] == [(1,)]


async def test_what_a_rule_waits_for_survives_and_is_looked_at_again(shop: Shop) -> None:
    await shop.rule(
        rule(
            "Escalate",
            RECEIVED,
            {"label": "asked"},
            {"wait": "2h"},
            {
                "if": {"field": "conversation.priority", "above": 1},
                "then": [{"label": "urgent"}],
                "else": [{"wait": "1h"}, {"label": "slow"}],
            },
            conditions={"field": "conversation.status", "is": "open"},
        )
    )
    async with reading(shop.database):
        await shop.customer("Irina", "en")
        await shop.read_to_the_end()
    now = clock.now()
    assert await shop.come_due(WAIT, now + timedelta(hours=1)) == 0
    assert await shop.come_due(WAIT, now + timedelta(hours=2, minutes=1)) == 1
    [(outcome, _, actions)] = await shop.rows(FIRINGS)
    assert (outcome, [one["action"] for one in actions]) == ("waiting", ["label"])
    assert await shop.come_due(WAIT, now + timedelta(hours=4)) == 1
    [(_, _, labels, _)] = await shop.rows(CONVERSATION)
    assert labels == ["asked", "slow"]
    assert [row.outcome for row in await shop.rows(FIRINGS)] == ["fired"]


async def test_those_that_waited_go_on_together_and_one_customers_one_after_the_other(
    shop: Shop,
) -> None:
    for name in ("First", "Second"):
        await shop.rule(
            rule(
                name,
                RECEIVED,
                {"wait": "2h"},
                {"send": {"text": f"{name}: still there, {{{{ customer.name }}}}?"}},
                {"set": {"customer.attributes.asked": True}},
                conditions={"not": {"field": "customer.attributes.asked", "is": True}},
            )
        )
    async with reading(shop.database):
        await shop.hears("Irina", "Hello", "one")
        await shop.hears("Oleg", "Hello", "two")
        await shop.read_to_the_end()
    assert await shop.come_due(WAIT, clock.now() + timedelta(hours=3)) == 4
    # What the one rule has done to a customer counts for the other of the same batch.
    found = await shop.rows("SELECT outcome, reason FROM rule_firings")
    assert Counter(map(tuple, found)) == {("fired", ""): 2, ("ended", "conditions"): 2}
    assert sorted(one.rpartition(", ")[2] for one in await shop.said()) == ["Irina?", "Oleg?"]


async def test_what_a_customer_cannot_be_given_is_told_by_its_name(shop: Shop) -> None:
    await shop.rule(rule("Zone", RECEIVED, {"set": {"customer.time_zone": "{{ message.text }}"}}))
    async with reading(shop.database):
        await shop.hears("Irina", "Mars/Base", "one")
        await shop.read_to_the_end()
    [fired] = await shop.rows(FIRINGS)
    assert fired.outcome == "failed"
    assert fired.reason.endswith("time_zone: A time zone such as Europe/Sofia.")


async def test_a_wait_ends_when_the_conditions_hold_no_more(shop: Shop) -> None:
    await shop.rule(
        rule(
            "Nudge",
            RECEIVED,
            {"wait": "2h"},
            {"label": "nudged"},
            conditions={"field": "conversation.priority", "is": 0},
        )
    )
    async with reading(shop.database):
        await shop.customer("Irina", "en")
        await shop.read_to_the_end()
    async with shop.database.transaction() as session:
        await session.execute(text("UPDATE conversations SET priority = 2"))
    assert await shop.come_due(WAIT, clock.now() + timedelta(hours=3)) == 1
    assert [tuple(one) for one in await shop.rows(FIRINGS)] == [("ended", "conditions", [])]


async def test_who_has_lost_a_wait_to_another_node_leaves_it_alone(shop: Shop) -> None:
    await shop.rule(rule("Nudge", RECEIVED, {"wait": "2h"}, {"label": "nudged"}))
    async with reading(shop.database):
        await shop.customer("Irina", "en")
        await shop.read_to_the_end()
    at = clock.now() + timedelta(hours=3)
    slow = await shop.claim(WAIT, at)
    quick = await shop.claim(WAIT, at + timedelta(days=1))
    await shop.do(WAIT, slow, at)
    assert [row.outcome for row in await shop.rows(FIRINGS)] == ["waiting"]
    await shop.do(WAIT, quick, at)
    assert [row.outcome for row in await shop.rows(FIRINGS)] == ["fired"]


async def test_what_comes_long_after_its_wait_is_late(shop: Shop) -> None:
    for name, late in [("Eager", "30m"), ("Patient", "90m")]:
        await shop.rule(rule(name, RECEIVED, {"wait": "2h"}, {"label": name}, late=late))
    async with reading(shop.database):
        await shop.customer("Irina", "en")
        await shop.read_to_the_end()
    assert await shop.come_due(WAIT, clock.now() + timedelta(hours=3)) == 2
    done = "SELECT r.name, f.outcome, f.reason FROM rule_firings f JOIN rules r ON r.id = rule_id"
    found = {tuple(one) for one in await shop.rows(done)}
    assert found == {("Eager", "ended", "late"), ("Patient", "fired", "")}
    assert await shop.decided() == [("suppressed", "late")]


async def test_a_moment_that_passed_before_its_event_was_read_is_late_not_lost(
    shop: Shop,
) -> None:
    unanswered = {"after": "conversation.waiting_since", "by": "2h"}
    await shop.rule(rule("Unanswered", unanswered, {"priority": 4}, late="30m"))
    await shop.customer("Irina", "en")
    [(id_, since)] = await shop.rows("SELECT id, waiting_since FROM conversations")
    opened = Event(
        seq=1,
        id=id_,
        type=EventType.CONVERSATION_OPENED,
        occurred_at=since,
        customer_id=None,
        conversation_id=id_,
        stream_id=None,
        position=None,
        inbox_id=None,
        data={},
        rule_id=None,
        depth=0,
    )
    read_at = since + timedelta(hours=3)
    async with shop.database.transaction() as session:
        await planning.after_events(session, [opened], await ActiveRules().all(session), read_at)
    assert await shop.come_due(MOMENT, read_at) == 1
    assert await shop.decided() == [("suppressed", "later than 30m")]


async def test_nobody_has_answered_for_so_long(shop: Shop) -> None:
    unanswered = {"after": "conversation.waiting_since", "by": "2h"}
    await shop.rule(rule("Unanswered", unanswered, {"priority": 4}))
    async with reading(shop.database):
        await shop.customer("Irina", "en")
        await shop.read_to_the_end()
    [(since,)] = await shop.rows("SELECT waiting_since FROM conversations")
    assert isinstance(since, datetime)
    assert await shop.come_due(MOMENT, since + timedelta(minutes=119)) == 0
    assert await shop.come_due(MOMENT, since + timedelta(minutes=121)) == 1
    [(_, priority, _, _)] = await shop.rows(CONVERSATION)
    assert priority == 4


async def test_an_answer_takes_the_deadline_back(shop: Shop) -> None:
    unanswered = {"after": "conversation.waiting_since", "by": "2h"}
    await shop.rule(rule("Unanswered", unanswered, {"priority": 4}))
    await shop.rule(rule("Closing", RECEIVED, {"close": {"reason": "done"}}))
    async with reading(shop.database):
        await shop.customer("Irina", "en")
        await shop.read_to_the_end()
    assert await shop.rows("SELECT key FROM due WHERE kind = 'rule-moment'") == []


async def test_what_comes_in_one_window_counts_as_one(shop: Shop) -> None:
    answer = {"send": {"text": "Got: {{ message.text }}"}}
    await shop.rule(rule("Once", RECEIVED, answer, coalesce="5m"))
    async with reading(shop.database):
        for number in range(3):
            await shop.hears("Irina", f"Part {number}", str(number))
            await shop.read_to_the_end()
    assert await shop.said() == []
    assert await shop.come_due(GATHER, clock.now() + timedelta(minutes=6)) == 1
    assert await shop.said() == ["Got: Part 2"]


async def test_a_customer_is_bothered_so_often_and_no_more(shop: Shop) -> None:
    limit = {"times": 1, "per": "1d"}
    await shop.rule(rule("Thanks", RECEIVED, {"send": {"text": "Thanks"}}, at_most=limit))
    async with reading(shop.database):
        for number in range(2):
            await shop.hears("Irina", f"Part {number}", str(number))
            await shop.read_to_the_end()
    assert await shop.said() == ["Thanks"]
    assert [tuple(one) for one in await shop.rows(SKIPS)] == [("capped", "more than 1 per 1d")]


async def test_rules_that_set_each_other_off_come_to_an_end(shop: Shop) -> None:
    updated = {"on": "conversation.updated"}
    for own, other in [(1, 2), (2, 1)]:
        await shop.rule(
            rule(
                f"To {own}",
                updated,
                {"priority": own},
                conditions={"field": "conversation.priority", "is": other},
            )
        )
    await shop.rule(rule("Start", RECEIVED, {"priority": 1}))
    async with reading(shop.database):
        await shop.customer("Irina", "en")
        await shop.read_to_the_end()
        # Each firing is an event, which is read in its turn.
        for _ in range(8):
            await shop.read_to_the_end()
    deepest = await shop.rows("SELECT max(depth) AS depth FROM events")
    assert deepest[0].depth == 5
    assert {row.outcome for row in await shop.rows(SKIPS)} >= {"loop"}


async def test_each_customer_hears_at_nine_on_their_own_clock(shop: Shop) -> None:
    """Who has none hears on the installation's."""
    async with shop.database.transaction() as session:
        await kept_settings.lock(session, policy.NAME, clock.now())
        await kept_settings.store(session, policy.NAME, {"time_zone": "Asia/Tokyo"})
    await shop.customer("Ken", "en")
    daily = {"cron": "0 9 * * *", "zone": "customer"}
    await shop.rule(rule("Morning", daily, {"send": {"text": "Good morning"}}))
    for name, zone in [("Irina", "Asia/Yekaterinburg"), ("Boris", "Europe/Sofia")]:
        await shop.customer(name, "en")
        async with shop.database.transaction() as session:
            await session.execute(
                text("UPDATE customers SET time_zone = :zone WHERE name = :name"),
                {"zone": zone, "name": name},
            )
    async with reading(shop.database):
        await shop.read_to_the_end()
    now = clock.now()
    for hours in range(50):
        at = now + timedelta(hours=hours)
        for _ in range(4):
            await shop.come_due(CLOCK, at)
    fired = await shop.rows("""
        SELECT c.time_zone, f.key FROM rule_firings f JOIN customers c ON c.id = f.customer_id
    """)
    assert len(await shop.said()) == len(fired)
    shown = {(zone, _local(key, zone or "Asia/Tokyo")) for zone, key in fired}
    zones = {"Asia/Yekaterinburg", "Europe/Sofia", ""}
    assert shown == {(zone, "09:00") for zone in zones}
    # Fifty hours hold two mornings at least, three at most.
    assert 6 <= len(fired) <= 9


def _local(key: str, zone: str) -> str:
    at = datetime.fromisoformat(key.rpartition("|")[2])
    return at.astimezone(ZoneInfo(zone)).strftime("%H:%M")
