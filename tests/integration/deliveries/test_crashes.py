"""kill -9 between claim, send and record: handed over once after doubt, never lost."""

import asyncio
import random
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import pytest

from hub import clock as wall
from hub.db.engine import Database
from tests.integration.deliveries.scene import CAPABILITIES, SAFE, Channel, Scene, Turned
from tests.nodes import StartNode

pytestmark = pytest.mark.crash

NODE = "tests.integration.deliveries.dying_node"


def given(file: Path) -> Counter[UUID]:
    """What the dead node's provider was given."""
    return Counter(UUID(line) for line in file.read_text().split()) if file.exists() else Counter()


class Death(NamedTuple):
    """Where a node dies, whether repeats are safe, and how the message ends."""

    point: str
    safe: bool
    status: str
    copies: int


@pytest.mark.parametrize(
    "death",
    [
        # Nothing was marked: as if the dead node had never been.
        Death("claimed", False, "sent", 1),
        Death("marking", False, "sent", 1),
        # Marked: nobody knows, so it is shown, or repeated where the receiver knows repeats.
        Death("sending", False, "unknown", 0),
        Death("sending", True, "sent", 1),
        Death("sent", False, "unknown", 1),
        Death("sent", True, "sent", 2),
    ],
    ids=lambda death: f"{death.point}-{'safe' if death.safe else 'unsafe'}",
)
async def test_a_node_that_dies(
    database: Database, database_url: str, start_node: StartNode, tmp_path: Path, death: Death
):
    clock = Turned(wall.now())
    scene = Scene(database, clock)
    channel = Channel(SAFE if death.safe else CAPABILITIES)
    inbox = await scene.inbox(channel)
    anna = await scene.contact("anna")
    first = await scene.deliver(anna, inbox, "first")
    second = await scene.deliver(anna, inbox, "second")
    file = tmp_path / "given"
    safe = "safe" if death.safe else "no"
    node = await start_node(NODE, database_url, str(inbox), death.point, safe, str(file))
    await node.says(death.point)
    await node.kill()
    outbox = scene.outbox()
    # While the lease holds, nobody touches the lane.
    await scene.pump(outbox)
    assert channel.sent == []
    clock.turn(minutes=10)
    await scene.pump(outbox)
    assert await scene.status(first) == death.status
    assert await scene.message_status(first) == death.status
    handed_over = given(file) + channel.copies()
    assert handed_over[first] == death.copies
    assert (await scene.status(second), handed_over[second]) == ("sent", 1)
    assert channel.texts[-1] == "second"


@pytest.mark.timeout(120)
async def test_killed_again_and_again_under_load(
    database: Database, database_url: str, start_node: StartNode, tmp_path: Path
):
    clock = Turned(wall.now())
    scene = Scene(database, clock)
    channel = Channel()
    inbox = await scene.inbox(channel)
    people = [await scene.contact(f"c{number}") for number in range(12)]
    ids = [
        await scene.deliver(home, inbox, f"{turn}", deadline=clock() + timedelta(days=1))
        for turn in range(8)
        for home in people
    ]
    file = tmp_path / "given"
    chance = random.Random(7)
    for _ in range(4):
        node = await start_node(NODE, database_url, str(inbox), "never", "no", str(file))
        await node.says("working")
        await asyncio.sleep(chance.uniform(0.05, 0.3))
        await node.kill()
        # Its leases are over, as after a minute.
        await scene.execute("UPDATE due SET lease_until = now() WHERE lease IS NOT NULL")
    clock.turn(minutes=2)
    await scene.pump(scene.outbox(), rounds=200)
    handed_over = given(file) + channel.copies()
    statuses = {one: await scene.status(one) for one in ids}
    assert set(statuses.values()) <= {"sent", "unknown"}
    assert all(handed_over[one] == 1 for one in ids if statuses[one] == "sent")
    assert all(handed_over[one] <= 1 for one in ids)
    assert await scene.next_ready() is None
