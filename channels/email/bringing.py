"""What becomes of mails once their bytes are here: read, understood, handed to the hub.

While one group of mails is being committed the next is being read and the one after it fetched.
Groups are committed whole and in order, each with the checkpoint that says so.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime

import structlog

from channels.email.imap import Listed
from channels.email.parsing.reading import Reading
from channels.email.reader import Reader, Unreadable
from channels.email.too_large import announced
from channels.email.translate import Arrived, Believed, Place, translate
from hub.ports import ChannelState, Checkpoint, Sink

log = structlog.get_logger(__name__)

RISKY = 1_000_000
"""Bytes from which a mail is marked before it is read (`Sink.risky`)."""
ROOM = 25_000_000
"""Bytes of all mails on their way together; a larger one goes alone."""
GROUPS = 3
"""One is fetched, one read, one committed."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A mail with its bytes. `name` is its external id."""

    listed: Listed
    raw: bytes
    name: str
    too_large: bool = False

    @property
    def arrived_at(self) -> datetime | None:
        return self.listed.arrived_at


@dataclass(frozen=True, slots=True)
class Group:
    """Mails that are committed together, and where that leaves us.

    weight: bytes it was given room for. done: what is to be done once all of it is committed.
    """

    mails: tuple[Fetched, ...]
    checkpoint: Checkpoint
    weight: int
    done: Callable[[], Awaitable[None]]
    imported: bool = False


class Room:
    """How much may be on its way: `GROUPS` groups of `ROOM` bytes together."""

    def __init__(self, size: int = ROOM, groups: int = GROUPS) -> None:
        self._size = size
        self._most = groups
        self._taken = 0
        self._groups = 0
        self._left = asyncio.Event()

    def fits(self, weight: int) -> bool:
        few = self._groups < self._most and self._taken + weight <= self._size
        return few or not self._groups

    async def enter(self, weight: int) -> None:
        """Wait until there is room; only one may wait."""
        while not self.fits(weight):
            self._left.clear()
            await self._left.wait()
        self._taken += weight
        self._groups += 1

    def leave(self, weight: int) -> None:
        self._taken -= weight
        self._groups -= 1
        self._left.set()


Understood = Arrived | Unreadable | None
"""None: it is in quarantine for what it did before."""


class Bringer:
    """Brings mails of one inbox into the hub."""

    def __init__(
        self,
        sink: Sink,
        state: ChannelState,
        reader: Reader,
        us: Believed,
        now: Callable[[], datetime],
    ) -> None:
        self._sink = sink
        self._state = state
        self._reader = reader
        self._us = us
        self._now = now
        self._risk = asyncio.Lock()

    async def bring_all(self, groups: AsyncGenerator[Group, None], room: Room) -> None:
        """Take in the groups as they come. Whoever makes them has entered `room` for each."""
        before: asyncio.Task[None] | None = None
        async with asyncio.TaskGroup() as stages, aclosing(groups) as coming:
            async for group in coming:
                read = [
                    stages.create_task(self._understood(one, imported=group.imported))
                    for one in group.mails
                ]
                before = stages.create_task(self._commit(group, read, before, room))

    async def _commit(
        self,
        group: Group,
        read: list[asyncio.Task[Understood]],
        before: asyncio.Task[None] | None,
        room: Room,
    ) -> None:
        """Hand the group over, all of it behind the one before; its last mail brings the
        checkpoint, once the others are in."""
        understood = [await one for one in read]
        if before is not None:
            await before
        brought = list(zip(group.mails, understood, strict=True))
        async with asyncio.TaskGroup() as together:
            for one in brought[:-1]:
                together.create_task(self._hand_over(*one))
        if not (brought and await self._hand_over(*brought[-1], group.checkpoint)):
            await self._state.put(group.checkpoint.key, group.checkpoint.value)
        await group.done()
        room.leave(group.weight)

    async def _understood(self, mail: Fetched, *, imported: bool) -> Understood:
        if len(mail.raw) < RISKY:
            return await self._read(mail, imported=imported)
        # One at a time: what kills the process is not to be mistaken for what lay beside it.
        async with self._risk, self._sink.risky(mail.raw, mail.name) as may:
            return await self._read(mail, imported=imported) if may else None

    async def _read(self, mail: Fetched, *, imported: bool) -> Arrived | Unreadable:
        place = Place(mail.name, mail.arrived_at or self._now(), imported)
        try:
            reading: Reading = await self._reader.read(mail.raw)
            arrived = translate(reading, mail.raw, place, self._us)
        except Unreadable as error:
            return error
        except Exception as error:
            log.exception("email.untranslatable", mail=mail.name)
            return Unreadable(f"It could not be understood ({type(error).__name__}).")
        return announced(arrived, mail.listed.size) if mail.too_large else arrived

    async def _hand_over(
        self, mail: Fetched, arrived: Understood, checkpoint: Checkpoint | None = None
    ) -> bool:
        """Into the hub; True when that committed the checkpoint."""
        sink = self._sink
        if isinstance(arrived, Unreadable):
            await sink.quarantine(
                mail.raw, str(arrived), external_id=mail.name, checkpoint=checkpoint
            )
            return True
        return arrived is not None and await bring(sink, arrived, checkpoint)


async def bring(sink: Sink, arrived: Arrived, checkpoint: Checkpoint | None = None) -> bool:
    """Give the hub what a mail brings; True when that committed the checkpoint."""
    if arrived.receipt is not None:
        await sink.delivery(arrived.receipt)
    if arrived.change is not None:
        await sink.change(arrived.change)
    if arrived.message is None:
        return False
    await sink.message(arrived.message, checkpoint=checkpoint)
    return True
