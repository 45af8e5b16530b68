"""Taking in the mails of one folder: what is new at once, history in between, nothing twice.

A batch of mails is handed to the hub; only when all of it is committed does the position move,
with the batch's last mail in one transaction, and only then are the mails marked as seen. Whatever
is cut in between is fetched again and recognised.
"""

import hashlib
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence

from channels.email.bringing import Bringer, Fetched, Group, Room
from channels.email.folder_place import find_place, key_of
from channels.email.imap import Listed, Mailbox
from channels.email.positions import Position
from channels.email.settings import EmailSettings
from channels.email.translate import digest_name
from hub.ports import Checkpoint, Host

MAX_MAIL = 50_000_000
"""Bytes. Of a larger mail only the fields are fetched, and said how large it is."""
MAX_HEADER = 1_000_000
BATCH = 100
BATCH_BYTES = 10_000_000
"""Mails that are committed together; a larger one goes alone."""
RUN_BYTES = 1_000_000
"""Mails that are asked for in one command."""
STRETCH = 10
"""Batches of history between two looks at what is new, unless the server says so before."""
LOOK_EVERY = 300.0
"""Seconds between two looks at a folder even when the server pushes nothing.

Also finds out whether a connection that looks alive is; RFC 2177 wants less than 29 minutes.
"""


async def _nothing() -> None:
    """History keeps the marks it has."""


class FolderReceiver:
    """One folder over one connection."""

    def __init__(
        self,
        folder: str,
        mailbox: Mailbox,
        host: Host,
        bringer: Bringer,
        settings: EmailSettings,
    ) -> None:
        self._folder = folder
        self._mailbox = mailbox
        self._host = host
        self._bringer = bringer
        self._settings = settings
        self._key = key_of(folder)
        self._past: deque[int] | None = None
        """Of the history, what this connection has found and not yet taken in."""

    async def run(self) -> None:
        """Until cancelled or until the connection ends."""
        position = await self._open()
        while True:
            position = await self._take_new(position)
            if position.has_history:
                position = await self._take_history(position)
            else:
                await self._mailbox.idle(LOOK_EVERY)

    async def _open(self) -> Position:
        """Open the folder and find our place in it."""
        host, mailbox = self._host, self._mailbox
        position = await find_place(self._folder, mailbox, host, self._settings)
        if position.marked:
            # The process may have died after the commit and before the marks.
            await mailbox.mark_seen(position.marked, position.uid)
        return position

    async def _take_new(self, position: Position) -> Position:
        """All that lies behind the position."""
        waiting = await self._mailbox.uids(position.uid + 1)
        if not waiting:
            return position
        room = Room()
        await self._bringer.bring_all(self._new_groups(position, waiting, room), room)
        # What vanished before it was fetched is behind us as well.
        return position.taken(waiting[-1], waiting[-1])

    async def _new_groups(
        self, position: Position, waiting: Sequence[int], room: Room
    ) -> AsyncGenerator[Group, None]:
        for start in range(0, len(waiting), BATCH):
            for listed in await self._listed(waiting[start : start + BATCH]):
                first, last = listed[0].uid, listed[-1].uid
                late = [one for one in listed if not position.is_older(one.uid, one.arrived_at)]
                after = position.taken(first, last)
                yield await self._fetched(late, position, after, room, self._marking(first, last))
                position = after

    def _marking(self, first: int, last: int) -> Callable[[], Awaitable[None]]:
        async def mark() -> None:
            await self._mailbox.mark_seen(first, last)

        return mark

    async def _take_history(self, position: Position) -> Position:
        """A stretch of what was there before us, which is searched once: it may be long."""
        past, room = self._past, Room()
        if past is None:
            found = await self._mailbox.uids(position.past, position.until, position.since)
            past = self._past = deque(found)
        await self._bringer.bring_all(self._old_groups(position, past, room), room)
        # Behind the last one found, nothing is left up to where the new mails begin.
        after = position.imported(past[0] - 1 if past else position.until)
        await self._host.state.put(self._key, after.to_json())
        return after

    async def _old_groups(
        self, position: Position, past: deque[int], room: Room
    ) -> AsyncGenerator[Group, None]:
        for number in range(STRETCH):
            if not past or (number and self._mailbox.has_news):
                return
            taken = [past.popleft() for _ in range(min(BATCH, len(past)))]
            for listed in await self._listed(taken):
                recent = [
                    one
                    for one in listed
                    if not (one.arrived_at and position.since and one.arrived_at < position.since)
                ]
                after = position.imported(listed[-1].uid)
                yield await self._fetched(recent, position, after, room, None)

    async def _listed(self, uids: Sequence[int]) -> list[list[Listed]]:
        """The mails in groups that fit into memory together."""
        groups: list[list[Listed]] = []
        weight = 0
        for one in await self._mailbox.listed(uids):
            weight += one.size
            if not groups or weight > BATCH_BYTES:
                groups.append([])
                weight = one.size
            groups[-1].append(one)
        return groups

    async def _fetched(
        self,
        listed: Sequence[Listed],
        position: Position,
        after: Position,
        room: Room,
        done: Callable[[], Awaitable[None]] | None,
    ) -> Group:
        """The group with its bytes, once there is room for them. `done`: None for history."""
        weight = sum(min(one.size, MAX_MAIL) for one in listed)
        await room.enter(weight)
        mails = [one for run in _runs(listed) for one in await self._fetch(run, position)]
        checkpoint = Checkpoint(self._key, after.to_json())
        return Group(tuple(mails), checkpoint, weight, done or _nothing, imported=done is None)

    async def _fetch(self, run: Sequence[Listed], position: Position) -> list[Fetched]:
        """The mails' bytes; those that are gone meanwhile are left out."""
        whole = [one.uid for one in run if one.size <= MAX_MAIL]
        raws = await self._mailbox.raws(whole, MAX_MAIL) if whole else {}
        for one in run:
            if one.size > MAX_MAIL:
                raws |= await self._mailbox.headers(one.uid, MAX_HEADER)
        return [
            Fetched(one, raw, self._name(one.uid, raw, position), one.size > MAX_MAIL)
            for one in run
            if (raw := raws.get(one.uid)) is not None
        ]

    def _name(self, uid: int, raw: bytes, position: Position) -> str:
        if uid <= position.renamed:
            # What was read the first time is what it is recognised by: of a large one its fields.
            return digest_name(hashlib.sha256(raw).hexdigest())
        return position.name(self._folder, uid)


def _runs(listed: Sequence[Listed]) -> list[list[Listed]]:
    """Small mails together, so that a server far away is not asked for each; large ones alone."""
    runs: list[list[Listed]] = []
    weight = 0
    for one in listed:
        weight += one.size
        if not runs or weight > RUN_BYTES:
            runs.append([])
            weight = one.size
        runs[-1].append(one)
    return runs
