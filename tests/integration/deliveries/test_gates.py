"""Slots: the promised rate over all nodes, none wasted, nobody asked for twice."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

from hub.db.engine import Database
from hub.deliveries import gates
from hub.deliveries.gates import GRID, Wanted
from tests.integration.deliveries.scene import CAPABILITIES, START, Channel, Scene, Turned

TEN = replace(CAPABILITIES, sends_per_second=10)


async def reserve(scene: Scene, wanted: list[Wanted], now: datetime = START) -> list[datetime]:
    async with scene.database.transaction() as session:
        return await gates.reserve(session, wanted, now)


async def test_slots_are_handed_out_once_and_without_holes(scene: Scene):
    inbox = await scene.inbox(None)
    wanted = [Wanted(inbox, uuid4(), TEN) for _ in range(5)]
    several = await asyncio.gather(*(reserve(scene, wanted) for _ in range(8)))
    slots = sorted(slot for batch in several for slot in batch)
    assert slots == [START + timedelta(seconds=0.1) * number for number in range(40)]


async def test_an_idle_gate_does_not_save_up(scene: Scene):
    inbox = await scene.inbox(None)
    one = Wanted(inbox, uuid4(), TEN)
    await reserve(scene, [one])
    later = START + timedelta(hours=1)
    assert await reserve(scene, [one, one], later) == [later, later + timedelta(seconds=0.1)]


async def test_without_a_limit_everybody_goes_at_once(scene: Scene):
    inbox = await scene.inbox(None)
    wanted = [Wanted(inbox, uuid4(), CAPABILITIES) for _ in range(3)]
    assert await reserve(scene, wanted) == [START] * 3
    assert await scene.execute("SELECT 1 FROM send_gates") == []


async def test_a_recipient_has_a_gate_of_their_own(scene: Scene):
    both = replace(CAPABILITIES, sends_per_second=10, recipient_sends_per_second=1)
    inbox = await scene.inbox(None)
    anna, boris = Wanted(inbox, uuid4(), both), Wanted(inbox, uuid4(), both)
    assert await reserve(scene, [anna, boris]) == [START, START + timedelta(seconds=0.1)]
    assert await reserve(scene, [anna]) == [START + timedelta(seconds=1)]


async def test_the_rate_holds_over_two_nodes_and_no_slot_is_wasted(
    scene: Scene, clock: Turned, database_url: str
):
    """60 lanes, 20 a second: three seconds, evenly."""
    channel = Channel(replace(CAPABILITIES, sends_per_second=20))
    inbox = await scene.inbox(channel)
    for number in range(60):
        await scene.deliver(await scene.contact(f"c{number}"), inbox, "hello")
    left: list[datetime] = []

    async def note_time(_message: object) -> None:
        left.append(clock())

    channel.behave = note_time
    async with Database.open(database_url) as second:
        other = Scene(second, clock)
        other.open = scene.open
        nodes = [(scene, scene.outbox()), (other, other.outbox())]
        for _ in range(400):
            await asyncio.gather(*(one.pump(outbox, limit=7) for one, outbox in nodes))
            if (ready := await scene.next_ready()) is None:
                break
            clock.at = max(clock(), ready)
    assert len(left) == 60
    assert left[-1] - START <= timedelta(seconds=59 / 20)
    seconds = Counter((moment - START) // timedelta(seconds=1) for moment in left)
    assert max(seconds.values()) <= 20 * (1 + GRID.total_seconds()) + 1
    (gate,) = await scene.execute("SELECT next_free_at FROM send_gates")
    assert gate.next_free_at == START + timedelta(seconds=3), "a slot was wasted"
    (most,) = await scene.execute("SELECT max(attempts) AS it FROM deliveries")
    assert most.it == 1


async def test_a_paused_inbox_gives_new_slots_after_the_pause(scene: Scene, clock: Turned):
    channel = Channel(TEN)
    inbox = await scene.inbox(channel)
    for number in range(6):
        await scene.deliver(await scene.contact(f"c{number}"), inbox, "hello")
    outbox = scene.outbox()
    await scene.pump(outbox)
    before = len(channel.sent)
    assert before < 6
    async with scene.database.transaction() as session:
        await gates.pause(session, inbox, clock() + timedelta(seconds=30))
    clock.turn(seconds=29)
    await scene.pump(outbox)
    assert len(channel.sent) == before
    clock.turn(seconds=1)
    await scene.pump(outbox)
    # Not all at once: they were given slots anew.
    assert before < len(channel.sent) < 6
    clock.turn(seconds=1)
    await scene.pump(outbox)
    assert len(channel.sent) == 6
