"""What the demo remembers between starts, in `demo.json`: its keys, how far the story is told."""

import asyncio
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson


@dataclass(frozen=True, slots=True)
class Notes:
    """`started_at`: what "two days ago" counts from. `told`: how many steps are done.

    passwords: by operator. tokens: of the storyteller and of the shop. chats: inbox ids and
    signing secrets. orders: the shop's own book, {"status","version"} by order number.
    appointments: the booking system's, by number.
    strangers: what the browsers of anonymous visitors remember, {"token","contact_point"}.
    twins: by channel, the inbox's id and the digest of its settings. channels: those that the
    story is told on. playing: the step that a twin's customer was at, -1 before the first.
    """

    started_at: datetime
    passwords: Mapping[str, str] = field(default_factory=dict)
    tokens: Mapping[str, str] = field(default_factory=dict)
    chats: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    teams: Mapping[str, str] = field(default_factory=dict)
    orders: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    appointments: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    strangers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    twins: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    channels: tuple[str, ...] | None = None
    playing: int = -1
    told: int = 0


class Notebook:
    """The file, readable by its owner only, and replaced as a whole."""

    def __init__(self, path: Path, notes: Notes) -> None:
        self.notes = notes
        self._path = path
        self._turn = asyncio.Lock()

    @classmethod
    def open(cls, path: Path, now: datetime) -> "Notebook":
        """The notes of an earlier start, or blank ones that begin now."""
        try:
            stored = orjson.loads(path.read_bytes())
        except FileNotFoundError:
            return cls(path, Notes(now))
        begun = datetime.fromisoformat(stored["started_at"])
        if (channels := stored.get("channels")) is not None:
            channels = tuple(channels)
        return cls(path, Notes(**{**stored, "started_at": begun, "channels": channels}))

    async def change(self, **facts: object) -> None:
        """Note `facts`; they are kept before this returns."""
        async with self._turn:
            self.notes = replace(self.notes, **facts)  # type: ignore[arg-type]
            await asyncio.to_thread(self._write)

    def _write(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        draft = self._path.with_name(f".{self._path.name}.{secrets.token_hex(4)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(orjson.dumps(asdict(self.notes), option=orjson.OPT_INDENT_2))
        draft.replace(self._path)


_WORDS = "amber birch cedar clover copper coral fern harbor hazel indigo juniper lantern linen"
_MORE = "maple meadow olive orchard pebble quartz reed saffron sage thistle velvet willow winter"


def easy_password(choose: Callable[[list[str]], str] = secrets.choice) -> str:
    """Four words and a number: easy to type, and the demo may be reachable by others."""
    words = (_WORDS + " " + _MORE).split()
    return "-".join([*(choose(words) for _ in range(4)), str(10 + secrets.randbelow(90))])
