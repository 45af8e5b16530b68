"""What happened, in order, until the bot has acknowledged it: the queue behind getUpdates."""

import asyncio
import itertools
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from channels.telegram.twin.refusals import conflict
from channels.telegram.twin.world import World

LIFETIME = 24 * 60 * 60.0
"""Seconds an update waits for its bot."""
_FIRST = 700_000_000
_SILENT = {"chat_member", "message_reaction", "message_reaction_count"}
"""Kinds that come only when asked for by name."""


@dataclass(slots=True)
class Pending:
    """`queue`: updates of one are delivered to a webhook one after another."""

    id: int
    body: Mapping[str, Any]
    made_at: float
    queue: int = 0
    attempts: int = 0
    due_at: float = 0.0
    in_flight: bool = False

    def update(self) -> dict[str, Any]:
        return {"update_id": self.id, **self.body}


@dataclass(eq=False)
class Updates:
    """Kept in the world's facts, so that a restart loses none."""

    world: World
    clock: Callable[[], float]
    waiting: deque[Pending] = field(default_factory=deque)
    closing: bool = False
    _poll: asyncio.Future[None] | None = None
    added: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        names = sorted(name for name in self.world.facts if name.startswith("update/"))
        for name in names:
            self.waiting.append(Pending(**self.world.facts[name]))

    def add(self, kind: str, body: object, queue: int = 0) -> None:
        """Queue an update, unless the bot did not ask for its kind."""
        allowed = self.world.facts.get("allowed_updates") or []
        if (allowed and kind not in allowed) or (not allowed and kind in _SILENT):
            return
        number = int(self.world.facts.get("last_update", _FIRST)) + 1
        self.world.remember("last_update", number)
        one = Pending(number, {kind: body}, self.clock(), queue)
        self.waiting.append(one)
        facts = {name: getattr(one, name) for name in ("id", "body", "made_at", "queue")}
        self.world.remember(f"update/{number:012}", facts)
        self.wake()

    def wake(self) -> None:
        self.added.set()
        if self._poll is not None and not self._poll.done():
            self._poll.set_result(None)

    def close(self) -> None:
        """Let who waits go home."""
        self.closing = True
        self.wake()

    def done(self, one: Pending) -> None:
        self.waiting.remove(one)
        self.world.forget(f"update/{one.id:012}")

    def drop_all(self) -> None:
        for one in list(self.waiting):
            self.done(one)

    async def get(self, offset: int, limit: int, patience: float) -> list[dict[str, Any]]:
        """What waits from `offset` on; what is before it is acknowledged. Raises Refused 409."""
        self.interrupt(
            "terminated by other getUpdates request; make sure that only one bot instance is "
            "running"
        )
        self._acknowledge(offset)
        if not self.waiting and patience > 0 and not self.closing:
            await self._wait(patience)
        chosen = [one for one in self.waiting if one.id >= offset]
        return [one.update() for one in itertools.islice(chosen, limit)]

    def interrupt(self, why: str) -> None:
        """End the poll that waits, with a conflict."""
        if self._poll is not None and not self._poll.done():
            self._poll.set_exception(conflict(why))

    async def _wait(self, patience: float) -> None:
        poll = asyncio.get_running_loop().create_future()
        self._poll = poll
        try:
            async with asyncio.timeout(patience):
                await poll
        except TimeoutError:
            pass
        finally:
            if self._poll is poll:
                self._poll = None

    def _acknowledge(self, offset: int) -> None:
        if offset < 0:
            gone: Sequence[Pending] = list(self.waiting)[:offset]
        else:
            gone = [one for one in self.waiting if one.id < offset]
        too_old = self.clock() - LIFETIME
        for one in {one.id: one for one in [*gone, *self._before(too_old)]}.values():
            self.done(one)

    def _before(self, moment: float) -> list[Pending]:
        return [one for one in self.waiting if one.made_at < moment]
