"""The post office: which mailbox a mail lands in, and what happens to the mails in it."""

import asyncio
import secrets
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from channels.email.twin.clock import Clock
from channels.email.twin.limits import MAX_FOLDERS, MAX_MAILBOXES, MAX_STORED
from channels.email.twin.mailboxes import FOLDERS, Folder, Mail, Mailbox, Watcher, plain
from channels.email.twin.store import Store


class Full(Exception):
    """There is no room for that; `str(error)` says of what."""


class Post:
    """All mailboxes there are. Every address has one as soon as somebody writes to it."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self.store = store
        self.clock = clock
        self.mailboxes: dict[str, Mailbox] = {}
        self._stored = 0
        self._turn = asyncio.Lock()
        """Numbers are drawn and mails shown in one order."""

    async def open(self) -> None:
        self.mailboxes = await self.store.open()
        self._stored = sum(
            mail.size
            for box in self.mailboxes.values()
            for folder in box.folders.values()
            for mail in folder.mails.values()
        )

    async def mailbox(
        self, address: str, *, name: str = "", locale: str = "", company: bool = False
    ) -> Mailbox:
        """The mailbox of `address`, made when it is not there. Raises Full."""
        async with self._turn:
            key = plain(address)
            box = self.mailboxes.get(key)
            if box is None:
                if len(self.mailboxes) >= MAX_MAILBOXES:
                    raise Full("No more mailboxes.")
                box = Mailbox(key, secrets.token_urlsafe(12), name, locale or "en", company)
                box.folders = {
                    one: Folder(one, use, self._validity()) for one, use in FOLDERS.items()
                }
                self.mailboxes[key] = box
            elif box.name == (name or box.name) and box.locale == (locale or box.locale):
                return box
            box.name, box.locale = name or box.name, locale or box.locale
            await self.store.mailbox(box)
            return box

    def by_login(self, user: str, password: str) -> Mailbox | None:
        box = self.mailboxes.get(plain(user))
        if box is None or not secrets.compare_digest(box.password.encode(), password.encode()):
            return None
        return box

    async def keep(
        self,
        box: Mailbox,
        folder: Folder,
        raw: bytes,
        *,
        at: datetime | None = None,
        flags: Collection[str] = (),
    ) -> Mail:
        """A new mail in the folder. Raises Full."""
        return (await self.keep_all(box, folder, [raw], at=at, flags=flags))[0]

    async def keep_all(
        self,
        box: Mailbox,
        folder: Folder,
        raws: Sequence[bytes],
        *,
        at: datetime | None = None,
        flags: Collection[str] = (),
    ) -> list[Mail]:
        """New mails in the folder, in one go. Raises Full."""
        self._make_room(sum(map(len, raws)))
        at = at or self.clock()
        mails = [Mail(0, 0, at, len(raw), frozenset(flags)) for raw in raws]
        await self._number(box, folder, list(zip(mails, raws, strict=True)))
        return mails

    async def copy(
        self, mails: Sequence[Mail], box: Mailbox, target: Folder
    ) -> list[tuple[int, int]]:
        """The same mails in another folder: pairs of old and new UIDs. Raises Full."""
        self._make_room(sum(mail.size for mail in mails))
        pairs = []
        for mail in mails:
            copied = Mail(0, 0, mail.at, mail.size, mail.flags)
            await self._number(box, target, [(copied, await self.store.raw(mail.key))])
            pairs.append((mail.uid, copied.uid))
        return pairs

    async def flag(
        self, folder: Folder, flags: Mapping[int, frozenset[str]], by: Watcher | None = None
    ) -> None:
        """New flags by UID; `by` knows already."""
        there = {uid: one for uid, one in flags.items() if uid in folder.mails}
        await self.store.flags({folder.mails[uid].key: one for uid, one in there.items()})
        for uid, one in there.items():
            if uid in folder.mails:
                folder.flag(uid, one, by)

    async def remove(self, folder: Folder, uids: Collection[int]) -> None:
        there = [folder.mails[uid] for uid in uids if uid in folder.mails]
        await self.store.remove([mail.key for mail in there])
        for mail in there:
            if mail.uid in folder.mails:
                self._stored -= folder.remove(mail.uid).size

    async def create(self, box: Mailbox, name: str) -> Folder:
        """Raises Full."""
        if len(box.folders) >= MAX_FOLDERS:
            raise Full("No more folders.")
        folder = box.folders[name] = Folder(name, "", self._validity())
        await self.store.folder(box, folder)
        return folder

    async def delete(self, box: Mailbox, name: str) -> None:
        folder = box.folders.pop(name)
        self._stored -= sum(mail.size for mail in folder.mails.values())
        for watcher in folder.watchers:
            watcher.lost = True
            watcher.woken.set()
        await self.store.drop_folder(box, name)

    async def renumber(self, box: Mailbox, folder: Folder) -> None:
        """The folder as it would be after a restore: new UIDVALIDITY, UIDs from 1."""
        async with self._turn:
            mails = list(folder.mails.values())
            for uid, mail in enumerate(mails, 1):
                mail.uid = uid
            folder.mails = {mail.uid: mail for mail in mails}
            folder.uidvalidity = max(self._validity(), folder.uidvalidity + 1)
            folder.uidnext = len(mails) + 1
            for watcher in folder.watchers:
                watcher.lost = True
                watcher.woken.set()
            await self.store.renumber(mails)
            await self.store.folder(box, folder)

    async def _number(
        self, box: Mailbox, folder: Folder, mails: Sequence[tuple[Mail, bytes]]
    ) -> None:
        async with self._turn:
            for mail, _raw in mails:
                mail.uid = folder.uidnext
                folder.uidnext += 1
            keys = await self.store.add(box, folder, mails)
            for (mail, raw), key in zip(mails, keys, strict=True):
                mail.key = key
                self._stored += len(raw)
                folder.add(mail)

    def _make_room(self, size: int) -> None:
        if self._stored + size > MAX_STORED:
            raise Full("The disk quota is used up.")

    def _validity(self) -> int:
        return int(self.clock().timestamp())
