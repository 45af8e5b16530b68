"""What comes in through the inboxes: `hub.ports.Sink`, one per inbox."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict, dataclass

import orjson

from hub.clock import Clock
from hub.conversations import rating
from hub.conversations.cleaning import clean_json
from hub.conversations.inbound import buttons, changes, checkpoints, quarantine, rated
from hub.conversations.inbound.attendance import Attendance
from hub.conversations.inbound.incoming import key_of
from hub.conversations.inbound.intake import Intake
from hub.conversations.inbound.quarantine import Rejected
from hub.conversations.inbound.risky import RiskyInputs
from hub.conversations.inbound.transients import Transients
from hub.conversations.outbound.reach import Channels
from hub.db.engine import Database
from hub.deliveries import receipts
from hub.inboxes.open_inbox import InboxRef
from hub.inboxes.registry import Registry
from hub.ports import (
    Accepted,
    Change,
    Checkpoint,
    DeliveryReceipt,
    InboundMessage,
    Quarantined,
    Signal,
    SinkUnavailable,
)
from hub.timeline.files import FileStore
from hub.timeline.fresh import FreshEntries
from hub.timeline.transient import Transient


class Ingest:
    """Makes the sinks of all inboxes of this process, over the same group commits.

    tell: takes typing and presence on to the listeners of all nodes (`LiveFeed.signal`).
    registry: what the channels can carry, for answers that are owed; none without it.
    fresh: is given what was recorded, for the live feed of this process (`LiveFeed.fresh`).
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        files: FileStore,
        *,
        tell: Callable[[Transient], None],
        fresh: FreshEntries | None = None,
        registry: Channels | None = None,
    ) -> None:
        self._intake = Intake(database, clock, files, fresh or FreshEntries())
        self._risky = RiskyInputs(self._intake)
        self._transients = Transients(database, tell)
        self._registry = registry or Registry({})

    def sink(self, inbox: InboxRef) -> "InboxSink":
        return InboxSink(inbox, self._intake, self._risky, self._transients, self._registry)

    @property
    def attendance(self) -> Attendance:
        """Who looks at the chats of this process; its `run` has to be run."""
        return self._transients.attendance

    async def close(self) -> None:
        """Commit what has been taken, refuse what comes from now on."""
        await self._intake.close()
        await self._transients.close()


@dataclass(frozen=True, slots=True)
class InboxSink:
    inbox: InboxRef
    intake: Intake
    risky_inputs: RiskyInputs
    transients: Transients
    registry: Channels

    async def message(
        self, message: InboundMessage, /, *, checkpoint: Checkpoint | None = None
    ) -> Accepted | Quarantined:
        if rating.number(message.text) is not None:
            return await self._number(message, checkpoint)
        return await self.intake.message(self.inbox, message, checkpoint)

    async def _number(
        self, message: InboundMessage, checkpoint: Checkpoint | None
    ) -> Accepted | Quarantined:
        """A bare number may be a rating."""
        meant = await self.intake.guarded(
            lambda: rated.worded(self.intake.database, self.inbox.id, message)
        )
        return await self.intake.message(self.inbox, meant, checkpoint)

    async def change(self, change: Change, /, *, checkpoint: Checkpoint | None = None) -> None:
        try:
            if change.kind == "button":
                pressed = await self.intake.guarded(
                    lambda: buttons.to_message(self.intake.database, self.inbox.id, change)
                )
                await self.intake.message(self.inbox, pressed, checkpoint)
            else:
                await self.intake.guarded(lambda: self._apply(change, checkpoint))
        except SinkUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - a change that cannot be applied blocks nothing
            rejected = Rejected(
                self.inbox.id,
                changes.change_name(change),
                orjson.dumps(clean_json(asdict(change))),
                quarantine.reason(error),
            )
            await self.intake.reject(rejected, checkpoint)

    async def _apply(self, change: Change, checkpoint: Checkpoint | None) -> None:
        now = self.intake.clock()
        async with self.intake.database.transaction() as session:
            await changes.apply(session, self.inbox, change, now, registry=self.registry)
            await checkpoints.put(session, [(self.inbox.id, checkpoint)], now)

    async def delivery(self, receipt: DeliveryReceipt, /) -> None:
        await self.intake.guarded(
            lambda: receipts.take(
                self.intake.database, self.inbox.id, [receipt], self.intake.clock()
            )
        )

    async def quarantine(
        self,
        raw: bytes,
        error: str,
        /,
        *,
        external_id: str,
        checkpoint: Checkpoint | None = None,
    ) -> Accepted | Quarantined:
        rejected = Rejected(self.inbox.id, key_of(external_id), raw, error)
        return await self.intake.reject(rejected, checkpoint)

    def signal(self, signal: Signal, /) -> None:
        self.transients.pass_on(self.inbox, signal)

    def risky(self, raw: bytes, external_id: str, /) -> AbstractAsyncContextManager[bool]:
        return self.risky_inputs.attempt(self.inbox.id, key_of(external_id), raw)
