"""Which inboxes should be open on this node now: every enabled one, each in a task of its own."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import select

from hub.db.outage import Outage
from hub.db.signals import Topic
from hub.errors import NotFound, Unavailable
from hub.inboxes.check import check
from hub.inboxes.host import sweep_expired
from hub.inboxes.open_inbox import OpenInbox
from hub.inboxes.registry import ChannelUnusable
from hub.inboxes.tables import Inbox
from hub.inboxes.upkeep import Configured, Tools, Upkeep
from hub.ports import Finding, HttpChannelType
from hub.tasks import Background

LOOK_EVERY = 5.0
"""Seconds between two looks at the table, should the wake-up get lost."""
CLOSE_WITHIN = 4.0
"""Seconds a channel gets to say goodbye."""
_SWEEP_EVERY = timedelta(hours=1)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Kept:
    version: int
    channel: str
    upkeep: Upkeep
    task: "asyncio.Task[None]"


class Supervisor:
    """Opens, reopens and closes inboxes as their rows say; a broken one never hurts another."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._kept: dict[UUID, _Kept] = {}
        self._leaving: list[_Kept] = []
        self._background = Background()
        self._swept_at: datetime | None = None
        self._has_looked = False

    def channel(self, inbox_id: UUID) -> OpenInbox | None:
        """The inbox, when it is open on this node at this moment."""
        kept = self._kept.get(inbox_id)
        return kept.upkeep.current if kept is not None else None

    def called(self, inbox_id: UUID, path: str = "") -> OpenInbox | None:
        """The inbox for who calls it from outside; None when it is not to be open at all.

        path: called under this name (`HttpChannelType.paths`), which only some channels have.
        Raises Unavailable while it only is not open yet, or not just now: a provider that was
        told "not found" would not come again with its message.
        """
        kept = self._kept.get(inbox_id)
        if kept is not None and path and path not in self._paths(kept.channel):
            return None
        opened = self.channel(inbox_id)
        if opened is None and (inbox_id in self._kept or not self._has_looked):
            raise Unavailable("This inbox is not open at the moment.", remedy="Try again soon.")
        return opened

    def _paths(self, channel: str) -> Collection[str]:
        try:
            channel_type = self._tools.registry.type(channel)
        except ChannelUnusable:
            return ()
        return channel_type.paths if isinstance(channel_type, HttpChannelType) else ()

    async def check(self, inbox_id: UUID) -> Sequence[Finding]:
        """Try the inbox's settings against its provider; raises NotFound."""
        async with self._tools.database.reading() as session:
            inbox = await session.get(Inbox, inbox_id)
        if inbox is None:
            raise NotFound(f"There is no inbox {inbox_id}.")
        return await check(self._tools, inbox)

    async def run(self) -> None:
        """Until cancelled; then every inbox is closed."""
        signals = self._tools.database.signals
        wake = signals.subscribe(Topic.INBOXES)
        outage = Outage("inboxes")
        try:
            while True:
                try:
                    await self._look()
                    outage.over()
                    pause = LOOK_EVERY
                except Exception as error:  # noqa: BLE001 - reported by the outage
                    pause = outage.failed(error)
                await wake.wait(pause)
        finally:
            signals.unsubscribe(wake)
            await self._close([*self._kept.values(), *self._leaving])
            self._kept.clear()

    async def _look(self) -> None:
        wanted = {inbox.id: inbox for inbox in await self._enabled()}
        self._leaving = [kept for kept in self._leaving if not kept.task.done()]
        for inbox_id in self._kept.keys() - wanted.keys():
            # Not awaited: the others are not kept waiting for its goodbye.
            kept = self._kept.pop(inbox_id)
            kept.task.cancel()
            self._leaving.append(kept)
        for inbox in wanted.values():
            earlier = self._kept.get(inbox.id)
            if earlier is None or earlier.version != inbox.version or earlier.task.done():
                self._kept[inbox.id] = self._keep(inbox, earlier)
        self._has_looked = True
        for kept in self._kept.values():
            await kept.upkeep.say_again()
        await self._sweep()

    async def _enabled(self) -> list[Configured]:
        async with self._tools.database.reading() as session:
            rows = await session.scalars(select(Inbox).where(Inbox.enabled))
            return [
                Configured(
                    row.id,
                    row.version,
                    row.channel,
                    row.name,
                    row.pool,
                    row.reopen_days,
                    row.settings,
                )
                for row in rows
            ]

    def _keep(self, inbox: Configured, earlier: _Kept | None) -> _Kept:
        upkeep = Upkeep(inbox, self._tools)

        async def succeed() -> None:
            # Two connections of one account may shut each other out: first close, then open.
            if earlier is not None:
                await self._close([earlier])
            await upkeep.run()

        task = self._background.spawn(succeed(), f"inbox {inbox.id}")
        return _Kept(inbox.version, inbox.channel, upkeep, task)

    async def _close(self, several: list[_Kept]) -> None:
        tasks = {kept.task for kept in several}
        for task in tasks:
            task.cancel()
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=CLOSE_WITHIN)
            for task in late:
                log.warning("inbox.slow_to_close", task=task.get_name())

    async def _sweep(self) -> None:
        now = self._tools.clock()
        if self._swept_at is None or now - self._swept_at >= _SWEEP_EVERY:
            await sweep_expired(self._tools.database, now)
            self._swept_at = now
