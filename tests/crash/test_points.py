"""Killed wherever something is committed or sent, the hub loses nothing and doubles nothing."""

import asyncio
from pathlib import Path

import pytest

from tests.crash.dying_node import NONE
from tests.crash.load import Load
from tests.crash.points import LATER, LISTED, SELDOM, WAY_IN, WAY_OUT
from tests.crash.promises import assert_kept
from tests.crash.world import open_world

pytestmark = [pytest.mark.crash, pytest.mark.timeout(400)]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("way", [WAY_IN, WAY_OUT, LATER], ids=["in", "out", "later"])
async def test_killed_at_every_point(
    database_url: str, tmp_path: Path, way: dict[str, str], when: str
) -> None:
    """One life after another, each ended at the next point of the way, under load."""
    async with open_world(database_url, tmp_path) as world:
        load = Load(world)
        async with load.running():
            for site in way.values():
                await world.restart((f"{site} {when}", 1 if site.endswith(SELDOM) else 3))
                await world.node.died()
            await world.restart(NONE)
            await asyncio.sleep(0.5)
        await assert_kept(world, load)


async def test_there_are_no_other_points(database_url: str, tmp_path: Path) -> None:
    """Whoever adds a commit says whether it is on a message's way."""
    async with open_world(database_url, tmp_path) as world:
        async with Load(world).running():
            await asyncio.sleep(2)
        seen = {point.rpartition(" ")[0] for point in world.node.seen()}
    assert not seen - LISTED
