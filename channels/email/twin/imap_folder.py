"""An open folder as one IMAP client sees it: its own numbers, and the commands that use them."""

import asyncio
from bisect import bisect_left, bisect_right
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from channels.email.twin import imap_fetch
from channels.email.twin.imap_fetch import Wanted
from channels.email.twin.imap_search import Candidate, Search, UnknownCharset, search
from channels.email.twin.imap_syntax import Sequence, Unreadable, Words
from channels.email.twin.mailboxes import Folder, Mail, Watcher
from channels.email.twin.post import Full
from channels.email.twin.refusal import Refused
from channels.email.twin.wire import Gone, TooLong

if TYPE_CHECKING:
    from channels.email.twin.imap import Session

_AT_ONCE = 50
"""Mails whose bytes are in memory together, of small ones."""
_BYTES_AT_ONCE = 8 * 1024 * 1024
_FLAGS = "\\Answered \\Flagged \\Deleted \\Seen \\Draft"
_PERMANENT = _FLAGS + " \\*"


class OpenFolder:
    """`uids[n - 1]` is the UID of the mail that this client knows as number n."""

    def __init__(self, session: "Session", folder: Folder, *, read_only: bool) -> None:
        self._session = session
        self._folder = folder
        self._read_only = read_only
        self._uids = list(folder.mails)
        self._watcher = Watcher()
        folder.watchers.add(self._watcher)
        self.commands: Mapping[str, Callable[[Words], Awaitable[str]]] = {
            "CHECK": self._check,
            "CLOSE": self._close,
            "UNSELECT": self._unselect,
            "EXPUNGE": self._expunge,
            "FETCH": lambda words: self._fetch(words, by_uid=False),
            "STORE": lambda words: self._store(words, by_uid=False),
            "COPY": lambda words: self._copy(words, by_uid=False),
            "MOVE": lambda words: self._move(words, by_uid=False),
            "SEARCH": lambda words: self._search(words, by_uid=False),
            "UID": self._by_uid,
        }

    @property
    def lost(self) -> bool:
        """The folder is gone, renumbered, or changed more than this client wanted to hear."""
        return self._watcher.lost

    def leave(self) -> None:
        self._folder.watchers.discard(self._watcher)

    def introduction(self) -> bytes:
        """What SELECT says before its OK."""
        folder = self._folder
        lines = [
            f"FLAGS ({_FLAGS})",
            f"OK [PERMANENTFLAGS ({'' if self._read_only else _PERMANENT})] Those stay",
            f"{len(self._uids)} EXISTS",
            "0 RECENT",
            f"OK [UIDVALIDITY {folder.uidvalidity}] Numbers hold",
            f"OK [UIDNEXT {folder.uidnext}] The next one",
        ]
        for number, mail in enumerate(folder.mails.values(), 1):
            if "\\Seen" not in mail.flags:
                lines.append(f"OK [UNSEEN {number}] The first")
                break
        return "".join(f"* {one}\r\n" for one in lines).encode()

    def changes(self, *, expunged: bool) -> bytes:
        """What has happened since the client was told last; removals only if they may be said."""
        lines: list[str] = []
        kept = []
        arrived = False
        pending = self._watcher.pending
        self._watcher.woken.clear()
        while pending:
            what, uid = pending.popleft()
            place = bisect_left(self._uids, uid)
            known = place < len(self._uids) and self._uids[place] == uid
            if what == "new" and not known:
                self._uids.append(uid)
                arrived = True
            elif what == "gone" and known and not expunged:
                kept.append((what, uid))
            elif what == "gone" and known:
                del self._uids[place]
                lines.append(f"{place + 1} EXPUNGE")
            elif what == "flags" and known and uid in self._folder.mails:
                flags = imap_fetch.simple(self._folder.mails[uid], "FLAGS").decode()
                lines.append(f"{place + 1} FETCH (UID {uid} {flags})")
        pending.extend(kept)
        if arrived:
            lines += [f"{len(self._uids)} EXISTS", "0 RECENT"]
        return "".join(f"* {one}\r\n" for one in lines).encode()

    async def until_told(self, tell: Callable[[], Awaitable[None]]) -> bytes:
        """Tell changes as they happen until the client sends a line. Raises Gone."""
        wire = self._session.wire

        async def push() -> None:
            try:
                while True:
                    await tell()
                    await self._watcher.woken.wait()
            except Gone:
                wire.drop()

        line: bytes | None = None
        async with asyncio.TaskGroup() as group:
            pushing = group.create_task(push())
            try:
                line = await wire.line()
            except (Gone, TooLong):
                wire.drop()
            pushing.cancel()
        if line is None:
            raise Gone
        return line

    async def _by_uid(self, words: Words) -> str:
        name = words.atom()
        words.space()
        known = {
            "FETCH": self._fetch,
            "STORE": self._store,
            "COPY": self._copy,
            "MOVE": self._move,
            "SEARCH": self._search,
        }
        if name == "EXPUNGE":
            return await self._expunge_of(words.sequence())
        if name not in known:
            raise Unreadable("no such command by UID")
        await self._session.meet(name.lower())
        return await known[name](words, by_uid=True)

    async def _check(self, words: Words) -> str:
        words.end()
        return "Checked"

    async def _close(self, words: Words) -> str:
        words.end()
        if not self._read_only:
            await self._session.post.remove(self._folder, self._deleted(self._folder.mails))
        self._session.close_folder()
        return "Closed"

    async def _unselect(self, words: Words) -> str:
        words.end()
        self._session.close_folder()
        return "Closed"

    async def _expunge(self, words: Words) -> str:
        words.end()
        return await self._removed(list(self._folder.mails))

    async def _expunge_of(self, uids: Sequence) -> str:
        return await self._removed([uid for _, uid in self._chosen(uids, by_uid=True)])

    async def _removed(self, uids: list[int]) -> str:
        self._writable()
        await self._session.post.remove(self._folder, self._deleted(uids))
        return "Removed"

    def _deleted(self, uids: "Mapping[int, Mail] | list[int]") -> list[int]:
        mails = self._folder.mails
        return [uid for uid in uids if uid in mails and "\\Deleted" in mails[uid].flags]

    async def _fetch(self, words: Words, *, by_uid: bool) -> str:
        sequence = words.sequence()
        words.space()
        items = imap_fetch.wanted(words)
        words.end()
        if by_uid and all(one.name != "UID" for one in items):
            items.insert(0, Wanted("UID"))
        seen: dict[int, frozenset[str]] = {}
        marks = any(one.marks_seen for one in items) and not self._read_only
        async for number, mail, raw in self._read(sequence, items, by_uid=by_uid):
            if marks and "\\Seen" not in mail.flags:
                seen[mail.uid] = mail.flags | {"\\Seen"}
            told = imap_fetch.answer(mail, raw, items)
            await self._session.send(b"* %d FETCH (%s)\r\n" % (number, told))
        if seen:
            await self._session.post.flag(self._folder, seen)
        return "Fetched"

    async def _read(
        self, sequence: Sequence, items: list[Wanted], *, by_uid: bool
    ) -> AsyncIterator[tuple[int, Mail, bytes]]:
        chosen = [
            (number, self._folder.mails[uid])
            for number, uid in self._chosen(sequence, by_uid=by_uid)
            if uid in self._folder.mails
        ]
        needs_raw = any(one.needs_raw for one in items)
        for some in _batches(chosen):
            raws = (
                await self._session.post.store.raws([m.key for _, m in some]) if needs_raw else {}
            )
            for number, mail in some:
                yield number, mail, raws.get(mail.key, b"")

    async def _store(self, words: Words, *, by_uid: bool) -> str:
        sequence = words.sequence()
        words.space()
        how, _, silent = words.flags_item().partition(".")
        words.space()
        given = frozenset(words.flags() if words.next_is(b"(") else words.bare_flags())
        words.end()
        self._writable()
        new: dict[int, frozenset[str]] = {}
        for _, uid in self._chosen(sequence, by_uid=by_uid):
            if uid in self._folder.mails:
                old = self._folder.mails[uid].flags
                new[uid] = (
                    old | given if how[0] == "+" else old - given if how[0] == "-" else given
                )
        if any(len(one) > 100 for one in new.values()):
            raise Refused("NO [LIMIT] Too many flags")
        await self._session.post.flag(self._folder, new, self._watcher)
        if not silent:
            await self._tell_flags(list(new), by_uid=by_uid)
        return "Stored"

    async def _tell_flags(self, uids: list[int], *, by_uid: bool) -> None:
        lines = []
        for uid in uids:
            if uid in self._folder.mails:
                number = bisect_left(self._uids, uid) + 1
                flags = imap_fetch.simple(self._folder.mails[uid], "FLAGS")
                named = b"UID %d " % uid if by_uid else b""
                lines.append(b"* %d FETCH (%s%s)\r\n" % (number, named, flags))
        await self._session.wire.send(b"".join(lines))

    async def _copy(self, words: Words, *, by_uid: bool) -> str:
        code, _ = await self._copied(words, by_uid=by_uid)
        return f"{code}Copied"

    async def _move(self, words: Words, *, by_uid: bool) -> str:
        self._writable()
        code, uids = await self._copied(words, by_uid=by_uid)
        if code:
            await self._session.say(f"OK {code}Moving")
        await self._session.post.remove(self._folder, uids)
        return "Moved"

    async def _copied(self, words: Words, *, by_uid: bool) -> tuple[str, list[int]]:
        sequence = words.sequence()
        words.space()
        target = self._session.target(words)
        words.end()
        uids = [uid for _, uid in self._chosen(sequence, by_uid=by_uid)]
        mails = [self._folder.mails[uid] for uid in uids if uid in self._folder.mails]
        try:
            pairs = await self._session.post.copy(mails, self._session.box, target)
        except Full as error:
            raise Refused(f"NO [OVERQUOTA] {error}") from error
        if not pairs:
            return "", []
        olds, news = (",".join(map(str, one)) for one in zip(*pairs, strict=True))
        return f"[COPYUID {target.uidvalidity} {olds} {news}] ", [old for old, _ in pairs]

    async def _search(self, words: Words, *, by_uid: bool) -> str:
        last_uid = self._uids[-1] if self._uids else 0
        try:
            wish = search(words, last_number=len(self._uids), last_uid=last_uid)
        except UnknownCharset as error:
            raise Refused("NO [BADCHARSET (UTF-8 US-ASCII)] Not that one") from error
        found = [
            one.mail.uid if by_uid else one.number
            async for one in self._candidates(wish)
            if wish.fits(one)
        ]
        await self._session.say(" ".join(["SEARCH", *map(str, found)]))
        return "Searched"

    async def _candidates(self, wish: Search) -> AsyncIterator[Candidate]:
        every = [
            (number, self._folder.mails[uid])
            for number, uid in enumerate(self._uids, 1)
            if uid in self._folder.mails
        ]
        for some in _batches(every):
            raws = {}
            if wish.needs_raw:
                raws = await self._session.post.store.raws([mail.key for _, mail in some])
            for number, mail in some:
                yield Candidate(number, mail, raws.get(mail.key, b""))
            await asyncio.sleep(0)

    def _chosen(self, sequence: Sequence, *, by_uid: bool) -> list[tuple[int, int]]:
        """(number, UID) of each mail named, ascending, once; unknown UIDs are no error."""
        last = (self._uids[-1] if self._uids else 0) if by_uid else len(self._uids)
        places: set[int] = set()
        for low, high in sequence.bounds(last):
            if by_uid:
                places.update(range(bisect_left(self._uids, low), bisect_right(self._uids, high)))
            elif low < 1 or high > len(self._uids):
                raise Unreadable("there is no such number")
            else:
                places.update(range(low - 1, high))
        return [(place + 1, self._uids[place]) for place in sorted(places)]

    def _writable(self) -> None:
        if self._read_only:
            raise Refused("NO [READ-ONLY] Only looked at")


def _batches(mails: list[tuple[int, Mail]]) -> Iterator[list[tuple[int, Mail]]]:
    """Few enough to be in memory together."""
    batch: list[tuple[int, Mail]] = []
    size = 0
    for number, mail in mails:
        if batch and (len(batch) >= _AT_ONCE or size + mail.size > _BYTES_AT_ONCE):
            yield batch
            batch, size = [], 0
        batch.append((number, mail))
        size += mail.size
    if batch:
        yield batch
