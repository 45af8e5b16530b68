"""What an operator's screen says between messages: typing to whom, looking at whom."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Literal
from uuid import UUID

import structlog
from sqlalchemy import text

from hub.db.engine import Database
from hub.db.retry import is_connection_error
from hub.ids import new_id, parse_id
from hub.operators.access import Scope, Viewer
from hub.timeline import presence
from hub.timeline.broadcast import ContactPointKey
from hub.timeline.live import LiveFeed
from hub.timeline.presence import OFFLINE, Showing
from hub.timeline.transient import Transient

log = structlog.get_logger(__name__)

_STATES = frozenset({"online", "away", "viewing", OFFLINE})
_POINT = text("""
    SELECT point.scheme, point.value FROM contact_points AS point
    JOIN streams ON streams.contact_point_id = point.id
    JOIN customers ON customers.root_id = streams.root_id
    WHERE point.id = :point AND customers.id = :customer
""")


def nobody_else(_contact_point_id: UUID) -> None:
    """Where no channel is open."""


class OperatorSignals:
    """Passes on one viewer's typing and presence, at most one of each in `gap` seconds."""

    def __init__(
        self,
        feed: LiveFeed,
        database: Database,
        viewer: Viewer,
        gap: float,
        typing_at: Callable[[UUID], None] = nobody_else,
    ) -> None:
        """typing_at: is told of the contact point whose customer may see that somebody writes."""
        self._feed = feed
        self._database = database
        self._viewer = viewer
        self._gap = gap
        self._typing_at = typing_at
        self._next: dict[str, float] = {}
        self._screen_id = new_id()
        self._shows: Showing | None = None
        self._told: Showing | None = None

    async def typing(self, frame: Mapping[str, object]) -> None:
        """`customer_id`, and `contact_point_id` when the customer there may see it."""
        customer_id = _id(frame.get("customer_id"))
        allowed = self._viewer.may(Scope.MESSAGES_WRITE)
        if customer_id is None or not allowed or self._early("typing"):
            return
        point_id = _id(frame.get("contact_point_id"))
        point = await self._contact_point(customer_id, point_id) if point_id else None
        self._tell("typing", customer_id, point=point)
        if point is not None and point_id is not None:
            self._typing_at(point_id)

    async def presence(self, frame: Mapping[str, object]) -> None:
        """`state` (online, away, viewing, offline) and, when viewing, `customer_id`."""
        state = frame.get("state")
        if not isinstance(state, str) or state not in _STATES:
            return
        self._shows = Showing(state, _id(frame.get("customer_id")))
        if not self._early("presence"):
            await self._show(self._shows)

    async def refresh(self) -> None:
        """The screen is still there; what it said too soon after something else is told now."""
        if self._shows is None:
            return
        if self._shows != self._told:
            await self._show(self._shows)
        elif self._shows.state != OFFLINE:
            await self._keep(self._shows)

    async def left(self) -> None:
        """The screen is gone: say so if it had ever said that it was there. It says no more."""
        self._shows = None
        if self._told is not None and self._told.state != OFFLINE:
            await self._show(Showing(OFFLINE))

    async def _show(self, showing: Showing) -> None:
        self._told = showing
        self._tell("presence", showing.customer_id, state=showing.state)
        await self._keep(showing)

    async def _keep(self, showing: Showing) -> None:
        if self._viewer.kind != "operator" or self._viewer.id is None:
            return
        try:
            async with self._database.transaction() as session:
                await presence.keep(session, self._screen_id, self._viewer.id, showing)
        except Exception as error:
            # Who is there is a courtesy: no socket ends because it could not be written down.
            if not is_connection_error(error):
                raise
            log.warning("presence.not_kept", error=repr(error))

    def _tell(
        self,
        kind: Literal["typing", "presence"],
        customer_id: UUID | None,
        *,
        point: ContactPointKey | None = None,
        state: str = "",
    ) -> None:
        self._feed.signal(
            Transient(
                kind,
                author_kind=self._viewer.kind,
                author_id=self._viewer.id,
                author_name=self._viewer.name,
                customer_id=customer_id,
                contact_point=point,
                state=state,
            )
        )

    def _early(self, kind: str) -> bool:
        now = asyncio.get_running_loop().time()
        if now < self._next.get(kind, 0):
            return True
        self._next[kind] = now + self._gap
        return False

    async def _contact_point(self, customer_id: UUID, point_id: UUID) -> ContactPointKey | None:
        async with self._database.reading() as session:
            found = await (await session.connection()).execute(
                _POINT, {"point": point_id, "customer": customer_id}
            )
            row = found.first()
        return (row.scheme, row.value) if row else None


def _id(value: object) -> UUID | None:
    return parse_id(value) if isinstance(value, str) else None
