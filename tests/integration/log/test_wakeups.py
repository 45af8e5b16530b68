"""A wake-up reaches every other node, once and soon; one node alone sends nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest

from hub.db.dedicated import connect_options
from hub.db.engine import Database
from hub.db.relay import Relay
from hub.db.signals import Topic, Wake
from hub.db.wakeups import GAP, WakeUps
from hub.tasks import background
from tests.integration.log.conftest import Log
from tests.integration.log.test_relay import cut
from tests.nodes import until


@asynccontextmanager
async def node(url: str) -> AsyncIterator[tuple[Database, WakeUps]]:
    """A second node, here in the same process."""
    async with Database.open(url) as database, background() as tasks:
        wakeups = WakeUps(database)
        tasks.start(wakeups.run(), "wake-ups")
        yield database, wakeups


@asynccontextmanager
async def two_nodes(url: str) -> AsyncIterator[tuple[Database, Database]]:
    """Two nodes that know of each other."""
    async with node(url) as (one, ones), node(url) as (two, twos):
        await until(lambda: ones.others and twos.others)
        yield one, two


@asynccontextmanager
async def notifications(database: Database) -> AsyncIterator[list[str]]:
    """What goes over the wire while it is open."""
    heard: list[str] = []
    listening = await asyncpg.connect(**connect_options(database))
    await listening.add_listener("besedka", lambda *args: heard.append(str(args[3])))
    try:
        yield heard
    finally:
        listening.terminate()


async def quiet(wake: Wake) -> None:
    """Let what rings at the start ring."""
    while await wake.wait(0.1):
        pass


async def test_a_wake_up_reaches_the_other_node(database_url: str) -> None:
    async with two_nodes(database_url) as (one, two):
        events, inboxes = two.signals.subscribe(Topic.EVENTS), two.signals.subscribe(Topic.INBOXES)
        await quiet(inboxes)
        one.signals.wake(Topic.EVENTS)
        assert await events.wait(2)
        assert not await inboxes.wait(0.1)


async def test_it_does_not_come_back(database_url: str) -> None:
    async with two_nodes(database_url) as (one, two):
        await quiet(here := one.signals.subscribe(Topic.DUE))
        there = two.signals.subscribe(Topic.DUE)
        async with notifications(one) as heard:
            one.signals.wake(Topic.DUE)
            assert await here.wait(0.1)
            assert await there.wait(20)
            assert not await here.wait(0.2)
        assert heard == ["due"]


async def test_many_wake_ups_become_few_notifications(database_url: str) -> None:
    async with two_nodes(database_url) as (one, _), notifications(one) as heard:
        begun = asyncio.get_running_loop().time()
        for _ in range(100):
            one.signals.wake(Topic.EVENTS)
            one.signals.wake(Topic.PENDING)
            await asyncio.sleep(0.002)
        took = asyncio.get_running_loop().time() - begun
        await asyncio.sleep(0.1)
    assert 1 < len(heard) <= took / GAP + 3
    assert set(heard) <= {"events", "pending", "events,pending"}


async def test_one_node_alone_says_nothing(database_url: str) -> None:
    async with node(database_url) as (one, wakeups), notifications(one) as heard:
        await asyncio.sleep(0.2)
        one.signals.wake(Topic.EVENTS)
        await asyncio.sleep(0.1)
        assert not wakeups.others
    assert heard == []


async def test_it_notices_when_it_is_alone_again(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.db.wakeups._COUNT_EVERY", 0.05)
    async with node(database_url) as (_, wakeups):
        async with node(database_url):
            await until(lambda: wakeups.others)
        await until(lambda: not wakeups.others)


async def test_it_hears_again_after_its_connection_was_cut(database_url: str) -> None:
    async with two_nodes(database_url) as (one, two):
        await quiet(rung := two.signals.subscribe(Topic.EVENTS))
        assert await cut(one, "besedka wake-ups") == 2
        # On its return a node rings everything: something may have been missed.
        assert await rung.wait(5)
        await quiet(rung)
        one.signals.wake(Topic.EVENTS)
        assert await rung.wait(2)


async def test_an_event_written_on_one_node_is_numbered_by_the_other(database_url: str) -> None:
    async with two_nodes(database_url) as (one, two), background() as tasks:
        relay = Relay(two)
        tasks.start(relay.run(), "relay")
        await until(lambda: relay.leading)
        log = Log(one)
        await log.write()
        await quiet(rung := one.signals.subscribe(Topic.EVENTS))
        loop = asyncio.get_running_loop()
        start = loop.time()
        await log.write()
        assert await rung.wait(2)
        assert loop.time() - start < 0.5
        assert len(await log.read()) == 2


async def test_an_unknown_word_is_passed_over(database_url: str) -> None:
    async with two_nodes(database_url) as (one, two):
        await quiet(rung := two.signals.subscribe(Topic.LIVE))
        stranger = await asyncpg.connect(**connect_options(one))
        await stranger.execute("SELECT pg_notify('besedka', 'sunrise,live')")
        await stranger.close()
        assert await rung.wait(2)
