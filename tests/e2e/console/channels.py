"""Messages as channels bring them, straight into a hub that has no such account."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from hub import clock
from hub.conversations.inbound.ingest import Ingest
from hub.db.engine import Database
from hub.inboxes.open_inbox import InboxRef
from hub.ports import Accepted, Address, Attachment, Change, InboundMessage, Proof
from hub.timeline.files import FileStore
from tests.integration.timeline.world import add_inbox

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d494844520000000100000001080200000090"
    "7753de0000000c49444154789c63606060000000040001f61738550000000049454e44ae426082"
)
"""A picture of one black point."""


@dataclass
class Caller:
    """A customer at one address of one channel."""

    ingest: Ingest
    inbox: InboxRef
    address: Address
    name: str
    count: int = field(default=0)

    async def writes(
        self,
        text: str,
        *,
        html: str = "",
        proof: Proof = Proof.PROVIDER,
        files: Sequence[Attachment] = (),
        thread: Sequence[str] = (),
        raw: bytes = b"",
        **data: object,
    ) -> tuple[str, UUID]:
        """Its name within the inbox, and the entry it became."""
        self.count += 1
        name = f"{self.address.value}:{self.count}"
        message = InboundMessage(
            name,
            self.address,
            text,
            clock.now(),
            proof=proof,
            html=html,
            attachments=tuple(files),
            sender_name=self.name,
            reply_address=self.address.value,
            thread=tuple(thread),
            data=data,
            raw=raw,
        )
        accepted = await self.ingest.sink(self.inbox).message(message)
        assert isinstance(accepted, Accepted), accepted
        return name, accepted.entry_id

    async def does(self, kind: Any, **facts: Any) -> None:
        self.count += 1
        name = f"{self.address.value}:{kind}:{self.count}"
        await self.ingest.sink(self.inbox).change(
            Change(kind, clock.now(), self.address, name, **facts)
        )


@asynccontextmanager
async def caller(
    database_url: str, channel: str, address: Address, name: str
) -> AsyncIterator[Caller]:
    """Somebody new, who writes by `channel` to an inbox of their own."""
    async with Database.open(database_url) as database:
        async with database.transaction() as session:
            inbox = await add_inbox(session, channel)
        files = FileStore(database, max_bytes=10_000_000)
        ingest = Ingest(database, clock.now, files, tell=lambda _: None)
        ref = InboxRef(inbox, channel, f"{channel.title()} desk", "main")
        yield Caller(ingest, ref, address, name)
        await ingest.close()
