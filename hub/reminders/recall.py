"""Taking back reminders that were sent for a time no longer their object's, and have not left."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from hub.db.engine import WriteSession
from hub.db.rows import Query
from hub.rules import recall
from hub.rules.recall import Said

# A message that names others too is left to itself: those still hold.
_WAITING = Query("""
    SELECT r.id, r.rule_id, rules.name, r.decision_id, d.customer_id, d.entry_id
    FROM reminders AS r
    JOIN rules ON rules.id = r.rule_id
    JOIN decisions AS d ON d.id = r.decision_id
    JOIN entries AS e ON e.id = d.entry_id
    WHERE r.id = ANY (CAST(:ids AS uuid[])) AND r.status = 'sent'
      AND e.status IN ('scheduled', 'waiting', 'queued')
      AND NOT EXISTS (SELECT FROM decisions AS other
                      WHERE other.entry_id = d.entry_id AND other.id <> d.id)
    ORDER BY r.id
""")
_DROP = Query("""
    UPDATE reminders SET status = 'dropped', reason = :reason, ended_at = :now WHERE id = :id
""")


async def take_back(
    session: WriteSession, stale: Sequence[tuple[UUID, str]], now: datetime
) -> None:
    """Reminders that were sent, each with why it holds no more; their customers are locked."""
    why: Mapping[UUID, str] = dict(stale)
    for row in await _WAITING.rows(session, {"ids": list(why)}):
        named = (row["decision_id"], row["rule_id"], row["name"])
        said = Said(row["customer_id"], row["entry_id"], *named)
        if await recall.take_back(session, said, "superseded", now):
            await _DROP.rows(session, {"id": row["id"], "reason": why[row["id"]], "now": now})
