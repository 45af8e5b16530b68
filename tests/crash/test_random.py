"""Killed at random moments under load, the hub loses nothing and doubles nothing."""

import asyncio
import random
import time
from pathlib import Path

import pytest

from tests.crash.load import Load
from tests.crash.promises import assert_kept
from tests.crash.world import open_world

KILLS = 50
LEAST = 8
SECONDS = 15.0
"""`make test` goes on killing for this long, and LEAST times in any case."""


@pytest.mark.crash
@pytest.mark.timeout(900)
async def test_killed_at_random(database_url: str, tmp_path: Path, crash_full: bool) -> None:
    chance = random.Random(20)
    async with open_world(database_url, tmp_path) as world:
        load = Load(world)
        kills, begun = 0, time.monotonic()
        async with load.running():
            while kills < (KILLS if crash_full else LEAST) or (
                kills < KILLS and time.monotonic() - begun < SECONDS
            ):
                await _at_work(load, chance)
                await world.restart()
                kills += 1
        statuses = await assert_kept(world, load)
    said = sum(len(one.said) for one in load.speakers)
    print(f"{kills} kills, {said} messages in, out: {dict(statuses)}")  # noqa: T201


async def _at_work(load: Load, chance: random.Random) -> None:
    """Let it live for a while: one in four is killed cold, the others warm and at work."""
    if chance.random() < 0.75:
        before = load.acknowledged
        async with asyncio.timeout(60):
            while load.acknowledged <= before:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
    await asyncio.sleep(chance.uniform(0.1, 1.5))
