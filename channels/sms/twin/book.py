"""What the made-up provider knows: its account, the phones, every message between them."""

import asyncio
import json
import secrets
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

NUMBER = "+447700900100"
"""The company's; of the range that is kept for films (Ofcom), like the phones' own."""
MOST_MESSAGES = 5_000
SAVE_EVERY = 1.0
"""Seconds between two writes of the book, at least."""

_FIRST_PHONES = {
    "+447700900201": "Emma Wilson",
    "+79995550102": "Ирина Петрова",
    "+359885550103": "Георги Димитров",
}


@dataclass
class Phone:
    """state: `on`, `off` (nothing arrives), `landline` (no text message ever)."""

    number: str
    name: str = ""
    state: Literal["on", "off", "landline"] = "on"
    stopped: bool = False
    """Its owner replied STOP: the provider lets nothing through until START."""


@dataclass
class Message:
    """`inbound` is what a phone sent to the company; status as the provider calls it."""

    sid: str
    phone: str
    inbound: bool
    text: str
    at: str
    status: str
    error: int | None = None
    segments: int = 1
    callback: str = ""
    service: str = ""
    own: bool = False
    """The provider's own answer to STOP, START or HELP."""
    media: list[dict[str, str]] = field(default_factory=list)
    """`[{"sid", "type", "name"}]`"""


class Book:
    """All of it, in `book.json`, with the pictures beside it."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "book.json"
        self.pictures = folder / "pictures"
        self.account_sid = "AC" + secrets.token_hex(16)
        self.auth_token = secrets.token_hex(16)
        self.number = NUMBER
        self.webhook = ""
        self.phones = {number: Phone(number, name) for number, name in _FIRST_PHONES.items()}
        self.messages: dict[str, Message] = {}
        self.version = 0
        self._changed = asyncio.Condition()
        self._saved = -1
        self._writing = threading.Lock()

    def load(self) -> None:
        """Read what an earlier run has left; blocks."""
        self.pictures.mkdir(parents=True, exist_ok=True)
        if not self._file.exists():
            return
        kept = json.loads(self._file.read_text("utf-8"))
        self.account_sid, self.auth_token = kept["account_sid"], kept["auth_token"]
        self.webhook = kept["webhook"]
        self.phones = {one["number"]: Phone(**one) for one in kept["phones"]}
        self.messages = {one["sid"]: Message(**one) for one in kept["messages"]}

    def phone(self, number: str, name: str = "") -> Phone:
        """The phone with this number, bought on the spot if need be."""
        found = self.phones.setdefault(number, Phone(number))
        found.name = name or found.name
        return found

    async def add(self, message: Message) -> None:
        self.messages[message.sid] = message
        while len(self.messages) > MOST_MESSAGES:
            del self.messages[next(iter(self.messages))]
        await self.touched()

    async def touched(self) -> None:
        """Something changed: pages that wait are shown it, and it will be saved."""
        async with self._changed:
            self.version += 1
            self._changed.notify_all()

    async def newer_than(self, version: int, *, within: float) -> None:
        """Returns once there is something newer, or after `within` seconds."""
        try:
            async with asyncio.timeout(within), self._changed:
                await self._changed.wait_for(lambda: self.version > version)
        except TimeoutError:
            pass

    async def keep(self) -> None:
        """Save what is and what changes, until cancelled; and once more then."""
        try:
            await self._save()
            while True:
                await self.newer_than(self._saved, within=3600)
                await self._save()
                await asyncio.sleep(SAVE_EVERY)
        finally:
            self._saved = -1  # the write under way, if there is one, may be given up
            await self._save()

    async def _save(self) -> None:
        if self._saved == self.version:
            return
        self._saved = self.version
        await asyncio.to_thread(self._write, self._json())

    def _json(self) -> Mapping[str, Any]:
        return {
            "account_sid": self.account_sid,
            "auth_token": self.auth_token,
            "webhook": self.webhook,
            "phones": [asdict(one) for one in self.phones.values()],
            "messages": [asdict(one) for one in self.messages.values()],
        }

    def _write(self, kept: Mapping[str, Any]) -> None:
        with self._writing:
            fresh = self._file.with_suffix(".new")
            fresh.write_text(json.dumps(kept, ensure_ascii=False), "utf-8")
            fresh.replace(self._file)


def new_sid(prefix: str) -> str:
    return prefix + secrets.token_hex(16)
