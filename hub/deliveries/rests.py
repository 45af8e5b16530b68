"""When a lane whose inbox is closed looks again, should nobody tell it that it opened (`hasten`).

Few look often. Many look in turn: a hundred thousand messages for an inbox that is down would
else do nothing but ask.
"""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from hub.db.engine import AnySession

SHORTEST = timedelta(seconds=15)
LONGEST = timedelta(minutes=10)
PER_SECOND = 20
"""So many lanes of an inbox look again on a node; more where one would rest beyond LONGEST."""
STEP = timedelta(seconds=5)
"""Those of one step are claimed together: a lane looks up to a step before its turn."""

_GAP = timedelta(seconds=1) / PER_SECOND
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_OPEN = text("""
    SELECT id FROM inboxes
    WHERE id = ANY (CAST(:inboxes AS uuid[])) AND enabled AND state = 'open'
""")


class Rests:
    def __init__(self) -> None:
        self._promised: dict[UUID, datetime] = {}

    def until(self, inbox_id: UUID, now: datetime) -> datetime:
        """The turn of one more lane: one after the other."""
        moment = max(self._promised.get(inbox_id, now) + _GAP, now + SHORTEST)
        moment = self._promised[inbox_id] = min(moment, now + LONGEST)
        return moment - (moment - _EPOCH) % STEP


async def open_elsewhere(session: AnySession, inboxes: Collection[UUID]) -> set[UUID]:
    """Which of these, closed on this node, another has open: that one may take the lane next."""
    if not inboxes:
        return set()
    rows = await (await session.connection()).execute(_OPEN, {"inboxes": list(inboxes)})
    return set(rows.scalars())
