"""The newest reason why a rule did nothing for a customer: one row for each pair, not a log."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from hub.db.engine import WriteSession
from hub.db.rows import Query


@dataclass(frozen=True, slots=True)
class Skip:
    """outcome: skipped (conditions), superseded, late, loop, repeated, capped."""

    rule_id: UUID
    rule_version: int
    customer_id: UUID
    object_kind: str
    object_id: UUID | None
    outcome: str
    reason: str = ""


_KEEP = Query("""
    INSERT INTO rule_skips (rule_id, customer_id, rule_version, object_kind, object_id, outcome,
                            reason, at)
    SELECT rule_id, customer_id, version, kind, object_id, outcome, reason, :now
    FROM unnest(CAST(:rules AS uuid[]), CAST(:customers AS uuid[]), CAST(:versions AS int[]),
                CAST(:kinds AS text[]), CAST(:objects AS uuid[]), CAST(:outcomes AS text[]),
                CAST(:reasons AS text[]))
         AS k(rule_id, customer_id, version, kind, object_id, outcome, reason)
    WHERE EXISTS (SELECT FROM rules WHERE rules.id = k.rule_id)
    ORDER BY rule_id, customer_id
    ON CONFLICT (rule_id, customer_id) DO UPDATE
       SET rule_version = excluded.rule_version, object_kind = excluded.object_kind,
           object_id = excluded.object_id, outcome = excluded.outcome, reason = excluded.reason,
           at = excluded.at
""")


async def keep(session: WriteSession, skips: Sequence[Skip], now: datetime) -> None:
    """Keep them, in place of what was kept before. Last in a transaction: after every lock."""
    newest = {(one.rule_id, one.customer_id): one for one in skips}.values()
    if not newest:
        return
    await _KEEP.rows(
        session,
        {
            "rules": [one.rule_id for one in newest],
            "customers": [one.customer_id for one in newest],
            "versions": [one.rule_version for one in newest],
            "kinds": [one.object_kind for one in newest],
            "objects": [one.object_id for one in newest],
            "outcomes": [one.outcome for one in newest],
            "reasons": [one.reason for one in newest],
            "now": now,
        },
    )
