"""`make rolling`: the code before the last change of the schema works on today's, under load.

An older node serves on the schema of today; a node of today joins it, takes over and is left alone
while customers, operators and a shop go on: what a rolling upgrade is, seen from the older side.
"""

import argparse
import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import aiohttp
import structlog
from typing_extensions import override

from hub.db.cluster import embedded_cluster
from tests.cluster import end_servers_below, open_folder
from tests.crash.dying_node import NONE, Doom
from tests.crash.load import Load
from tests.crash.promises import assert_kept
from tests.crash.world import Node, open_world

ROOT = Path(__file__).parents[1]
BUILT = ("hub/web/static/vendor", "channels/webchat/static")
"""What a package's build makes: today's will do."""
THINGS = 40
"""So many are acknowledged in each state of the upgrade."""


def before_the_last_change() -> str:
    """The commit before the newest one that changed the schema."""
    return f"{_git('log', '-1', '--format=%H', '--', 'migrations/versions')}^"


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], check=True, capture_output=True, text=True, cwd=ROOT)  # noqa: S607
    return done.stdout.strip()


def lay_out(commit: str, tree: Path) -> None:
    """The files of that commit, with what a build adds."""
    packed = tree.with_suffix(".tar")
    _git("archive", "--output", str(packed), commit)
    shutil.unpack_archive(packed, tree, filter="data")
    for name in BUILT:
        shutil.copytree(ROOT / name, tree / name, dirs_exist_ok=True)


def older(tree: Path) -> type[Node]:
    """A node that runs the code in `tree`."""

    class Older(Node):
        _serving: asyncio.subprocess.Process | None = None

        @override
        async def start(self, doom: Doom = NONE) -> None:
            assert doom == NONE
            with self.log.open("ab") as log:
                self._serving = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-m", "hub", "serve"),
                    cwd=tree,
                    env={**self.surroundings, "PYTHONPATH": _paths(tree)},
                    stdout=log,
                    stderr=log,
                )
            async with asyncio.timeout(120), aiohttp.ClientSession() as http:
                while not await self._serves(http):
                    assert self._serving.returncode is None, self.tail()
                    await asyncio.sleep(0.05)

        @override
        async def kill(self) -> None:
            if self._serving is not None and self._serving.returncode is None:
                self._serving.send_signal(signal.SIGTERM)
                await self._serving.wait()

    return Older


def _paths(tree: Path) -> str:
    return os.pathsep.join(map(str, (tree, tree / "tests" / "plugins")))


async def rolled(tree: Path, folder: Path) -> Mapping[str, int]:
    """In which statuses outbound messages ended, when every promise was kept."""
    async with (
        embedded_cluster(folder / "db", log=structlog.get_logger(), throw_away=True) as address,
        open_world(address.url, folder, serve_by=older(tree)) as world,
    ):
        old, new = world.node, Node(world.node.surroundings, folder / "new.log")
        load = Load(world)
        try:
            async with load.running(within=200):
                await _say(load, "the older node alone, on today's schema")
                await new.start()
                await _say(load, "both, asked is the older one")
                world.turn_to(new)
                await _say(load, "both, asked is the newer one")
                await old.kill()
                await _say(load, "the newer one alone")
            return await assert_kept(world, load)
        finally:
            await new.kill()


async def _say(load: Load, state: str) -> None:
    await load.progress(THINGS)
    sys.stdout.write(f"{load.acknowledged:>6} acknowledged: {state}\n")
    sys.stdout.flush()


def main(words: Sequence[str] | None = None) -> None:
    options = argparse.ArgumentParser(prog="make rolling")
    options.add_argument("commit", nargs="?", help="whose code; else that of the schema before")
    commit = options.parse_args(words).commit or before_the_last_change()
    sys.stdout.write(f"{_git('log', '-1', '--format=%h %s', commit)}\n")
    with tempfile.TemporaryDirectory() as name, open_folder() as folder:
        tree = Path(name) / "older"
        lay_out(commit, tree)
        try:
            statuses = asyncio.run(rolled(tree, folder))
        finally:
            end_servers_below(folder)
    sys.stdout.write(f"Every promise was kept. Out: {dict(statuses)}\n")


if __name__ == "__main__":
    main()
