"""A mailbox that was there long before the hub: first connect, and import of its last days.

On Dovecot, the mails written straight into its maildir. The floor of the import is the standard
library fetching the same mails and writing bare rows, fifty a transaction.
"""

import asyncio
import itertools
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

import aiohttp
import psutil
from sqlalchemy import text

from hub.db.engine import Database
from tests.bench import bare_letters, floors, processes
from tests.bench.letters import letters
from tests.bench.measure import Row, Size, rate
from tests.mail_server import MailServer, mail_server

DAY = 86_400
PATIENCE = 1_800.0
"""Seconds one import may take: the full size on a slow machine."""
_OLD = b"From: old@customer.example\r\nSubject: old\r\n\r\nold\r\n"
_SEED = 77
_seeds = itertools.count(1_000)
_TAKEN = text("SELECT count(DISTINCT entry_id) FROM ingress WHERE inbox_id = :inbox")
_COMMITS = text("""
    SELECT count(DISTINCT entries.xmin::text) FROM ingress
    JOIN entries ON entries.id = ingress.entry_id WHERE ingress.inbox_id = :inbox
""")


async def measure(database: Database, size: Size) -> AsyncIterator[Row]:
    total, recent = size.pick(5_000, 100_000), size.pick(300, 5_000)
    raws = _many(recent)
    headers = await processes.authorization(database)
    with mail_server() as server:
        empty, large, past = (server.new_mailbox() for _ in range(3))
        await asyncio.to_thread(_fill, server, large, total, raws)
        await asyncio.to_thread(_copy, server, large, past)
        async with (
            processes.hub(database) as process,
            aiohttp.ClientSession(process.url, headers=headers) as http,
        ):
            hub = _Hub(database, http, process.process, server)
            bare = await hub.first_mail(empty)
            ours = await hub.first_mail(large)
            what = f"until the first new mail of {total:,} is stored; against an empty mailbox"
            yield Row("mailbox", what, "s", ours, bare, ours / bare, "")
            imported = await hub.imported(past, recent)
        async with floors.raw(database) as connection:
            await bare_letters.make_tables(connection)
            fetched = await asyncio.to_thread(_fetch, server, past, total, recent)
            floor = await rate(recent, bare_letters.take(connection, fetched[1]))
    floor = recent / (fetched[0] + recent / floor)
    speed = recent / imported.seconds
    what = f"{recent:,} of {total:,} mails imported; against imaplib and bare rows"
    yield Row("mailbox", what, "mails/s", speed, floor, speed / floor, "")
    what = "MB of the hub's processes at most; against what they had after the first tenth"
    grown = imported.peak / imported.tenth
    yield Row("mailbox", what, "MB", imported.peak / 1e6, imported.tenth / 1e6, grown, "<= 1.5")
    what = "commits that wrote those mails; against one each"
    part = imported.commits / recent
    yield Row("mailbox", what, "commits", imported.commits, recent, part, "<= 0.1")


def _many(count: int) -> list[bytes]:
    """That many mails of different people, a few written and the others made of them."""
    written = letters(min(count, 250), _SEED)
    return [
        one.replace(b"person%d." % _SEED, b"person%d.%d." % (_SEED, turn)).replace(
            b"<%d." % _SEED, b"<%d.%d." % (_SEED, turn)
        )
        for turn in range(-(-count // len(written)))
        for one in written
    ][:count]


def _fill(server: MailServer, address: str, total: int, raws: Sequence[bytes]) -> None:
    """`total` mails, the last ones `raws`; all others came a year ago."""
    with server.login(address) as imap:
        imap.select("INBOX")
    inside = server.home(address) / "Maildir" / "cur"
    now = int(time.time())
    old = total - len(raws)
    for number in range(total):
        when = now - 365 * DAY if number < old else now - DAY
        file = inside / f"{1_700_000_000 + number}.M{number}.host:2,S"
        file.write_bytes(_OLD if number < old else raws[number - old])
        os.utime(file, (when, when))
        file.chmod(0o666)


def _copy(server: MailServer, filled: str, address: str) -> None:
    """The same mails in another mailbox."""
    with server.login(address) as imap:
        imap.select("INBOX")
    inside, other = (server.home(one) / "Maildir" / "cur" for one in (filled, address))
    for file in inside.iterdir():
        os.link(file, other / file.name)


def _fetch(server: MailServer, address: str, total: int, recent: int) -> tuple[float, list[bytes]]:
    """Seconds, and the newest `recent` mails, fifty a command."""
    begun = time.perf_counter()
    found: list[bytes] = []
    with server.login(address) as imap:
        imap.select("INBOX", readonly=True)
        for first in range(total - recent + 1, total + 1, 50):
            _, parts = imap.fetch(f"{first}:{min(first + 49, total)}", "(BODY.PEEK[])")
            found += [part[1] for part in parts if isinstance(part, tuple)]
    assert len(found) == recent
    return time.perf_counter() - begun, found


@dataclass(frozen=True, slots=True)
class _Imported:
    """How an import went; memory in bytes of all the hub's processes, and of the first tenth."""

    seconds: float
    tenth: int
    peak: int
    commits: int


@dataclass(frozen=True, slots=True)
class _Hub:
    """A hub in a process of its own that receives from `server`."""

    database: Database
    http: aiohttp.ClientSession
    process: psutil.Process
    server: MailServer

    async def first_mail(self, address: str) -> float:
        """Seconds from making the inbox until a mail that comes then is stored."""
        begun = time.perf_counter()
        inbox = await self._made(address, "now")
        path = f"/api/v1/inboxes/{inbox}"

        async def is_open() -> bool:
            async with self.http.get(path) as answer:
                return bool((await answer.json())["state"] == "open")

        await _until(is_open)
        [raw] = letters(1, next(_seeds))
        await asyncio.to_thread(self.server.append, address, raw)
        await _until(lambda: self._has(inbox, 1))
        return time.perf_counter() - begun

    async def imported(self, address: str, recent: int) -> _Imported:
        """Import the last 30 days, `recent` mails."""
        tenth = peak = self._memory()
        begun = time.perf_counter()
        inbox = await self._made(address, "P30D")

        async def all_there() -> bool:
            nonlocal peak, tenth
            peak = max(peak, self._memory())
            if await self._count(inbox) <= recent / 10:
                tenth = peak
            return await self._has(inbox, recent)

        await _until(all_there)
        seconds = time.perf_counter() - begun
        async with self.database.transaction() as session:
            commits = await session.scalar(_COMMITS, {"inbox": inbox})
        return _Imported(seconds, tenth, peak, int(commits or 0))

    async def _made(self, address: str, start: str) -> UUID:
        settings = self.server.settings(address, start=start)
        new = {"channel": "email", "name": address, "settings": settings}
        async with self.http.post("/api/v1/inboxes", json=new) as answer:
            assert answer.status == 201, await answer.text()
            return UUID((await answer.json())["id"])

    async def _count(self, inbox: UUID) -> int:
        async with self.database.transaction() as session:
            return int(await session.scalar(_TAKEN, {"inbox": inbox}) or 0)

    async def _has(self, inbox: UUID, count: int) -> bool:
        taken = await self._count(inbox)
        assert taken <= count, "history was taken for new, or taken twice"
        return taken == count

    def _memory(self) -> int:
        every = [self.process, *self.process.children(recursive=True)]
        return sum(int(one.memory_full_info().uss) for one in every)


async def _until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await condition():  # noqa: ASYNC110 - the hub is another process
            await asyncio.sleep(0.2)
