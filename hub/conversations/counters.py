"""How many conversations there are: read from kept tallies, counted only where none can say."""

from collections import Counter
from typing import Any
from uuid import UUID

from sqlalchemy import text

from hub.conversations import repository
from hub.conversations.repository import Filter
from hub.conversations.status import ConversationStatus
from hub.db.engine import AnySession
from hub.operators.access import Viewer

_NOBODY = UUID(int=0)

_TALLIES = text("""
    SELECT status, assignee_id, team_id, sum(count) AS number FROM conversation_tallies
    WHERE inbox_id <> ALL (CAST(:hidden AS uuid[]))
    GROUP BY status, assignee_id, team_id HAVING sum(count) <> 0
""")


_TALLIED = text("""
    SELECT coalesce(sum(count), 0)::integer FROM conversation_tallies
    WHERE inbox_id <> ALL (CAST(:hidden AS uuid[]))
      AND (:status = '' OR status = :status)
      AND (CAST(:assignee AS uuid) IS NULL OR assignee_id = :assignee)
      AND (CAST(:team AS uuid) IS NULL OR team_id = :team)
      AND (CAST(:inbox AS uuid) IS NULL OR inbox_id = :inbox)
""")

_LABELS = text("""
    SELECT label, count(*) AS number FROM conversations CROSS JOIN unnest(labels) AS label
    WHERE status = 'open' AND labels <> '{}' AND inbox_id <> ALL (CAST(:hidden AS uuid[]))
    GROUP BY label ORDER BY number DESC, label LIMIT 500
""")

MOST = 1_000
"""What has to be counted line by line is counted no further: a badge says no more than that."""


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


async def matching(session: AnySession, viewer: Viewer, wanted: Filter) -> int:
    """How many conversations a filter lets through: kept where a tally says it, else counted.

    Counted up to `MOST`.
    """
    if wanted.channel or wanted.label or wanted.customer_id or wanted.unread:
        return await repository.count(session, viewer, wanted, most=MOST)
    mine = viewer.id if viewer.kind == "operator" else None
    found: int = await (await session.connection()).scalar(
        _TALLIED,
        {
            "hidden": list(viewer.hidden_inboxes),
            "status": wanted.status,
            "assignee": _whose(wanted.assignee, mine),
            "team": _whose(wanted.team, None),
            "inbox": wanted.inbox_id,
        },
    )
    return found


def _whose(asked: UUID | str, mine: UUID | None) -> UUID | None:
    match asked:
        case "":
            return None
        case "none":
            return _NOBODY
        case "me":
            # Nothing belongs to a program: no tally stands under this id.
            return mine or UUID(int=1)
        case _:
            return UUID(str(asked))


async def labels(session: AnySession, viewer: Viewer) -> list[dict[str, Any]]:
    """The labels of open conversations the viewer sees, the most frequent first."""
    rows = await (await session.connection()).execute(
        _LABELS, {"hidden": list(viewer.hidden_inboxes)}
    )
    return [{"label": row.label, "count": row.number} for row in rows]


def _by_status(counter: "Counter[str]") -> dict[str, int]:
    return {str(status): int(counter[status]) for status in ConversationStatus}
