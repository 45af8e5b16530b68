"""A key fires once, whoever comes to it at the same time; what it came to stands beside it."""

import asyncio
from uuid import UUID

import pytest

from hub import clock
from hub.customers.roots import lock_roots
from hub.db.engine import WriteSession
from hub.db.retry import Overtaken, is_serialization_failure
from hub.inboxes.registry import Registry
from hub.rules import context
from hub.rules.actions import Tools
from hub.rules.active import ActiveRules
from hub.rules.context import Subject
from hub.rules.firing import Asked, Fired, Occasion, fire_all
from tests.integration.rules.shop import Shop

PEOPLE = "SELECT id FROM customers ORDER BY name"
FIRINGS = "SELECT key, outcome, customer_id FROM rule_firings ORDER BY id"
LABELS = "SELECT name FROM customers WHERE labels = '{first}'"
# One key for all who speak the same language: whoever comes first.
FIRST = {
    "name": "The first",
    "trigger": {"on": "customer.created"},
    "key": ["customer.locale"],
    "actions": [{"label": {"labels": ["first"], "on": "customer"}}],
}


async def fire(session: WriteSession, people: list[UUID]) -> list[Fired]:
    now = clock.now()
    await lock_roots(session, people)
    [rule] = await ActiveRules().all(session)
    seen = await context.load(session, [Subject("customer", one) for one in people], now)
    asked = [Asked(rule, one, Occasion(now)) for one in seen if one is not None]
    return await fire_all(session, asked, tools=Tools(Registry.load()), now=now)


async def two(shop: Shop) -> tuple[UUID, UUID]:
    await shop.customer("Ann", "en")
    await shop.customer("Bob", "en")
    await shop.rule(FIRST)
    [[ann], [bob]] = await shop.rows(PEOPLE)
    return ann, bob


async def _in_a_transaction(shop: Shop, people: list[UUID]) -> list[Fired]:
    async with shop.database.transaction() as session:
        return await fire(session, people)


async def test_of_two_in_one_batch_the_first_fires(shop: Shop) -> None:
    ann, bob = await two(shop)
    first, other = await _in_a_transaction(shop, [ann, bob])
    assert (first.outcome, other.outcome) == ("fired", "repeated")
    assert [tuple(one) for one in await shop.rows(FIRINGS)] == [("en", "fired", ann)]


async def test_who_fired_a_moment_ago_is_found(shop: Shop) -> None:
    ann, bob = await two(shop)
    await _in_a_transaction(shop, [ann])
    assert [one.outcome for one in await _in_a_transaction(shop, [bob])] == ["repeated"]


async def _overtaken(shop: Shop, people: list[UUID]) -> bool:
    with pytest.raises(Overtaken) as overtaken:
        await _in_a_transaction(shop, people)
    return is_serialization_failure(overtaken.value)


async def test_of_two_transactions_at_once_the_second_begins_anew(shop: Shop) -> None:
    ann, bob = await two(shop)
    async with asyncio.TaskGroup() as tasks:
        async with shop.database.transaction() as session:
            [fired] = await fire(session, [ann])
            late = tasks.create_task(_overtaken(shop, [bob]))
            # It has looked for the key in vain, and waits for whoever has it.
            async with asyncio.timeout(20):
                while not (await shop.rows(_WAITING))[0][0]:  # noqa: ASYNC110 - nothing rings
                    await asyncio.sleep(0.02)
        assert fired.outcome == "fired"
        assert await late
    # What it had done before it came to the key is undone.
    assert [one[0] for one in await shop.rows(LABELS)] == ["Ann"]
    assert [one.outcome for one in await _in_a_transaction(shop, [bob])] == ["repeated"]
    assert [tuple(one) for one in await shop.rows(FIRINGS)] == [("en", "fired", ann)]


_WAITING = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'
      AND query LIKE '%INSERT INTO rule_firings%'
"""
