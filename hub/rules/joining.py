"""What is kept of an object that another message names: a firing, and a decision, its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from hub.db.engine import WriteSession
from hub.db.rows import Query
from hub.ids import new_id

JOINED = "joined"
"""Reason of such a firing, and of its decision: it is in the message of another object."""

_DECIDE = Query("""
    INSERT INTO decisions (id, at, customer_id, outcome, reason, purpose, candidates, facts,
                           entry_id, rule_id, object_kind, object_id, by_kind, by_id)
    SELECT one.id, d.at, d.customer_id, d.outcome, :reason, d.purpose, d.candidates,
           jsonb_build_object('joined_with', d.object_id),
           d.entry_id, d.rule_id, d.object_kind, one.object, d.by_kind, d.by_id
    FROM unnest(CAST(:ids AS uuid[]), CAST(:objects AS uuid[]), CAST(:firsts AS uuid[]))
         AS one(id, object, first)
    JOIN decisions AS d ON d.id = one.first
""")
# An author's key may be the same for all of them: then the first one's firing stands for them.
_FIRE = Query("""
    INSERT INTO rule_firings (rule_id, rule_version, key, event_seq, customer_id, object_kind,
                              object_id, outcome, reason, decision_id, at)
    SELECT f.rule_id, f.rule_version, one.key, 0, f.customer_id, f.object_kind, one.object,
           f.outcome, :reason, one.decision, f.at
    FROM unnest(CAST(:firings AS uuid[]), CAST(:keys AS text[]), CAST(:objects AS uuid[]),
                CAST(:decisions AS uuid[]))
         AS one(firing, key, object, decision)
    JOIN rule_firings AS f ON f.id = one.firing
    ORDER BY f.rule_id, one.key
    ON CONFLICT (rule_id, key) DO NOTHING
""")


@dataclass(frozen=True, slots=True)
class Joined:
    """An object named beside the first, by its key. firing_id, decision_id: the first one's."""

    firing_id: UUID
    decision_id: UUID | None
    object_id: UUID
    key: str


async def keep_joined(session: WriteSession, joined: Sequence[Joined]) -> list[UUID | None]:
    """Their firings and decisions; the decisions' ids, in order, None where nothing was sent."""
    decisions = [None if one.decision_id is None else new_id() for one in joined]
    await _DECIDE.rows(
        session,
        {
            "ids": decisions,
            "objects": [one.object_id for one in joined],
            "firsts": [one.decision_id for one in joined],
            "reason": JOINED,
        },
    )
    await _FIRE.rows(
        session,
        {
            "firings": [one.firing_id for one in joined],
            "keys": [one.key for one in joined],
            "objects": [one.object_id for one in joined],
            "decisions": decisions,
            "reason": JOINED,
        },
    )
    return decisions
