"""Several outboxes on one database: each message once, each contact point in order."""

import asyncio
import random
from collections import defaultdict
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

import pytest

from hub import clock as wall
from hub.customers.identify import Home
from hub.db.engine import Database
from hub.deliveries.outbox import PACES
from hub.due.loop import DueLoop
from hub.ports import (
    OutboundMessage,
    OutcomeUnknown,
    PermanentError,
    RateLimited,
    TransientError,
)
from tests.integration.deliveries.scene import Channel, Scene, Turned

FAULTS = (
    TransientError("busy"),
    RateLimited("slow", retry_after=3, scope="recipient"),
    RateLimited("slow", retry_after=2),
    OutcomeUnknown("?"),
    PermanentError("no"),
)


async def test_two_nodes_never_send_one_message_twice(database: Database, database_url: str):
    scene = Scene(database, wall.now)
    channel = Channel()
    inbox = await scene.inbox(channel)
    people = [await scene.contact(f"c{number}") for number in range(20)]

    async def slowly(_message: object) -> None:
        await asyncio.sleep(random.uniform(0, 0.01))

    channel.behave = slowly
    async with Database.open(database_url) as second:
        other = Scene(second, wall.now)
        other.open = scene.open
        loops = [
            DueLoop(one.database, wall.now, one.outbox().handlers, paces=PACES).run()
            for one in (scene, other)
        ]
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(run) for run in loops]
            ids = [
                await scene.deliver(home, inbox, str(turn)) for turn in range(4) for home in people
            ]
            async with asyncio.timeout(20):
                while await scene.next_ready() is not None:  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
            for task in tasks:
                task.cancel()
    assert channel.copies() == dict.fromkeys(ids, 1)
    in_order: defaultdict[str, list[str]] = defaultdict(list)
    for message in channel.sent:
        row = await scene.row(message.delivery_id)
        in_order[str(row.contact_point_id)].append(message.text)
    assert set(map(tuple, in_order.values())) == {("0", "1", "2", "3")}


class Turmoil:
    """A hub in trouble: faults, closings, cancellations, schedules, two nodes."""

    def __init__(self, nodes: list[Scene], clock: Turned, seed: int) -> None:
        self.nodes, self.clock = nodes, clock
        self.scene = nodes[0]
        self.random = random.Random(seed)
        self.channel = Channel()
        self.channel.behave = self.behave
        self.order: defaultdict[UUID, list[int]] = defaultdict(list)
        self.ids: list[UUID] = []

    async def behave(self, _message: OutboundMessage) -> None:
        await asyncio.sleep(self.random.uniform(0, 0.003))
        if self.random.random() < 0.35:
            raise self.random.choice(FAULTS)

    async def step(self, people: list[Home], inbox: UUID) -> None:
        match self.random.randrange(6):
            case 0:
                self.scene.open.pop(inbox, None)
            case 1 if self.ids:
                await self.scene.execute(
                    "UPDATE deliveries SET status = 'cancelled' WHERE id = :id "
                    "AND status IN ('queued', 'scheduled')",
                    id=self.random.choice(self.ids),
                )
            case _:
                self.scene.open_inbox(inbox, self.channel)
        later = self.clock() + timedelta(seconds=5) if self.random.random() < 0.2 else None
        home = self.random.choice(people)
        words = str(len(self.ids))
        self.ids.append(await self.scene.deliver(home, inbox, words, send_at=later))
        await self.pump()
        self.clock.turn(seconds=self.random.uniform(0, 4))

    async def pump(self) -> None:
        outboxes = [node.outbox() for node in self.nodes]
        await asyncio.gather(
            *(
                node.pump(one, limit=3, rounds=60)
                for node, one in zip(self.nodes, outboxes, strict=True)
            )
        )


@pytest.mark.parametrize("seed", range(4))
async def test_order_and_fate_in_turmoil(
    database: Database, database_url: str, clock: Turned, seed: int
):
    async with Database.open(database_url) as second:
        scene, other = Scene(database, clock), Scene(second, clock)
        other.open = scene.open
        turmoil = Turmoil([scene, other], clock, seed)
        inbox = await scene.inbox(turmoil.channel)
        people = [await scene.contact(f"c{number}") for number in range(3)]
        for _ in range(30):
            await turmoil.step(people, inbox)
        scene.open_inbox(inbox, turmoil.channel)
        for _ in range(40):
            await turmoil.pump()
            clock.turn(minutes=5)
    rows = {one: await scene.row(one) for one in turmoil.ids}
    ended = {"sent", "failed", "unknown", "cancelled"}
    assert {row.status for row in rows.values()} <= ended
    copies = turmoil.channel.copies()
    for one, row in rows.items():
        assert copies[one] == (1 if row.status == "sent" else 0), row.status
        assert await scene.message_status(one) in ended | {"queued", "scheduled"}
    assert await scene.next_ready() is None
    # Of what was queued at once, each contact point got the older first.
    for home in people:
        numbers = [
            rows[message.delivery_id].number
            for message in turmoil.channel.sent
            if rows[message.delivery_id].contact_point_id == home.contact_point_id
            and rows[message.delivery_id].send_at is None
        ]
        assert numbers == sorted(numbers)


async def test_a_cancelled_handler_sees_its_sends_through(scene: Scene):
    channel = Channel()
    inbox = await scene.inbox(channel)
    delivery = await scene.deliver(await scene.contact("anna"), inbox, "hello")
    begun = asyncio.Event()

    async def slowly(_message: object) -> None:
        begun.set()
        await asyncio.sleep(0.3)

    channel.behave = slowly
    async with asyncio.TaskGroup() as group:
        task = group.create_task(scene.pump(scene.outbox()))
        await begun.wait()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    assert await scene.status(delivery) == "sent"
