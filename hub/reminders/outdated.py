"""Taking back reminders that were sent for a time no longer their object's, and have not left."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import NamedTuple
from uuid import UUID

from asyncpg import Record

from hub.db.engine import WriteSession
from hub.db.rows import Query
from hub.rules import recall
from hub.rules.recall import Said

# All reminders of each message that names one of these. A message about which something else was
# decided too, as when its next way is tried, is left to itself.
_WAITING = Query("""
    SELECT r.id, r.rule_id, rules.name, r.decision_id, d.customer_id, d.entry_id
    FROM decisions AS d
    JOIN reminders AS r ON r.object_id = d.object_id AND r.rule_id = d.rule_id
                       AND r.decision_id = d.id AND r.status = 'sent'
    JOIN rules ON rules.id = r.rule_id
    WHERE d.entry_id IN (
        SELECT its.entry_id FROM reminders AS stale
        JOIN decisions AS its ON its.id = stale.decision_id
        JOIN entries AS e ON e.id = its.entry_id
        WHERE stale.id = ANY (CAST(:ids AS uuid[])) AND stale.status = 'sent'
          AND e.status IN ('scheduled', 'waiting', 'queued'))
      AND NOT EXISTS (
        SELECT FROM decisions AS other
        WHERE other.entry_id = d.entry_id AND NOT EXISTS (
            SELECT FROM reminders AS named
            WHERE named.object_id = other.object_id AND named.rule_id = other.rule_id
              AND named.decision_id = other.id AND named.status = 'sent'))
    ORDER BY d.entry_id, r.id
""")
_DROP = Query("""
    UPDATE reminders SET status = 'dropped', reason = :reason, ended_at = :now WHERE id = :id
""")
# It keeps its decision: by that it is known to have been in time.
_ANEW = Query("""
    UPDATE reminders AS r SET status = 'planned', reason = '', ended_at = NULL
    WHERE r.id = :id AND NOT EXISTS (
        SELECT FROM reminders AS p
        WHERE p.object_id = r.object_id AND p.rule_id = r.rule_id AND p.status = 'planned')
    RETURNING r.id, r.due_at
""")


class Changed(NamedTuple):
    """How reminders stand now whose messages were taken back: {id: (status, reason)}.

    anew: of those, which hold still, and when they are due.
    """

    standing: dict[UUID, tuple[str, str]]
    anew: dict[UUID, datetime]


async def take_back(
    session: WriteSession, stale: Sequence[tuple[UUID, str]], now: datetime
) -> Changed:
    """Reminders that were sent, each with why it holds no more; their customers are locked.

    What else their messages named is planned again, for the caller to make due.
    """
    why: Mapping[UUID, str] = dict(stale)
    changed = Changed({}, {})
    rows = await _WAITING.rows(session, {"ids": list(why)})
    for _, message in groupby(rows, key=lambda row: row["entry_id"]):
        first, *others = named = list(message)
        if not await recall.take_back(session, _said(first), "superseded", now):
            continue
        for row in others:
            await recall.end(session, _said(row), "superseded")
        for row in named:
            again = [] if row["id"] in why else await _ANEW.rows(session, {"id": row["id"]})
            changed.anew.update((one["id"], one["due_at"]) for one in again)
            reason = "" if again else why.get(row["id"], "moved")
            changed.standing[row["id"]] = ("planned" if again else "dropped", reason)
            if not again:
                await _DROP.rows(session, {"id": row["id"], "reason": reason, "now": now})
    return changed


def _said(row: Record) -> Said:
    named = (row["decision_id"], row["rule_id"], row["name"])
    return Said(row["customer_id"], row["entry_id"], *named)
