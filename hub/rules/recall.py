"""Taking back what a rule said and what has not left yet.

Quiet hours, and a channel that is down, keep a message for hours: what it says may have passed
before anybody hears it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from hub.conversations.draft import Author, Sender
from hub.conversations.outbound import unsent
from hub.db.engine import WriteSession, savepoint
from hub.db.rows import Query
from hub.errors import Conflict
from hub.operators.access import SYSTEM
from hub.rules.triggers import ANNOUNCING

# Said by a firing at once: what comes after a wait has asked its conditions again.
_ANNOUNCED = Query("""
    SELECT d.id, d.customer_id, d.entry_id, d.rule_id, rules.name
    FROM decisions AS d
    JOIN entries AS e ON e.id = d.entry_id
    JOIN rules ON rules.id = d.rule_id
    JOIN rule_firings AS f ON f.rule_id = d.rule_id AND f.decision_id = d.id AND f.at = d.at
    WHERE d.object_id = ANY (CAST(:objects AS uuid[])) AND e.status = 'scheduled'
      AND f.outcome = 'fired' AND rules.spec->'trigger'->>'on' = ANY (CAST(:names AS text[]))
    ORDER BY d.id
""")
# The key is free again: what has not left was not said, should it be true once more.
_END = Query("""
    UPDATE rule_firings SET outcome = 'ended', reason = :reason, key = key || '|' || :decision
    WHERE rule_id = :rule AND decision_id = CAST(:decision AS uuid) AND outcome = 'fired'
""")


@dataclass(frozen=True, slots=True)
class Said:
    """A message of a rule, with the decision about it."""

    customer_id: UUID
    entry_id: UUID
    decision_id: UUID
    rule_id: UUID
    rule_name: str


async def announced(session: WriteSession, objects: Collection[UUID]) -> Sequence[Said]:
    """What was announced of these objects' statuses, and waits for its time to leave."""
    rows = await _ANNOUNCED.rows(session, {"objects": list(objects), "names": list(ANNOUNCING)})
    return [
        Said(row["customer_id"], row["entry_id"], row["id"], row["rule_id"], row["name"])
        for row in rows
    ]


async def take_back(session: WriteSession, one: Said, reason: str, now: datetime) -> bool:
    """False when it has left meanwhile, or may have. The customer is locked."""
    by = Sender(SYSTEM, Author("rule", one.rule_id, one.rule_name))
    try:
        async with savepoint(session):
            await unsent.cancel(session, one.entry_id, by=by, now=now)
    except Conflict:
        return False
    await end(session, one, reason)
    return True


async def end(session: WriteSession, one: Said, reason: str) -> None:
    """What fired for it has said nothing."""
    ended = {"rule": one.rule_id, "decision": str(one.decision_id), "reason": reason}
    await _END.rows(session, ended)
