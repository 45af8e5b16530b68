"""A host for unit tests: all in memory, the client unguarded, the clock in the test's hand."""

import hashlib
import hmac
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from uuid import UUID, uuid4

import aiohttp

from hub.ports.errors import PermanentError, Reason
from hub.ports.fake.sink import RecordingSink
from hub.ports.fake.transcript import MemoryTranscript
from hub.ports.messages import Opening, StoredFile


class MemoryState:
    """`hub.ports.ChannelState` that forgets what has expired."""

    def __init__(
        self, now: Callable[[], datetime], checkpoints: Mapping[str, Mapping[str, object]]
    ) -> None:
        self._now = now
        self._checkpoints = checkpoints
        self.facts: dict[str, tuple[Mapping[str, object], datetime | None]] = {}

    async def get(self, key: str, /) -> Mapping[str, object] | None:
        if key in self._checkpoints:
            return self._checkpoints[key]
        value, expires_at = self.facts.get(key, (None, None))
        return None if expires_at is not None and expires_at <= self._now() else value

    async def put(
        self, key: str, value: Mapping[str, object], /, *, expires_at: datetime | None = None
    ) -> None:
        self.facts[key] = (value, expires_at)

    async def update(
        self, key: str, value: Mapping[str, object], /, *, expires_at: datetime | None = None
    ) -> bool:
        if await self.get(key) is None:
            return False
        await self.put(key, value, expires_at=expires_at)
        return True

    async def delete(self, key: str, /) -> None:
        self.facts.pop(key, None)

    async def present(self, keys: Collection[str], /) -> frozenset[str]:
        return frozenset([key for key in keys if await self.get(key) is not None])


class MemoryFiles:
    """`hub.ports.Files` of at most `max_bytes` each."""

    def __init__(self, max_bytes: int = 1024 * 1024) -> None:
        self._max_bytes = max_bytes
        self.stored: dict[UUID, StoredFile] = {}
        self._bytes: dict[UUID, bytes] = {}

    async def save(self, name: str, content: AsyncIterator[bytes] | bytes, /) -> StoredFile:
        data = (
            content if isinstance(content, bytes) else b"".join([part async for part in content])
        )
        if len(data) > self._max_bytes:
            raise PermanentError("The file is too large.", Reason.TOO_LARGE)
        file = StoredFile(uuid4(), name, "application/octet-stream", len(data))
        self.stored[file.id], self._bytes[file.id] = file, data
        return file

    async def read(self, file_id: UUID, /) -> bytes:
        return self._bytes[file_id]

    def url(self, file_id: UUID, /) -> str:
        return f"https://hub.example/files/{file_id}"


class RecordingHost:
    """`hub.ports.Host` that records what the channel does with it."""

    def __init__(
        self,
        http: aiohttp.ClientSession,
        now: Callable[[], datetime],
        *,
        public_url: str = "https://hub.example/channels/inbox",
        inbox_id: UUID | None = None,
    ) -> None:
        self.inbox_id = inbox_id or uuid4()
        self.inbox_name = "Tests"
        self.public_url = public_url
        self.http = http
        self.files = MemoryFiles()
        self.transcript = MemoryTranscript()
        self.sink = RecordingSink(self.transcript, self.files.stored)
        self.state = MemoryState(now, self.sink.checkpoints)
        self.now = now
        self.remarks: list[tuple[str, str]] = []
        self.hours = Opening(open=True)
        """What `opening` answers."""
        self.schemes: set[str] = set()
        """What other inboxes of this hub can write to."""

    async def opening(self) -> Opening:
        return self.hours

    async def carries(self, scheme: str, /) -> bool:
        return scheme in self.schemes

    async def remark(self, detail: str, remedy: str = "", /) -> None:
        self.remarks.append((detail, remedy))

    @classmethod
    @asynccontextmanager
    async def open(cls, now: Callable[[], datetime]) -> "AsyncIterator[RecordingHost]":
        async with aiohttp.ClientSession() as http:
            yield cls(http, now)

    def sign(self, purpose: str, text: str, /) -> str:
        key = f"{self.inbox_id}:{purpose}".encode()
        return hmac.digest(key, text.encode(), hashlib.sha256).hex()

    def verify(self, purpose: str, text: str, signature: str, /) -> bool:
        return hmac.compare_digest(self.sign(purpose, text), signature)
