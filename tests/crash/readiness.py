"""What a node says of itself while its database comes and goes."""

import asyncio

import aiohttp

from tests.crash.world import Node, World


class Readiness:
    """What `/readyz` answers, each answer noted once until it changes."""

    def __init__(self, world: World, node: Node | None = None) -> None:
        self._world = world
        self._node = node or world.node
        self.seen: list[bool] = []

    async def watch(self) -> None:
        while True:
            ready = await self._ask()
            if self.seen[-1:] != [ready]:
                self.seen.append(ready)
            await asyncio.sleep(0.02)

    async def _ask(self) -> bool:
        url = f"{self._node.url}/readyz"
        timeout = aiohttp.ClientTimeout(total=10)
        async with self._world.http.get(url, timeout=timeout) as answer:
            return bool((await answer.json())["ready"])

    async def becomes(self, *, ready: bool) -> None:
        async with asyncio.timeout(60):
            while self.seen[-1:] != [ready]:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
