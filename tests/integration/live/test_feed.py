"""A listener of the live feed misses nothing and gets nothing twice, whatever happens to it."""

import asyncio
import random
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson
import pytest

from hub.db import event_log
from hub.db.engine import AnySession, Database
from hub.events import EventType, NewEvent
from hub.ids import new_id
from hub.tasks import Background
from hub.timeline.broadcast import ForViewer, LiveEvent, Missed, Subscription
from hub.timeline.transient import Transient
from tests.integration.live.conftest import Node, Shop, announce, start_node
from tests.integration.timeline.world import NOW, add_conversation, message

ALL = ForViewer(frozenset())


def texts(events: Sequence[LiveEvent]) -> list[str]:
    return [event.entry["text"] for event in events if event.entry is not None]


async def take(subscription: Subscription, count: int) -> list[LiveEvent]:
    events: list[LiveEvent] = []
    async with asyncio.timeout(10):
        while len(events) < count:
            events += await subscription.take()
    return events


async def nothing_more(subscription: Subscription) -> bool:
    try:
        async with asyncio.timeout(0.2):
            await subscription.take()
    except TimeoutError:
        return True
    return False


async def head_reaches(node: Node, seq: int) -> None:
    """Wait until the node has handed out event `seq`."""
    async with asyncio.timeout(10):
        while node.feed.head < seq:  # noqa: ASYNC110 - a listener would change what is tested
            await asyncio.sleep(0.01)


async def test_an_event_comes_with_its_entry(node: Node, shop: Shop) -> None:
    async with node.feed.subscribe(ALL) as subscription:
        await announce(
            node.database, shop.person.id, message(shop.person, "Здравствуйте", inbox=shop.inbox)
        )
        (event,) = await take(subscription, 1)
    frame = orjson.loads(event.frame)
    assert list(frame) == [
        "seq", "type", "id", "occurred_at", "customer_id", "conversation_id", "data",
    ]  # fmt: skip
    assert (frame["seq"], frame["type"]) == (1, "message.created")
    assert frame["customer_id"] == str(shop.person.id)
    assert frame["data"]["direction"] == "inbound"
    assert frame["data"]["entry"]["text"] == "Здравствуйте"
    assert frame["data"]["entry"]["contact_point"]["value"] == shop.person.values[0]


async def test_a_conversation_comes_with_its_summary(node: Node, shop: Shop) -> None:
    async with node.database.transaction() as session:
        conversation = await add_conversation(session, shop.person, shop.inbox)
        opened = NewEvent(
            EventType.CONVERSATION_OPENED, NOW, shop.person.id, conversation, inbox_id=shop.inbox
        )
        await event_log.append(session, [opened])
    async with node.feed.subscribe(ALL, after=0) as subscription:
        (event,) = await take(subscription, 1)
    assert orjson.loads(event.frame)["data"]["conversation"]["id"] == str(conversation)


