"""A mailbox on its server: signing in, its folders, its mails; what a lost connection does.

Every call ends: with an answer, with `ConnectionLost` as soon as the connection is gone, or with
`NoAnswer` when the server is silent for too long.
"""

import asyncio
import re
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from aioimaplib import aioimaplib as library

from channels.email.folder_names import quoted
from channels.email.imap_errors import NoSuchFolder, Refused
from channels.email.imap_protocol import Fetch
from channels.email.imap_waiting import Lost, said, unless_lost, within

T = TypeVar("T")

ANSWER_WITHIN = 60.0
"""Seconds a server may be silent; a large mail restarts it with each piece that comes."""
_POLL_WITHOUT_IDLE = 15.0
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_CODE = re.compile(rb"\[(UIDVALIDITY|UIDNEXT) (\d{1,20})\]", re.IGNORECASE)
_EXISTS = re.compile(rb"^(\d{1,20}) EXISTS", re.IGNORECASE)
_UID = re.compile(rb"\bUID (\d{1,20})")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d{1,20})")
_DATE = re.compile(rb'\bINTERNALDATE "([^"]{1,40})"')


@dataclass(frozen=True, slots=True)
class Selected:
    """An open folder: its numbering, the next UID it will give, how many mails it holds."""

    validity: int
    next_uid: int
    count: int


@dataclass(frozen=True, slots=True)
class Listed:
    """A mail in a folder, before its content is fetched. `size` in bytes."""

    uid: int
    size: int
    arrived_at: datetime | None


class Mailbox:
    """One signed-in connection. Only one call at a time, but that mails may be fetched while
    others are marked: those two wait for each other."""

    def __init__(self, client: library.IMAP4, lost: Lost) -> None:
        self._client = client
        self._lost = lost
        self._turn = asyncio.Lock()

    @property
    def has_news(self) -> bool:
        """The server has said since the last search that the folder changed."""
        return bool(self._client.protocol.grown.is_set())

    @property
    def capabilities(self) -> frozenset[str]:
        return frozenset(str(one).upper() for one in self._client.protocol.capabilities)

    async def select(self, folder: str) -> Selected:
        """Open a folder for reading and marking; raises NoSuchFolder."""
        answer = await self._call(self._client.select(quoted(folder)))
        if answer.result != "OK":
            raise NoSuchFolder(folder, said(answer))
        lines = [line for line in answer.lines if isinstance(line, bytes)]
        codes = {
            name.upper(): int(number) for line in lines for name, number in _CODE.findall(line)
        }
        counts = [int(found[1]) for line in lines if (found := _EXISTS.match(line))]
        return Selected(
            codes.get(b"UIDVALIDITY", 0), codes.get(b"UIDNEXT", 0), counts[-1] if counts else 0
        )

    async def folders(self) -> frozenset[str]:
        """The names of all folders, as the server spells them."""
        answer = await self._call(self._client.list('""', '"*"'))
        return frozenset(_listed_names(answer.lines))

    async def uids(
        self, first: int, last: int | None = None, since: datetime | None = None
    ) -> list[int]:
        """The UIDs from `first` to `last` (to the newest without it), in order.

        since: only mails that arrived on that day or later.
        """
        criteria = ["UID", f"{first}:{'*' if last is None else last}"]
        if since is not None:
            # Servers read the day in a zone of their own: a day more costs nothing.
            day = since - timedelta(days=1)
            criteria += ["SINCE", f"{day.day}-{_MONTHS[day.month - 1]}-{day.year}"]
        # What is told from now on may lie behind what this search finds.
        self._client.protocol.grown.clear()
        answer = await self._call(self._client.uid_search(*criteria, charset=None))
        self._check(answer)
        numbers = {
            int(one)
            for line in answer.lines[:-1]
            for one in bytes(line).removeprefix(b"SEARCH").split()
            if one.isdigit()
        }
        # `7:*` names the newest mail even when its number is below 7 (RFC 3501 6.4.8).
        return sorted(one for one in numbers if one >= first and (last is None or one <= last))

    async def listed(self, uids: Sequence[int]) -> list[Listed]:
        """What the server knows of these mails; those that are gone are left out."""
        answer = await self._fetch(uids, "(UID RFC822.SIZE INTERNALDATE)")
        found = {}
        for line in answer.lines:
            if isinstance(line, bytes) and (uid := _UID.search(line)):
                size, date = _SIZE.search(line), _DATE.search(line)
                number = int(uid[1])
                found[number] = Listed(
                    number, int(size[1]) if size else 0, _moment(date[1]) if date else None
                )
        return [found[uid] for uid in uids if uid in found]

    async def raws(self, uids: Sequence[int], limit: int) -> dict[int, bytes]:
        """By UID at most the first `limit` bytes of each mail, unmarked; without what is gone."""
        return _bodies((await self._fetch(uids, f"(UID BODY.PEEK[]<0.{limit}>)")).lines)

    async def headers(self, uid: int, limit: int) -> dict[int, bytes]:
        """The same of the header fields alone, for a mail whose body is too large."""
        return _bodies((await self._fetch([uid], f"(UID BODY.PEEK[HEADER]<0.{limit}>)")).lines)

    async def mark_seen(self, first: int, last: int) -> None:
        """Set \\Seen. A server that refuses (a folder to be read only) is no trouble."""
        marks = "+FLAGS.SILENT", "(\\Seen)"
        async with self._turn:
            await self._call(self._client.uid("store", f"{first}:{last}", *marks))

    async def idle(self, seconds: float) -> None:
        """Until the folder has changed since `uids`, or at most that long.

        Raises ConnectionLost at once. A server without IDLE is asked after a while instead.
        """
        client, protocol = self._client, self._client.protocol
        if protocol.grown.is_set():
            return
        if "IDLE" not in self.capabilities:
            await self._call(asyncio.sleep(min(seconds, _POLL_WITHOUT_IDLE)))
            await self.noop()
            return
        # Nobody reads it: what a server pushes is noted line by line, as in any other answer.
        protocol.idle_queue = asyncio.Queue()
        ended = await self._call(client.idle_start(timeout=seconds + ANSWER_WITHIN))
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._call(protocol.grown.wait())
        client.idle_done()
        await self._call(within(ANSWER_WITHIN, ended))

    async def noop(self) -> None:
        """Ask for nothing: finds out whether the server is still there."""
        await self._call(self._client.noop())

    async def _fetch(self, uids: Sequence[int], parts: str) -> library.Response:
        protocol = self._client.protocol
        async with self._turn:
            command = Fetch(
                protocol.new_tag(),
                ",".join(str(one) for one in uids),
                parts,
                prefix="UID",
                loop=protocol.loop,
                timeout=ANSWER_WITHIN,
            )
            answer = await self._call(protocol.execute(command))
        self._check(answer)
        return answer

    def _check(self, answer: library.Response) -> None:
        if answer.result != "OK":
            raise Refused("The server refuses to list or to give mails.", said(answer))

    async def _call(self, work: Awaitable[T]) -> T:
        """The answer, unless the connection ends before it: aioimaplib itself would wait on."""
        return await unless_lost(work, self._lost)


