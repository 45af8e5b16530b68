"""Typing and presence of customers, on their way to whoever watches."""

from collections.abc import Callable

import structlog
from sqlalchemy import text

from hub.conversations.inbound.attendance import Attendance
from hub.customers.addresses import normalise
from hub.customers.visitors import Place
from hub.db.engine import Database
from hub.errors import Invalid
from hub.inboxes.open_inbox import InboxRef
from hub.ports import Signal
from hub.tasks import Background
from hub.timeline.transient import Transient

log = structlog.get_logger(__name__)

_AT_ONCE = 50
"""Signals being looked up; in a flood the others are dropped: each is stale in a second anyway."""

_ROOT = text("""
    SELECT s.root_id FROM contact_points p JOIN streams s ON s.contact_point_id = p.id
    WHERE p.scheme = :scheme AND p.value = :value
""")


class Transients:
    """tell: takes it on, to the listeners of all nodes (`LiveFeed.signal`)."""

    def __init__(self, database: Database, tell: Callable[[Transient], None]) -> None:
        self._database = database
        self._tell = tell
        self.attendance = Attendance(database)
        self._tasks = Background()
        self._busy = 0

    def pass_on(self, inbox: InboxRef, signal: Signal) -> None:
        if signal.kind != "typing":
            self._note(inbox, signal)
        if self._busy < _AT_ONCE:
            self._busy += 1
            self._tasks.start(self._pass_on(inbox, signal), "signal")

    async def close(self) -> None:
        await self._tasks.close()

    def _note(self, inbox: InboxRef, signal: Signal) -> None:
        scheme, raw = signal.address.scheme, signal.address.value
        try:
            value = normalise(scheme, raw, region=inbox.region or None)
        except Invalid:
            return
        self.attendance.note(Place(inbox.id, scheme, value), here=signal.kind == "online")

    async def _pass_on(self, inbox: InboxRef, signal: Signal) -> None:
        scheme = signal.address.scheme
        try:
            value = normalise(scheme, signal.address.value, region=inbox.region or None)
            async with self._database.reading() as session:
                root_id = await (await session.connection()).scalar(
                    _ROOT, {"scheme": scheme, "value": value}
                )
            typing = signal.kind == "typing"
            self._tell(
                Transient(
                    type="typing" if typing else "presence",
                    author_kind="customer",
                    author_id=root_id,
                    customer_id=root_id,
                    inbox_id=inbox.id,
                    contact_point=(scheme, value),
                    state="" if typing else signal.kind,
                )
            )
        except Exception as error:  # noqa: BLE001 - a lost signal is no loss
            log.debug("signal.lost", error=type(error).__name__)
        finally:
            self._busy -= 1
