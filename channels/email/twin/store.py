"""Where the mails lie: one SQLite file, spoken to by one thread, so that nothing blocks the loop.

The mail's bytes are only here; numbers and flags are in memory too, and are written before
anybody is told of them.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from channels.email.twin.mailboxes import Folder, Mail, Mailbox

T = TypeVar("T")

_SCHEMA = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS mailboxes (
    address TEXT PRIMARY KEY, password TEXT NOT NULL, name TEXT NOT NULL, locale TEXT NOT NULL,
    company INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS folders (
    address TEXT NOT NULL, name TEXT NOT NULL, special TEXT NOT NULL,
    uidvalidity INTEGER NOT NULL, uidnext INTEGER NOT NULL, PRIMARY KEY (address, name));
CREATE TABLE IF NOT EXISTS mails (
    key INTEGER PRIMARY KEY, address TEXT NOT NULL, folder TEXT NOT NULL, uid INTEGER NOT NULL,
    at REAL NOT NULL, flags TEXT NOT NULL, raw BLOB NOT NULL, UNIQUE (address, folder, uid));
"""
_AT_ONCE = 500
"""Variables of one statement; SQLite takes 999 everywhere."""


class Store:
    """Every call is one transaction; those of one task happen in order."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="mail-twin")
        self._file: sqlite3.Connection

    async def open(self) -> dict[str, Mailbox]:
        """All mailboxes, as they were left."""
        return await self._run(self._open)

    async def close(self) -> None:
        await self._run(self._file.close)
        self._thread.shutdown()

    async def fact(self, name: str) -> str | None:
        rows = await self._select("SELECT value FROM facts WHERE name = ?", (name,))
        return str(rows[0][0]) if rows else None

    async def note(self, name: str, value: str) -> None:
        await self._write("INSERT OR REPLACE INTO facts VALUES (?, ?)", [(name, value)])

    async def mailbox(self, box: Mailbox) -> None:
        """Keep a new mailbox, or its new name; its folders with it."""
        row = (box.address, box.password, box.name, box.locale, int(box.company))
        await self._write("INSERT OR REPLACE INTO mailboxes VALUES (?, ?, ?, ?, ?)", [row])
        for folder in box.folders.values():
            await self.folder(box, folder)

    async def folder(self, box: Mailbox, folder: Folder) -> None:
        """Keep a folder's numbers."""
        row = (box.address, folder.name, folder.use, folder.uidvalidity, folder.uidnext)
        await self._write("INSERT OR REPLACE INTO folders VALUES (?, ?, ?, ?, ?)", [row])

    async def drop_folder(self, box: Mailbox, name: str) -> None:
        for table, column in (("mails", "folder"), ("folders", "name")):
            statement = f"DELETE FROM {table} WHERE address = ? AND {column} = ?"  # noqa: S608 - two names of ours
            await self._write(statement, [(box.address, name)])

    async def add(
        self, box: Mailbox, folder: Folder, mails: Sequence[tuple[Mail, bytes]]
    ) -> list[int]:
        """Keep mails whose UIDs are drawn already, and the next UID; their keys."""

        def write() -> list[int]:
            with self._file:
                keys = [self._insert(box, folder, mail, raw) for mail, raw in mails]
                self._file.execute(
                    "UPDATE folders SET uidnext = max(uidnext, ?) WHERE address = ? AND name = ?",
                    (mails[-1][0].uid + 1, box.address, folder.name),
                )
            return keys

        return await self._run(write)

    async def flags(self, mails: Mapping[int, frozenset[str]]) -> None:
        """New flags by key."""
        rows = [(" ".join(sorted(flags)), key) for key, flags in mails.items()]
        await self._write("UPDATE mails SET flags = ? WHERE key = ?", rows)

    async def renumber(self, mails: Iterable[Mail]) -> None:
        """New UIDs, all higher than the old ones were or all lower: none meets another's."""
        rows = [(mail.uid, mail.key) for mail in mails]
        shifted = [(-uid, key) for uid, key in rows]
        await self._write("UPDATE mails SET uid = ? WHERE key = ?", shifted)
        await self._write("UPDATE mails SET uid = ? WHERE key = ?", rows)

    async def remove(self, keys: Iterable[int]) -> None:
        await self._write("DELETE FROM mails WHERE key = ?", [(key,) for key in keys])

    async def raw(self, key: int) -> bytes:
        """The mail's bytes; empty when it is gone."""
        return (await self.raws([key])).get(key, b"")

    async def raws(self, keys: Sequence[int]) -> dict[int, bytes]:
        """Several mails' bytes by key."""
        found: dict[int, bytes] = {}
        for start in range(0, len(keys), _AT_ONCE):
            some = keys[start : start + _AT_ONCE]
            marks = ",".join("?" * len(some))
            query = f"SELECT key, raw FROM mails WHERE key IN ({marks})"  # noqa: S608 - only marks
            found.update(await self._select(query, tuple(some)))
        return found

    def _insert(self, box: Mailbox, folder: Folder, mail: Mail, raw: bytes) -> int:
        row = (
            box.address,
            folder.name,
            mail.uid,
            mail.at.timestamp(),
            " ".join(sorted(mail.flags)),
            raw,
        )
        done = self._file.execute(
            "INSERT INTO mails (address, folder, uid, at, flags, raw) VALUES (?, ?, ?, ?, ?, ?)",
            row,
        )
        return int(done.lastrowid or 0)

    def _open(self) -> dict[str, Mailbox]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = sqlite3.connect(self._path, check_same_thread=False)
        # Kept through a kill of the process, which is all that a demonstration needs.
        self._file.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;" + _SCHEMA)
        boxes = {
            row[0]: Mailbox(row[0], row[1], row[2], row[3], company=bool(row[4]))
            for row in self._file.execute("SELECT * FROM mailboxes ORDER BY rowid")
        }
        for address, name, *rest in self._file.execute("SELECT * FROM folders ORDER BY rowid"):
            boxes[address].folders[name] = Folder(name, *rest)
        for address, name, key, uid, at, flags, size in self._file.execute(
            "SELECT address, folder, key, uid, at, flags, length(raw) FROM mails "
            "ORDER BY address, folder, uid"
        ):
            mail = Mail(uid, key, datetime.fromtimestamp(at, UTC), size, frozenset(flags.split()))
            boxes[address].folders[name].mails[uid] = mail
        return boxes

    async def _select(self, query: str, values: tuple[object, ...]) -> list[Any]:
        return await self._run(lambda: self._file.execute(query, values).fetchall())

    async def _write(self, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
        def write() -> None:
            with self._file:
                self._file.executemany(statement, rows)

        await self._run(write)

    async def _run(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, call)
