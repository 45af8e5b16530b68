"""A transcript in memory: what was said at each contact point, and who follows it."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from uuid import UUID, uuid4

from hub.ports.messages import (
    Address,
    Button,
    InboundMessage,
    Seen,
    Signal,
    StoredFile,
    TranscriptEntry,
)

News = Sequence[TranscriptEntry] | Signal | Seen


class MemoryTranscript:
    """`hub.ports.Transcript` without a database. Positions count from 1."""

    def __init__(self) -> None:
        self._entries: defaultdict[str, list[TranscriptEntry]] = defaultdict(list)
        self._followers: defaultdict[str, list[asyncio.Queue[News]]] = defaultdict(list)
        self._seen: dict[str, int] = {}
        self._position = 0

    async def page(
        self,
        address: Address,
        /,
        *,
        after: int | None = None,
        before: int | None = None,
        limit: int = 50,
    ) -> Sequence[TranscriptEntry]:
        entries = [
            entry
            for entry in self._entries[address.value]
            if (after is None or entry.position > after)
            and (before is None or entry.position < before)
        ]
        return entries[:limit] if after is not None else entries[-limit:]

    async def seen(self, address: Address, /) -> int | None:
        return self._seen.get(address.value)

    @asynccontextmanager
    async def follow(self, address: Address, /) -> AsyncIterator[AsyncIterator[News]]:
        news: asyncio.Queue[News] = asyncio.Queue()
        self._followers[address.value].append(news)
        try:
            yield _drained(news)
        finally:
            self._followers[address.value].remove(news)

    def heard(
        self, message: InboundMessage, files: tuple[StoredFile, ...] = ()
    ) -> TranscriptEntry:
        """Add what a customer wrote."""
        return self._add(
            message.address,
            TranscriptEntry(
                id=uuid4(),
                position=0,
                direction="inbound",
                text=message.text,
                html=message.html,
                author_name=message.sender_name,
                files=files,
                buttons=(),
                external_id=message.external_id,
                status="",
                deleted=False,
                occurred_at=message.occurred_at,
                recorded_at=message.occurred_at,
            ),
        )

    def told(
        self,
        address: Address,
        text: str,
        *,
        at: datetime,
        buttons: tuple[Button, ...] = (),
        delivery_ids: tuple[UUID, ...] | None = None,
    ) -> TranscriptEntry:
        """Add what an operator answered."""
        return self._add(
            address,
            TranscriptEntry(
                id=uuid4(),
                position=0,
                direction="outbound",
                text=text,
                html="",
                author_name="Olga",
                files=(),
                buttons=buttons,
                external_id="",
                status="sent",
                deleted=False,
                occurred_at=at,
                recorded_at=at,
                delivery_ids=(uuid4(),) if delivery_ids is None else delivery_ids,
            ),
        )

    def read(self, address: Address, position: int) -> None:
        """An operator has read up to there."""
        self._seen[address.value] = position
        self.publish(address, Seen(position))

    def changed(self, address: Address, entry: TranscriptEntry) -> None:
        """Put `entry` in the place of the one with its id."""
        kept = self._entries[address.value]
        kept[:] = [entry if one.id == entry.id else one for one in kept]
        self.publish(address, [entry])

    def publish(self, address: Address, news: News) -> None:
        for follower in self._followers[address.value]:
            follower.put_nowait(news)

    def _add(self, address: Address, entry: TranscriptEntry) -> TranscriptEntry:
        self._position += 1
        placed = replace(entry, position=self._position)
        self._entries[address.value].append(placed)
        self.publish(address, [placed])
        return placed


async def _drained(news: "asyncio.Queue[News]") -> AsyncIterator[News]:
    while True:
        yield await news.get()
