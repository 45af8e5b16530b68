"""`tests/plugins` on PYTHONPATH offers the fake channel to a process, as a third party would."""

import asyncio
import sys
from pathlib import Path

PLUGINS = Path(__file__).parents[1] / "plugins"

_ASK = """
from hub.inboxes.registry import Registry
registry = Registry.load()
print(registry.type("fake").name, registry.type("webchat").name)
"""


async def test_another_process_finds_the_fake_channel():
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        _ASK,
        stdout=asyncio.subprocess.PIPE,
        cwd=PLUGINS.parents[1],
        env={"PYTHONPATH": str(PLUGINS)},
    )
    said, _ = await process.communicate()
    assert said.decode().split() == ["fake", "webchat"]
