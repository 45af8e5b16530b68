"""Two web and two worker processes behind a proxy: any may be killed, the others do its work."""

import time
from pathlib import Path

import pytest

from hub.tasks import background
from tests.crash.farm import Farm, holders, taken_over
from tests.crash.follower import Follower
from tests.crash.load import Load
from tests.crash.promises import assert_kept
from tests.crash.world import Node, World, open_world


@pytest.mark.crash
@pytest.mark.timeout(400)
async def test_each_of_four_is_killed(database_url: str, tmp_path: Path) -> None:
    """Each worker while it receives and numbers, each web while it answers and tells live."""
    async with (
        open_world(database_url, tmp_path, serve_by=Farm) as world,
        background() as tasks,
    ):
        farm = world.node
        assert isinstance(farm, Farm)
        follower, load = Follower(world), Load(world)
        tasks.start(follower.follow(), "live client")
        # Nothing is let run out by hand here: a lane of the dead is free after a minute.
        async with load.running(within=150):
            first, second = farm.workers
            moved = [await _succeeded(world, first, second)]
            moved.append(await _succeeded(world, second, first))
            for web in farm.webs:
                await load.progress(20)
                await web.kill()
                await load.progress(20)
                await web.start()
            await load.progress(20)
        await assert_kept(world, load)
        await follower.assert_no_gap()
    spans = " and ".join(f"{one:.1f} s" for one in moved)
    print(f"leases and leadership moved in {spans}")  # noqa: T201


async def _succeeded(world: World, leading: Node, other: Node) -> float:
    """The leading one is killed as soon as there is another; seconds until that one leads."""
    # Alone until now, it holds the relay's lock and every inbox's lease.
    held = await holders(world)
    await other.start()
    assert await holders(world) == held
    await leading.kill()
    begun = time.monotonic()
    await taken_over(world, held)
    return time.monotonic() - begun
