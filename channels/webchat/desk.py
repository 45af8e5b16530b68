"""What a visitor may do, whichever way it came: over HTTP or over a live socket."""

from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from channels.webchat import translate
from channels.webchat.bodies import MarkRead, PostMessage
from channels.webchat.errors import Refused, client_id_taken, misfit
from channels.webchat.limits import Limits
from channels.webchat.visits import Visit
from hub.ports import (
    Accepted,
    Change,
    DeliveryReceipt,
    Host,
    Signal,
    StoredFile,
    TranscriptEntry,
)

_REMEMBERED = 10_000
_UPLOAD_KEPT_FOR = timedelta(days=1)
"""How long an uploaded file can still be put into a message."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """A visit and the network address it comes from."""

    visit: Visit
    remote: str


class Desk:
    """Every operation is idempotent, limited, and confined to the visit's own contact point."""

    def __init__(self, host: Host, limits: Limits) -> None:
        self._host = host
        self._limits = limits
        self._told: OrderedDict[str, int] = OrderedDict()
        """Whose claims were told, and which: forgotten ones are told again, to no effect."""

    async def post(self, visitor: Visitor, posted: PostMessage) -> tuple[translate.Json, bool]:
        """`{"id","position"}` of the recorded message, and whether it is new."""
        visit = visitor.visit
        self._limits.check("messages", visit.id, visitor.remote)
        files = [await self._own_file(visit, file_id) for file_id in posted.files]
        message = translate.inbound(visit, posted, files, self._host.now())
        taken = await self._host.sink.message(message)
        if isinstance(taken, Accepted):
            if taken.duplicate:
                await self._refuse_another(visitor, posted, taken)
            await self._tell_claims(visit)
            answer: translate.Json = {"id": str(taken.entry_id), "position": taken.position}
            return answer, not taken.duplicate
        # It is stored, for an administrator to see: nothing the visitor could do better.
        return {"id": str(taken.quarantine_id), "position": 0}, True

    async def _refuse_another(
        self, visitor: Visitor, posted: PostMessage, taken: Accepted
    ) -> None:
        """Raises Refused when the id stands for a message that said something else."""
        for first in await self.entries(visitor, before=taken.position + 1, limit=1):
            same = posted.text == first.text and {*posted.files} == {one.id for one in first.files}
            if first.id == taken.entry_id and not (same or first.deleted):
                raise client_id_taken()

    async def claim(self, visit: Visit) -> None:
        """Tell operators what the visitor says of himself: of one who never wrote, nothing yet."""
        if await self._host.transcript.page(visit.address, limit=1):
            self._told.pop(visit.id, None)
            await self._tell_claims(visit)

    async def _tell_claims(self, visit: Visit) -> None:
        if self._told.get(visit.id) == visit.said or not (visit.claims or visit.said):
            return
        await self._host.sink.change(translate.claimed(visit, self._host.now()))
        self._told[visit.id] = visit.said
        if len(self._told) > _REMEMBERED:
            self._told.popitem(last=False)

    async def upload(
        self, visitor: Visitor, name: str, chunks: AsyncIterator[bytes]
    ) -> translate.Json:
        """Store a file that a later message of the same visitor may carry."""
        file = await self._host.files.save(name, self._counted(visitor, chunks))
        facts = {
            "value": visitor.visit.value,
            "name": file.name,
            "content_type": file.content_type,
            "size": file.size,
        }
        until = self._host.now() + _UPLOAD_KEPT_FOR
        await self._host.state.put(f"file:{file.id}", facts, expires_at=until)
        return translate.file_shown(file, self._host.files.url)

    async def _counted(
        self, visitor: Visitor, chunks: AsyncIterator[bytes]
    ) -> AsyncIterator[bytes]:
        """What comes, as long as the visit and its address have not sent too much already."""
        async for chunk in chunks:
            megabytes = len(chunk) / 1024 / 1024
            self._limits.uploaded(megabytes, visitor.visit.id, visitor.remote)
            yield chunk

    def may(self, what: str, visitor: Visitor) -> None:
        """Raises Refused(429) for one of `what` too many: asked before the first byte is read."""
        self._limits.check(what, visitor.visit.id, visitor.remote)

    async def page(
        self, visitor: Visitor, *, after: int | None, before: int | None, limit: int
    ) -> translate.Json:
        """`{"items","next","seen"}`, oldest first.

        `next`: the `after` of the next page, or null. `seen`: how far an operator has read what
        the visitor wrote.
        """
        self._limits.check("pages", visitor.visit.id, visitor.remote)
        entries = await self.entries(visitor, after=after, before=before, limit=limit)
        # With `after` come also earlier messages that were sent late: they do not fill the page.
        newer = sum(1 for entry in entries if after is not None and entry.position > after)
        return {
            "items": [self.shown(visitor, entry) for entry in entries],
            "next": entries[-1].position if newer >= limit else None,
            "seen": await self.seen(visitor),
        }

    async def seen(self, visitor: Visitor) -> int | None:
        return await self._host.transcript.seen(visitor.visit.address)

    async def entries(
        self, visitor: Visitor, *, after: int | None = None, before: int | None = None, limit: int
    ) -> Sequence[TranscriptEntry]:
        return await self._host.transcript.page(
            visitor.visit.address, after=after, before=before, limit=limit
        )

    def shown(self, visitor: Visitor, entry: TranscriptEntry) -> translate.Json:
        return translate.shown(entry, visitor.visit, self._host.files.url)

    async def read(self, visitor: Visitor, mark: MarkRead) -> None:
        """The visitor saw everything up to a position."""
        self._limits.check("reads", visitor.visit.id, visitor.remote)
        value = visitor.visit.value
        await self._host.sink.change(
            Change(
                "read",
                self._host.now(),
                visitor.visit.address,
                f"{value}/read/{mark.position}",
                position=mark.position,
            )
        )

    async def press(self, visitor: Visitor, delivery_id: UUID, value: str) -> None:
        """A button under a message was pressed; pressing it again changes nothing."""
        self._limits.check("messages", visitor.visit.id, visitor.remote)
        await self._host.sink.change(
            Change(
                "button",
                self._host.now(),
                visitor.visit.address,
                f"{visitor.visit.value}/button/{delivery_id}/{value}",
                external_id=str(delivery_id),
                value=value,
            )
        )

    async def delivered(self, delivery_ids: Sequence[UUID]) -> None:
        """The widget has these in hand."""
        for delivery_id in delivery_ids:
            await self._host.sink.delivery(
                DeliveryReceipt("delivered", self._host.now(), delivery_id=delivery_id)
            )

    def typing(self, visitor: Visitor) -> None:
        """Best effort: what comes too fast is dropped."""
        try:
            self._limits.check("typing", visitor.visit.id, visitor.remote)
        except Refused:
            return
        self._host.sink.signal(Signal("typing", visitor.visit.address))

    def frame(self, visitor: Visitor) -> None:
        """Any frame at all; raises Refused(429) for a flood."""
        self._limits.check("frames", visitor.visit.id, visitor.remote)

    async def _own_file(self, visit: Visit, file_id: UUID) -> StoredFile:
        facts = await self._host.state.get(f"file:{file_id}")
        if facts is None or facts["value"] != visit.value:
            raise misfit({"files": "no such upload of this visitor"})
        return StoredFile(
            file_id, str(facts["name"]), str(facts["content_type"]), int(str(facts["size"]))
        )
