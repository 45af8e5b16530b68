"""Taking back what was sent for a time that is no longer its object's, and has not left yet.

Quiet hours, and a channel that is down, keep a message for hours: whoever is moved or cancelled
meanwhile would hear of the old time afterwards.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from hub.conversations.draft import Author, Sender
from hub.conversations.outbound import unsent
from hub.db.engine import WriteSession
from hub.db.rows import Query
from hub.errors import Conflict
from hub.operators.access import SYSTEM

# A message that names others too is left to itself: those still hold.
_WAITING = Query("""
    SELECT r.id, r.rule_id, rules.name, r.decision_id, d.entry_id
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
# The key is free again: what has not left was not said, should the old time come back.
_END = Query("""
    UPDATE rule_firings SET outcome = 'ended', reason = :reason, key = key || '|' || :reminder
    WHERE rule_id = :rule AND decision_id = :decision AND outcome = 'fired'
""")


async def take_back(
    session: WriteSession, stale: Sequence[tuple[UUID, str]], now: datetime
) -> None:
    """Reminders that were sent, each with why it holds no more; their customers are locked."""
    why: Mapping[UUID, str] = dict(stale)
    for row in await _WAITING.rows(session, {"ids": list(why)}) if why else ():
        by = Sender(SYSTEM, Author("rule", row["rule_id"], row["name"]))
        try:
            async with session.begin_nested():
                await unsent.cancel(session, row["entry_id"], by=by, now=now)
        except Conflict:
            continue  # it has left meanwhile, or may have
        reason = why[row["id"]]
        await _DROP.rows(session, {"id": row["id"], "reason": reason, "now": now})
        ended = {"rule": row["rule_id"], "decision": row["decision_id"], "reason": reason}
        await _END.rows(session, {**ended, "reminder": str(row["id"])})
