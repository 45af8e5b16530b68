"""Taking in the mails of one folder: what is new at once, history in between, nothing twice.

A batch of mails is handed to the hub; only when all of it is committed does the position move,
with the batch's last mail in one transaction, and only then are the mails marked as seen. Whatever
is cut in between is fetched again and recognised.
"""

import asyncio
import hashlib
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from channels.email.folder_place import find_place, key_of
from channels.email.imap import Listed, Mailbox
from channels.email.positions import Position
from channels.email.reader import Reader, Unreadable
from channels.email.reading import Reading
from channels.email.settings import EmailSettings
from channels.email.too_large import announced
from channels.email.translate import Arrived, Believed, Place, digest_name, translate
from hub.ports import Checkpoint, Host, Sink

log = structlog.get_logger(__name__)

MAX_MAIL = 50_000_000
"""Bytes. Of a larger mail only the fields are fetched, and said how large it is."""
MAX_HEADER = 1_000_000
BATCH = 50
BATCH_BYTES = 10_000_000
"""Mails that are fetched together; a larger one goes alone."""
RISKY = 1_000_000
"""Bytes from which a mail is marked before it is read (`Sink.risky`)."""
LOOK_EVERY = 300.0
"""Seconds between two looks at a folder even when the server pushes nothing.

Also finds out whether a connection that looks alive is; RFC 2177 wants less than 29 minutes.
"""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A mail with its bytes. `name` is its external id."""

    listed: Listed
    raw: bytes
    name: str
    too_large: bool = False


class FolderReceiver:
    """One folder over one connection."""

    def __init__(
        self,
        folder: str,
        mailbox: Mailbox,
        host: Host,
        reader: Reader,
        settings: EmailSettings,
        us: Believed,
    ) -> None:
        self._folder = folder
        self._mailbox = mailbox
        self._host = host
        self._reader = reader
        self._settings = settings
        self._us = us
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
        while waiting:
            taken, waiting = waiting[:BATCH], waiting[BATCH:]
            for group in await self._groups(taken):
                after = position.taken(group[0].uid, group[-1].uid)
                late = [one for one in group if not position.is_older(one.uid, one.arrived_at)]
                await self._take(late, position, after)
                await self._mailbox.mark_seen(group[0].uid, group[-1].uid)
                position = after
            if position.uid < taken[-1]:  # they vanished before they were fetched
                position = position.taken(taken[-1], taken[-1])
        return position

    async def _take_history(self, position: Position) -> Position:
        """One batch of what was there before us, which is searched once: it may be long."""
        past = self._past
        if past is None:
            found = await self._mailbox.uids(position.past, position.until, position.since)
            past = self._past = deque(found)
        taken = [past.popleft() for _ in range(min(BATCH, len(past)))]
        for group in await self._groups(taken):
            recent = [
                one
                for one in group
                if not (one.arrived_at and position.since and one.arrived_at < position.since)
            ]
            after = position.imported(group[-1].uid)
            await self._take(recent, position, after, imported=True)
            position = after
        last = taken[-1] if past else position.until
        after = position.imported(last)
        await self._host.state.put(self._key, after.to_json())
        return after

    async def _groups(self, uids: Sequence[int]) -> list[list[Listed]]:
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

    async def _take(
        self,
        group: Sequence[Listed],
        position: Position,
        after: Position,
        *,
        imported: bool = False,
    ) -> None:
        """Hand the mails over; the last one brings the position with it."""
        checkpoint = Checkpoint(self._key, after.to_json())
        brought = [
            (fetched, await self._understood(fetched, imported=imported))
            for one in group
            if (fetched := await self._fetch(one, position)) is not None
        ]
        async with asyncio.TaskGroup() as together:
            for one in brought[:-1]:
                together.create_task(self._hand_over(*one))
        committed = bool(brought) and await self._hand_over(*brought[-1], checkpoint)
        if not committed:
            await self._host.state.put(self._key, after.to_json())

    async def _fetch(self, listed: Listed, position: Position) -> Fetched | None:
        """The mail's bytes; None when it is gone meanwhile."""
        too_large = listed.size > MAX_MAIL
        if too_large:
            raw = await self._mailbox.header(listed.uid, MAX_HEADER)
        else:
            raw = await self._mailbox.raw(listed.uid, MAX_MAIL)
        if raw is None:
            return None
        name = position.name(self._folder, listed.uid)
        if listed.uid <= position.renamed:
            # What was read the first time is what it is recognised by: of a large one its fields.
            name = digest_name(hashlib.sha256(raw).hexdigest())
        return Fetched(listed, raw, name, too_large)

    async def _understood(self, mail: Fetched, *, imported: bool) -> Arrived | Unreadable | None:
        """What it means; None when it is in quarantine for what it did before."""
        if len(mail.raw) < RISKY:
            return await self._read(mail, imported=imported)
        async with self._host.sink.risky(mail.raw, mail.name) as may:
            return await self._read(mail, imported=imported) if may else None

    async def _read(self, mail: Fetched, *, imported: bool) -> Arrived | Unreadable:
        arrived_at = mail.listed.arrived_at or self._host.now()
        place = Place(mail.name, arrived_at, imported)
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
        self,
        mail: Fetched,
        arrived: Arrived | Unreadable | None,
        checkpoint: Checkpoint | None = None,
    ) -> bool:
        """Into the hub; True when that committed the checkpoint."""
        sink = self._host.sink
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
