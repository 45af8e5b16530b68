"""Mailboxes, folders and mails as IMAP sees them: who has what, under which number, since when."""

import asyncio
import re
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from channels.email.twin.limits import MAX_PENDING

_PIECE = r"[^@\x00-\x20\x7f\"(),:;<>\[\]\\]"
_ADDRESS = re.compile(rf"{_PIECE}{{1,64}}@{_PIECE}{{1,253}}")
FOLDERS = {"INBOX": "", "Sent": "\\Sent", "Junk": "\\Junk", "Trash": "\\Trash"}
"""What every mailbox begins with, and its special use (RFC 6154)."""


@dataclass(slots=True)
class Mail:
    """`key` names its bytes in the store; `flags` as the client spells them."""

    uid: int
    key: int
    at: datetime
    size: int
    flags: frozenset[str] = frozenset()


Change = tuple[Literal["new", "gone", "flags"], int]
"""What happened to which UID."""


class Watcher:
    """What a client that has the folder open has not been told yet."""

    def __init__(self) -> None:
        self.pending: deque[Change] = deque()
        self.woken = asyncio.Event()
        self.lost = False

    def tell(self, change: Change) -> None:
        if len(self.pending) >= MAX_PENDING:
            self.lost = True
        else:
            self.pending.append(change)
        self.woken.set()


@dataclass(slots=True)
class Folder:
    """`mails` by UID, ascending: UIDs are given out in order and never again."""

    name: str
    use: str
    uidvalidity: int
    uidnext: int = 1
    mails: dict[int, Mail] = field(default_factory=dict)
    watchers: set[Watcher] = field(default_factory=set)

    def add(self, mail: Mail) -> None:
        self.mails[mail.uid] = mail
        self.uidnext = max(self.uidnext, mail.uid + 1)
        self._publish(("new", mail.uid), None)

    def flag(self, uid: int, flags: frozenset[str], by: Watcher | None = None) -> None:
        self.mails[uid].flags = flags
        self._publish(("flags", uid), by)

    def remove(self, uid: int) -> Mail:
        mail = self.mails.pop(uid)
        self._publish(("gone", uid), None)
        return mail

    def unseen(self) -> int:
        return sum("\\Seen" not in mail.flags for mail in self.mails.values())

    def _publish(self, change: Change, by: Watcher | None) -> None:
        for watcher in self.watchers:
            if watcher is not by:
                watcher.tell(change)


@dataclass(slots=True)
class Mailbox:
    """`company`: it is ours to answer from; else it is a customer's."""

    address: str
    password: str
    name: str = ""
    locale: str = "en"
    company: bool = False
    folders: dict[str, Folder] = field(default_factory=dict)

    def folder(self, name: str) -> Folder | None:
        """INBOX in any spelling (RFC 3501 5.1), other names as they are."""
        return self.folders.get("INBOX" if name.upper() == "INBOX" else name)


def plain(address: str) -> str:
    """The mailbox that mail to `address` lands in: without `+token`, in lower case."""
    local, at, domain = address.strip().strip("<>").rpartition("@")
    return f"{local.partition('+')[0]}{at}{domain}".lower()


def is_address(text: str) -> bool:
    """Of the kind that people have: no quotes, no comments, no routes; UTF-8 is fine."""
    return _ADDRESS.fullmatch(text) is not None
