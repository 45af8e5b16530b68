"""A live client that comes back, and what must be true of what it saw."""

import asyncio
from contextlib import suppress

from tests.crash.load import AWAY
from tests.crash.world import World


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
            with suppress(*AWAY):
                await self._listen()
            # A proxy whose node is gone may only have hung up.
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

    async def assert_no_gap(self) -> None:
        """It came back, and saw every event once and in order, over all its connections."""
        last = await self._world.count("SELECT max(seq) FROM events")
        async with asyncio.timeout(30):
            while self.seen[-1] < last:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        assert self.start is not None
        assert self.connections > 1
        assert self.resets == 0
        assert self.seen == list(range(self.start + 1, last + 1))
