"""How many conversations there are in each state: read from kept tallies, never counted."""

from collections import Counter
from typing import Any
from uuid import UUID

from sqlalchemy import text

from hub.conversations.status import ConversationStatus
from hub.db.engine import AnySession
from hub.operators.access import Viewer

_NOBODY = UUID(int=0)

_TALLIES = text("""
    SELECT status, assignee_id, team_id, sum(count) AS number FROM conversation_tallies
    WHERE inbox_id <> ALL (CAST(:hidden AS uuid[]))
    GROUP BY status, assignee_id, team_id HAVING sum(count) <> 0
""")


async def counts(session: AnySession, viewer: Viewer) -> dict[str, Any]:
    """{"open", "pending", "snoozed", "closed"}: all that the viewer sees, each a number;
    "mine" and "none" (assigned to nobody): the same four; "teams": open ones by team id."""
    everything: Counter[str] = Counter()
    mine: Counter[str] = Counter()
    none: Counter[str] = Counter()
    teams: Counter[str] = Counter()
    rows = await (await session.connection()).execute(
        _TALLIES, {"hidden": list(viewer.hidden_inboxes)}
    )
    for row in rows:
        everything[row.status] += row.number
        if row.assignee_id == _NOBODY:
            none[row.status] += row.number
        elif row.assignee_id == viewer.id:
            mine[row.status] += row.number
        if row.team_id != _NOBODY and row.status == ConversationStatus.OPEN:
            teams[str(row.team_id)] += row.number
    return {
        **_by_status(everything),
        "mine": _by_status(mine),
        "none": _by_status(none),
        "teams": dict(teams),
    }


def _by_status(counter: "Counter[str]") -> dict[str, int]:
    return {str(status): int(counter[status]) for status in ConversationStatus}
