"""A sink in memory that can be held up, or fail, while a test looks at what the channel does."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID, uuid4

from hub.ports.errors import SinkUnavailable
from hub.ports.fake.transcript import MemoryTranscript
from hub.ports.messages import (
    Accepted,
    Change,
    Checkpoint,
    DeliveryReceipt,
    InboundMessage,
    Quarantined,
    Signal,
    StoredFile,
)


@dataclass(frozen=True, slots=True)
class Kept:
    """What was put into quarantine."""

    id: UUID
    raw: bytes
    error: str


class RecordingSink:
    """`hub.ports.Sink` that keeps its promises (idempotence, after the commit) without a database.

    available: set it to False and every call raises SinkUnavailable.
    gate: clear it and every call waits there, before anything is stored; `waiting` is set by then.
    """

    def __init__(self, transcript: MemoryTranscript, files: Mapping[UUID, StoredFile]) -> None:
        self._transcript = transcript
        self._files = files
        self.available = True
        self.gate = asyncio.Event()
        self.gate.set()
        self.waiting = asyncio.Event()
        self.messages: list[InboundMessage] = []
        self.changes: dict[str, Change] = {}
        self.receipts: list[DeliveryReceipt] = []
        self.signals: list[Signal] = []
        self.quarantined: dict[str, Kept] = {}
        self.checkpoints: dict[str, Mapping[str, object]] = {}
        self.risky_refused: set[str] = set()
        """External ids whose parsing has killed two processes already."""
        self._accepted: dict[str, Accepted] = {}

    async def message(
        self, message: InboundMessage, /, *, checkpoint: Checkpoint | None = None
    ) -> Accepted:
        await self._pass(checkpoint)
        known = self._accepted.get(message.external_id)
        if known is not None:
            return Accepted(known.entry_id, known.position, duplicate=True)
        self.messages.append(message)
        files = tuple(
            self._files[part.file_id] for part in message.attachments if part.file_id is not None
        )
        entry = self._transcript.heard(message, files)
        accepted = Accepted(entry.id, entry.position)
        self._accepted[message.external_id] = accepted
        return accepted

    async def change(self, change: Change, /, *, checkpoint: Checkpoint | None = None) -> None:
        await self._pass(checkpoint)
        self.changes.setdefault(change.change_id, change)

    async def delivery(self, receipt: DeliveryReceipt, /) -> None:
        await self._pass(None)
        self.receipts.append(receipt)

    async def quarantine(
        self, raw: bytes, error: str, /, *, external_id: str, checkpoint: Checkpoint | None = None
    ) -> Quarantined:
        await self._pass(checkpoint)
        kept = self.quarantined.setdefault(external_id, Kept(uuid4(), raw, error))
        return Quarantined(kept.id)

    def signal(self, signal: Signal, /) -> None:
        self.signals.append(signal)

    @asynccontextmanager
    async def risky(self, raw: bytes, external_id: str, /) -> AsyncIterator[bool]:
        if external_id in self.risky_refused:
            await self.quarantine(raw, "It killed two processes.", external_id=external_id)
            yield False
        else:
            yield True

    async def _pass(self, checkpoint: Checkpoint | None) -> None:
        self.waiting.set()
        await self.gate.wait()
        if not self.available:
            raise SinkUnavailable
        if checkpoint is not None:
            self.checkpoints[checkpoint.key] = checkpoint.value