def _bodies(lines: Sequence[bytes | bytearray]) -> dict[int, bytes]:
    """What a FETCH brought, by UID, which stands before the mail or behind it."""
    found: dict[int, bytes] = {}
    for at, line in enumerate(lines):
        if isinstance(line, bytearray):
            around, content = (*lines[max(at - 1, 0) : at], *lines[at + 1 : at + 2]), bytes(line)
        elif b"BODY[" in line and not line.endswith(b"}"):
            # Empty mails come as a quoted string: `BODY[]<0> ""`.
            around, content = (line,), b""
        else:
            continue
        told = [uid for one in around if type(one) is bytes and (uid := _UID.search(one))]
        if told and len(content) >= len(found.get(number := int(told[0][1]), b"")):
            found[number] = content
    return found


_LIST = re.compile(rb'^\([^)]*\) (?:"[^"]*"|NIL) (.+)$')


def _listed_names(lines: Sequence[bytes | bytearray]) -> list[str]:
    found = []
    for line in lines:
        if isinstance(line, bytearray):
            found.append(bytes(line).decode("utf-8", "replace"))
        elif (named := _LIST.match(line)) and not named[1].endswith(b"}"):
            found.append(named[1].decode("utf-8", "replace").strip('"').replace('\\"', '"'))
    return found


def _moment(text: bytes) -> datetime | None:
    """INTERNALDATE: ` 3-May-2026 09:14:00 +0200`."""
    words = text.decode("ascii", "replace").split()
    try:
        day, month, year = words[0].split("-")
        clock, zone = words[1], words[2]
        return datetime.fromisoformat(
            f"{int(year):04}-{_MONTHS.index(month.title()) + 1:02}-{int(day):02}T{clock}"
            f"{zone[:3]}:{zone[3:]}"
        )
    except (ValueError, IndexError):
        return None
