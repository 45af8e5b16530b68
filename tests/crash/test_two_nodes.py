"""Two hubs on one database: the one that leads is killed, the other takes all of it over."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text

from hub.tasks import background
from tests.crash.load import AWAY, Load
from tests.crash.promises import assert_kept
from tests.crash.world import Node, World, open_world


class Follower:
    """A live client that comes back, to whichever node there is, and asks for what it missed."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.start: int | None = None
        self.seen: list[int] = []
        self.resets = 0
        self.connections = 0

    async def follow(self) -> None:
        while True:
            try:
                await self._listen()
            except AWAY:
                await asyncio.sleep(0.05)

    async def _listen(self) -> None:
        url = f"{self._world.node.url}/api/v1/live"
        headers = {"Authorization": f"Bearer {self._world.token}"}
        async with self._world.http.ws_connect(url, headers=headers) as socket:
            self.connections += 1
            after = self.seen[-1] if self.seen else self.start
            await socket.send_json({"type": "hello", "after": after})
            async for message in socket:
                frame = message.json()
                self.resets += frame["type"] == "reset"
                if frame["type"] == "ready" and self.start is None:
                    self.start = frame["seq"]
                elif frame.get("seq") and frame["type"] != "ready":
                    self.seen.append(frame["seq"])


@pytest.mark.crash
@pytest.mark.timeout(240)
async def test_the_leading_node_is_killed(database_url: str, tmp_path: Path) -> None:
    async with open_world(database_url, tmp_path) as world, background() as tasks:
        first, second = world.node, Node(world.node.surroundings, tmp_path / "second.log")
        # Alone until now, the first holds the relay's lock and every inbox's lease.
        held = await holders(world)
        try:
            await second.start()
            assert await holders(world) == held
            follower, load = Follower(world), Load(world)
            tasks.start(follower.follow(), "live client")
            # Nothing is let run out by hand here: a lane of the dead is free after a minute.
            async with load.running(within=100):
                await asyncio.sleep(1)
                await first.kill()
                world.turn_to(second)
                await taken_over(world, held)
                await asyncio.sleep(1)
            await assert_kept(world, load)
            await assert_no_gap(world, follower)
        finally:
            await second.kill()


async def holders(world: World) -> set[str]:
    async with world.database.reading() as session:
        return set(await session.scalars(text("SELECT holder FROM leases")))


async def taken_over(world: World, before: set[str]) -> None:
    """The polled inbox is received from by the other, and events are numbered."""
    numbered = await world.count("SELECT max(seq) FROM events")
    async with asyncio.timeout(20):
        while (  # noqa: ASYNC110
            not (now := await holders(world))
            or now & before
            or await world.count("SELECT max(seq) FROM events") <= numbered
        ):
            await asyncio.sleep(0.1)


async def assert_no_gap(world: World, follower: Follower, *, connections: int | None = 2) -> None:
    """Every event once and in order, over however many connections (None: any number)."""
    last = await world.count("SELECT max(seq) FROM events")
    async with asyncio.timeout(10):
        while follower.seen[-1] < last:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    assert follower.start is not None
    assert connections in {None, follower.connections}
    assert follower.resets == 0
    assert follower.seen == list(range(follower.start + 1, last + 1))
