"""What comes in through the inboxes: the group commits of this process, and where failures lead.

Every call returns after its commit. A failure that is the input's own puts that input, and nothing
else of its batch, into quarantine; any other means SinkUnavailable: nothing stored, come again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TypeVar
from uuid import UUID

import structlog

from hub.clock import Clock
from hub.conversations.inbound import checkpoints, parsed, quarantine
from hub.conversations.inbound.batch import GroupCommit
from hub.conversations.inbound.faults import blames_the_input
from hub.conversations.inbound.incoming import Incoming, name_of, read, weight_of
from hub.conversations.inbound.quarantine import Rejected
from hub.conversations.inbound.store import store
from hub.customers.identify import Key
from hub.db.engine import Database
from hub.db.outage import Outage
from hub.db.retry import retry_serialization
from hub.inboxes.open_inbox import InboxRef
from hub.ports import Accepted, Checkpoint, InboundMessage, Quarantined, SinkUnavailable
from hub.timeline.files import FileStore
from hub.timeline.fresh import FreshEntries

log = structlog.get_logger(__name__)

T = TypeVar("T")
Outcome = Accepted | Quarantined


def _order(incoming: Incoming) -> UUID | Key:
    """What is handed over at once and agrees in this is committed in the order it came.

    An inbox whose messages say where it stands with its provider, or refer to each other, agrees
    with itself: the last checkpoint has the last word, and an answer finds what it answers. Of any
    other each address does.
    """
    if incoming.checkpoint is not None or incoming.message.in_order:
        return incoming.inbox.id
    return incoming.address


LANES = 2
"""Batches under way at once: while PostgreSQL writes the one, this process prepares the other."""


class Intake:
    """All inboxes of this process write through one of these."""

    def __init__(
        self, database: Database, clock: Clock, files: FileStore, fresh: FreshEntries
    ) -> None:
        self.database = database
        self.clock = clock
        self.files = files
        self._fresh = fresh
        self._lanes: Sequence[GroupCommit[Incoming, Outcome]] = [
            GroupCommit(self._write) for _ in range(LANES)
        ]
        self._outage = Outage("ingest")

    async def close(self) -> None:
        """Commit what has been taken, refuse what comes from now on."""
        await asyncio.gather(*(lane.close() for lane in self._lanes))

    async def message(
        self, inbox: InboxRef, message: InboundMessage, checkpoint: Checkpoint | None
    ) -> Outcome:
        """Store one message, together with whatever others are waiting."""
        try:
            incoming = read(inbox, message, checkpoint)
        except Exception as error:  # noqa: BLE001 - whatever a channel made up is kept
            return await self._reject(inbox, message, checkpoint, error)
        lane = self._lanes[hash(_order(incoming)) % LANES]
        return await lane.submit(incoming, weight_of(message))

    async def reject(self, rejected: Rejected, checkpoint: Checkpoint | None) -> Outcome:
        """Put input into quarantine; its commit is the acknowledgement."""
        try:
            return await self.guarded(lambda: self._keep(rejected, checkpoint))
        except SinkUnavailable:
            raise
        except Exception as error:
            # Not even its bytes can be kept (the inbox was deleted under it): never acknowledged.
            raise self._unavailable(error) from error

    async def guarded(self, work: Callable[[], Awaitable[T]]) -> T:
        """Run `work`, one transaction, with its retries.

        Raises SinkUnavailable for what is not the input's fault, and as it came what is.
        """
        try:
            result = await retry_serialization(work)
        except Exception as error:
            if blames_the_input(error):
                raise
            raise self._unavailable(error) from error
        self._outage.over()
        return result

    def _unavailable(self, error: Exception) -> SinkUnavailable:
        self._outage.failed(error)
        return SinkUnavailable("The hub cannot store messages just now; offer it again later.")

    async def _write(self, batch: Sequence[Incoming]) -> list[Outcome | Exception]:
        """One transaction for all; when one of them spoils it, one for each."""
        try:
            return list(await self.guarded(lambda: self._store(batch)))
        except SinkUnavailable as away:
            return [SinkUnavailable(*away.args) for _ in batch]
        except Exception as error:  # noqa: BLE001 - whatever it is, it is one message's own
            if len(batch) == 1:
                return [await self._rejected(batch[0], error)]
        return await self._one_by_one(batch)

    async def _one_by_one(self, batch: Sequence[Incoming]) -> list[Outcome | Exception]:
        outcomes: list[Outcome | Exception] = []
        for incoming in batch:
            # Once the database is away it is away for the rest: no waiting for each to find out.
            if outcomes and isinstance(outcomes[-1], SinkUnavailable):
                outcomes.append(SinkUnavailable(*outcomes[-1].args))
            else:
                outcomes += await self._write([incoming])
        return outcomes

    async def _store(self, batch: Sequence[Incoming]) -> list[Outcome]:
        async with self.database.transaction() as session:
            return await store(session, self.files, batch, self.clock, self._fresh)

    async def _rejected(self, incoming: Incoming, error: Exception) -> Outcome | Exception:
        try:
            return await self._reject(incoming.inbox, incoming.source, incoming.checkpoint, error)
        except SinkUnavailable as away:
            return away

    async def _reject(
        self,
        inbox: InboxRef,
        message: InboundMessage,
        checkpoint: Checkpoint | None,
        error: Exception,
    ) -> Outcome:
        """Into quarantine with all there is; if that cannot be stored either, with the bytes."""
        log.warning("ingest.rejected", inbox_id=str(inbox.id), error=type(error).__name__)
        bare = Rejected(inbox.id, name_of(message), message.raw, quarantine.reason(error))
        try:
            return await self.guarded(lambda: self._keep(bare, checkpoint, message))
        except SinkUnavailable:
            raise
        except Exception as second:  # noqa: BLE001 - what cannot be kept whole is kept as bytes
            log.warning("ingest.kept_raw", inbox_id=str(inbox.id), error=type(second).__name__)
            return await self.reject(bare, checkpoint)

    async def _keep(
        self,
        rejected: Rejected,
        checkpoint: Checkpoint | None,
        message: InboundMessage | None = None,
    ) -> Outcome:
        now = self.clock()
        async with self.database.transaction() as session:
            if message is not None:
                kept = await parsed.keep_files(
                    session, self.files, rejected.inbox_id, message.attachments
                )
                facts = parsed.to_json(replace(message, attachments=kept))
                rejected = replace(rejected, message=facts)
            outcome = await quarantine.put(session, rejected, now)
            await checkpoints.put(session, [(rejected.inbox_id, checkpoint)], now)
        return outcome
