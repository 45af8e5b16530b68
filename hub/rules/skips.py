"""The newest reason why a rule did nothing for a customer: never a log, and not a row for each
rule that merely looked at an event."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from hub import clock
from hub.db.engine import AnySession, WriteSession
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


@dataclass(frozen=True, slots=True)
class Offered:
    """An event that rules were asked about, by the name they know it by."""

    event: str
    customer_id: UUID
    object_kind: str
    object_id: UUID | None


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


_OFFER = Query("""
    INSERT INTO rule_occasions (event, customer_id, object_kind, object_id, at)
    SELECT event, customer_id, kind, object_id, :now
    FROM unnest(CAST(:events AS text[]), CAST(:customers AS uuid[]), CAST(:kinds AS text[]),
                CAST(:objects AS uuid[])) AS k(event, customer_id, kind, object_id)
    ORDER BY event, customer_id
    ON CONFLICT (event, customer_id) DO UPDATE
       SET object_kind = excluded.object_kind, object_id = excluded.object_id, at = excluded.at
""")

# What the rule left in words, and the events it was asked about where it left nothing at all: its
# conditions did not hold. One that gathers leaves nothing until it has, so it keeps its words.
# Each half is read from its newest on, so that a page costs a page and not all there is.
_LIST = """
    WITH meant AS (
        SELECT id, version, updated_at AS since, spec->'trigger'->>'on' AS event FROM rules
        WHERE id = :rule AND enabled AND NOT spec ? 'coalesce'
    ), asked AS (
        SELECT newest.customer_id, meant.version AS rule_version, newest.object_kind,
               newest.object_id, 'skipped' AS outcome, 'conditions' AS reason, newest.at
        FROM meant CROSS JOIN LATERAL (
            SELECT o.* FROM rule_occasions AS o
            WHERE o.event = meant.event AND o.at >= meant.since AND {offered} AND {older_o}
              AND NOT EXISTS (SELECT FROM rule_skips AS s
                              WHERE s.rule_id = meant.id AND s.customer_id = o.customer_id
                                AND s.at >= o.at)
              AND {left_nothing}
            ORDER BY o.at DESC, o.customer_id DESC LIMIT :limit) AS newest
    ), told AS (
        SELECT s.customer_id, s.rule_version, s.object_kind, s.object_id, s.outcome, s.reason, s.at
        FROM rule_skips AS s
        WHERE s.rule_id = :rule AND {kept} AND {older_s}
          AND NOT EXISTS (SELECT FROM meant JOIN rule_occasions AS o
                            ON o.event = meant.event AND o.at >= meant.since
                          WHERE o.customer_id = s.customer_id AND o.at > s.at AND {left_nothing})
        ORDER BY s.at DESC, s.customer_id DESC LIMIT :limit
    )
    SELECT * FROM asked UNION ALL SELECT * FROM told
    ORDER BY at DESC, customer_id DESC LIMIT :limit
"""
_OLDER = """(CAST(:before_at AS timestamptz) IS NULL
             OR ({0}.at, {0}.customer_id) < (:before_at, CAST(:before_id AS uuid)))"""
_LEFT_NOTHING = """NOT EXISTS (SELECT FROM rule_firings AS f
                               WHERE f.customer_id = o.customer_id AND f.at >= o.at
                                 AND f.rule_id = meant.id)"""


def _list(offered: str, kept: str) -> Query:
    parts = {"older_o": _OLDER.format("o"), "older_s": _OLDER.format("s")}
    return Query(_LIST.format(offered=offered, kept=kept, left_nothing=_LEFT_NOTHING, **parts))


_THEIRS = "IN (SELECT id FROM customers WHERE root_id = :root)"
_OF_ALL = _list("true", "true")
_OF_ONE = _list(f"o.customer_id {_THEIRS}", f"s.customer_id {_THEIRS}")

Place = tuple[datetime, UUID]
"""(at, customer) of the last one of the page before."""


async def listed(
    session: AnySession,
    rule_id: UUID,
    *,
    root: UUID | None = None,
    before: Place | None = None,
    limit: int = 50,
) -> list[dict[str, Any]]:
    """The customers for whom it last did nothing, newest first, each with the reason.

    root: of this customer alone; what was kept of records merged into it counts.
    """
    at, customer = before or (None, None)
    values = {"rule": rule_id, "root": root, "before_at": at, "before_id": customer}
    rows = await (_OF_ONE if root else _OF_ALL).rows(session, {**values, "limit": limit})
    return [
        {
            "customer_id": str(row["customer_id"]),
            "rule_version": row["rule_version"],
            "object": {"kind": row["object_kind"], "id": str(row["object_id"])}
            if row["object_id"]
            else None,
            "outcome": row["outcome"],
            "reason": row["reason"],
            "at": clock.rfc3339(row["at"]),
        }
        for row in rows
    ]


async def offer(session: WriteSession, events: Sequence[Offered], now: datetime) -> None:
    """Keep about what rules were asked, in place of what was kept before."""
    newest = {(one.event, one.customer_id): one for one in events}.values()
    if not newest:
        return
    await _OFFER.rows(
        session,
        {
            "events": [one.event for one in newest],
            "customers": [one.customer_id for one in newest],
            "kinds": [one.object_kind for one in newest],
            "objects": [one.object_id for one in newest],
            "now": now,
        },
    )


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