async def test_what_nobody_listens_to_is_not_read_until_somebody_comes_back(
    database: Database, tasks: Background, shop: Shop
) -> None:
    read: list[UUID] = []

    async def noted(_: AnySession, ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
        read.extend(ids)
        return {one: {} for one in ids}

    node = await start_node(database, tasks, summaries=noted)
    async with database.transaction() as session:
        conversation = await add_conversation(session, shop.person, shop.inbox)
        opened = NewEvent(
            EventType.CONVERSATION_OPENED, NOW, shop.person.id, conversation, inbox_id=shop.inbox
        )
        await event_log.append(session, [opened])
    await head_reaches(node, 1)
    assert not read
    async with node.feed.subscribe(ALL, after=0) as subscription:
        (event,) = await take(subscription, 1)
    assert event.seq == 1
    assert read == [conversation]


async def test_nobody_hears_of_an_inbox_that_is_hidden(node: Node, shop: Shop) -> None:
    outsider = ForViewer(frozenset({shop.secret}))
    async with node.feed.subscribe(outsider) as live, node.feed.subscribe(ALL) as insider:
        await announce(
            node.database,
            shop.person.id,
            message(shop.person, "secret", inbox=shop.secret),
            message(shop.person, "open", inbox=shop.inbox),
        )
        assert texts(await take(insider, 2)) == ["secret", "open"]
        assert texts(await take(live, 1)) == ["open"]
        assert await nothing_more(live)
    async with node.feed.subscribe(outsider, after=0) as resumed:
        assert texts(await take(resumed, 1)) == ["open"]
        assert await nothing_more(resumed)


async def test_an_entry_of_a_hidden_inbox_does_not_come_with_an_open_event(
    node: Node, shop: Shop
) -> None:
    (place,) = await announce(
        node.database, shop.person.id, message(shop.person, "secret", inbox=shop.secret)
    )
    async with node.feed.subscribe(ForViewer(frozenset({shop.secret}))) as outsider:
        careless = NewEvent(
            EventType.MESSAGE_UPDATED, NOW, stream_id=place.stream_id, position=place.position
        )
        async with node.database.transaction() as session:
            await event_log.append(session, [careless])
        assert await nothing_more(outsider)


async def write_in_bursts(database: Database, shop: Shop, count: int, seed: int) -> None:
    chance = random.Random(seed)
    written = 0
    while written < count:
        burst = min(chance.randint(1, 7), count - written)
        entries = [
            message(shop.person, str(written + n), stream=chance.randint(0, 1), inbox=shop.inbox)
            for n in range(burst)
        ]
        await announce(database, shop.person.id, *entries)
        written += burst
        await asyncio.sleep(chance.uniform(0, 0.01))


async def listen_coming_and_going(nodes: Sequence[Node], count: int, seed: int) -> list[str]:
    """Take events at one node after the other, breaking off whenever chance wants it."""
    chance = random.Random(seed)
    seen: list[str] = []
    last = 0
    while len(seen) < count:
        async with chance.choice(nodes).feed.subscribe(ALL, after=last) as subscription:
            for _ in range(chance.randint(1, 4)):
                try:
                    async with asyncio.timeout(chance.uniform(0.005, 0.1)):
                        events = await subscription.take()
                except TimeoutError:
                    break
                seen += texts(events)
                last = events[-1].seq
    return seen


@pytest.mark.parametrize("kept", [2048, 40])
async def test_coming_and_going_on_two_nodes_loses_and_doubles_nothing(
    node: Node, database_url: str, shop: Shop, tasks: Background, kept: int
) -> None:
    """Also when the other node keeps so little that it has to read the log."""
    async with Database.open(database_url) as database:
        other = await start_node(database, tasks, leads=False, kept=kept)
        count = 200
        async with asyncio.TaskGroup() as group:
            # Two writers at once: positions and numbers then differ in order, texts tell.
            listeners = [
                group.create_task(retrying(nodes, count, seed))
                for seed, nodes in enumerate([(node, other), (node, other), (other,), (node,)])
            ]
            await write_in_bursts(node.database, shop, count, seed=9)
        for listener in listeners:
            assert listener.result() == [str(n) for n in range(count)]
        await tasks.close()


async def retrying(nodes: Sequence[Node], count: int, seed: int) -> list[str]:
    async with asyncio.timeout(30):
        while True:
            try:
                return await listen_coming_and_going(nodes, count, seed)
            except Missed:
                # Fell further behind than a node keeps: what a browser does is load anew.
                seed += 100


async def test_both_nodes_hear_of_what_either_writes(
    node: Node, other_node: Node, shop: Shop
) -> None:
    async with (
        node.feed.subscribe(ALL) as here,
        other_node.feed.subscribe(ALL) as there,
    ):
        await announce(other_node.database, shop.person.id, message(shop.person, "from there"))
        await announce(node.database, shop.person.id, message(shop.person, "from here"))
        assert texts(await take(here, 2)) == ["from there", "from here"]
        assert texts(await take(there, 2)) == ["from there", "from here"]


async def test_resuming_soon_reads_nothing(node: Node, shop: Shop) -> None:
    await announce(node.database, shop.person.id, *(message(shop.person, w) for w in "abc"))
    await head_reaches(node, 3)
    pool = node.database.engine.pool
    before = pool.status()
    async with node.feed.subscribe(ALL, after=1) as subscription:
        # Without a turn of the event loop no query can have run.
        subscription._ready.set()
        assert texts(list(subscription._queue)) == ["b", "c"]
    assert pool.status() == before


async def test_resuming_after_what_was_kept_reads_the_log(
    database: Database, tasks: Background, shop: Shop
) -> None:
    node = await start_node(database, tasks, kept=3)
    for word in "abc":
        await announce(database, shop.person.id, message(shop.person, word))
    await head_reaches(node, 3)
    late = await start_node(database, tasks, leads=False, kept=3)
    async with late.feed.subscribe(ALL, after=0) as subscription:
        assert texts(await take(subscription, 3)) == ["a", "b", "c"]


@pytest.mark.parametrize("after", [0, 50])
async def test_who_is_too_late_or_from_elsewhere_has_to_load_anew(
    database: Database, tasks: Background, shop: Shop, after: int
) -> None:
    node = await start_node(database, tasks, kept=3)
    await announce(database, shop.person.id, *(message(shop.person, w) for w in "abcde"))
    await head_reaches(node, 5)
    with pytest.raises(Missed):
        async with node.feed.subscribe(ALL, after=after):
            pass


async def test_who_falls_behind_what_the_log_keeps_has_to_load_anew(
    node: Node, shop: Shop, tasks: Background
) -> None:
    await announce(node.database, shop.person.id, *(message(shop.person, w) for w in "abc"))
    await head_reaches(node, 3)
    async with node.database.transaction() as session:
        await (await session.connection()).exec_driver_sql("DELETE FROM events WHERE seq < 3")
    late = await start_node(node.database, tasks, leads=False)
    with pytest.raises(Missed):
        async with late.feed.subscribe(ALL, after=1):
            pass
    async with late.feed.subscribe(ALL, after=2) as subscription:
        assert texts(await take(subscription, 1)) == ["c"]


async def test_a_listener_that_does_not_listen_holds_up_nobody(
    database: Database, tasks: Background, shop: Shop
) -> None:
    node = await start_node(database, tasks, kept=5)
    async with node.feed.subscribe(ALL) as lazy, node.feed.subscribe(ALL) as keen:
        seen: list[LiveEvent] = []
        for number in range(8):
            await announce(database, shop.person.id, message(shop.person, str(number)))
            seen += await take(keen, 1)
        assert texts(seen) == [str(n) for n in range(8)]
        with pytest.raises(Missed):
            await lazy.take()
        await announce(database, shop.person.id, message(shop.person, "after"))
        assert texts(await take(lazy, 1)) == ["after"]


async def test_typing_is_told_here_at_once_and_on_the_other_node(
    node: Node, other_node: Node, shop: Shop
) -> None:
    outsider = ForViewer(frozenset({shop.inbox}))
    async with (
        node.feed.subscribe(ALL) as here,
        other_node.feed.subscribe(ALL) as there,
        other_node.feed.subscribe(outsider) as hidden,
    ):
        node.feed.signal(
            Transient("typing", "customer", customer_id=shop.person.id, inbox_id=shop.inbox)
        )
        assert len(here._queue) == 1
        (event,) = await take(there, 1)
        frame = orjson.loads(event.frame)
        assert (frame["type"], frame["customer_id"]) == ("typing", str(shop.person.id))
        assert "seq" not in frame
        assert await nothing_more(there)
        assert await nothing_more(hidden)


async def test_what_is_for_one_operator_reaches_their_screens_on_every_node_and_no_other(
    node: Node, other_node: Node
) -> None:
    olga, boris = new_id(), new_id()
    async with (
        node.feed.subscribe(ForViewer(frozenset(), olga)) as here,
        other_node.feed.subscribe(ForViewer(frozenset(), olga)) as there,
        other_node.feed.subscribe(ForViewer(frozenset(), boris)) as others,
        other_node.feed.subscribe(ALL) as program,
    ):
        told = Transient("draft.updated", "operator", olga, operator_id=olga, data={"revision": 7})
        node.feed.signal(told)
        assert len(here._queue) == 1
        (event,) = await take(there, 1)
        assert orjson.loads(event.frame)["data"]["revision"] == 7
        assert await nothing_more(others)
        assert await nothing_more(program)


async def test_what_was_true_for_a_moment_leaves_nothing_behind(node: Node) -> None:
    async with node.database.transaction() as session:
        connection = await session.connection()
        await connection.exec_driver_sql(
            "INSERT INTO live_signals (origin, at) VALUES ('x', now() - interval '1 minute')"
        )
    node.feed.signal(Transient("presence", "operator", state="online"))
    await node.feed._exchange._write()
    assert await _signals(node.database) <= {node.feed._exchange._origin}


async def _signals(database: Database) -> set[str]:
    async with database.reading() as session:
        rows = await (await session.connection()).exec_driver_sql(
            "SELECT origin FROM live_signals"
        )
        return set(rows.scalars())
