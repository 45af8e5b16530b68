"""The record of why a message went where it went, or did not go."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import text

from hub.clock import rfc3339
from hub.db.columns import by_field, column
from hub.db.engine import AnySession, WriteSession
from hub.db.rows import Query
from hub.deliveries.route import Choice, Verdict
from hub.ids import new_id
from hub.mappings import NOTHING


class NewDecision(NamedTuple):
    """A decision about to be kept; the fields are those of `hub.deliveries.tables.Decision`.

    A tuple: thousands are made at a time.
    """

    customer_id: UUID
    outcome: str
    reason: str
    purpose: str
    choice: Choice
    by_kind: str
    by_id: UUID | None = None
    entry_id: UUID | None = None
    rule_id: UUID | None = None
    object_kind: str = ""
    object_id: UUID | None = None
    facts: Mapping[str, object] = NOTHING


_INSERT = Query("""
    INSERT INTO decisions (id, at, customer_id, outcome, reason, purpose, candidates, facts,
                           entry_id, rule_id, object_kind, object_id, by_kind, by_id)
    SELECT id, CAST(:now AS timestamptz), customer_id, coalesce(outcome, :outcome_all),
           coalesce(reason, :reason_all), coalesce(purpose, :purpose_all),
           coalesce(candidates, :candidates_all)::jsonb, coalesce(facts, :facts_all)::jsonb,
           entry_id, coalesce(rule_id, CAST(:rule_id_all AS uuid)),
           coalesce(object_kind, :object_kind_all), object_id, coalesce(by_kind, :by_kind_all),
           coalesce(by_id, CAST(:by_id_all AS uuid))
    FROM unnest(CAST(:id AS uuid[]), CAST(:customer_id AS uuid[]), CAST(:outcome AS text[]),
                CAST(:reason AS text[]), CAST(:purpose AS text[]), CAST(:candidates AS text[]),
                CAST(:facts AS text[]), CAST(:entry_id AS uuid[]), CAST(:rule_id AS uuid[]),
                CAST(:object_kind AS text[]), CAST(:object_id AS uuid[]),
                CAST(:by_kind AS text[]), CAST(:by_id AS uuid[]))
         AS one(id, customer_id, outcome, reason, purpose, candidates, facts, entry_id, rule_id,
                object_kind, object_id, by_kind, by_id)
""")
_OWN = ("customer_id", "entry_id", "object_id")
_SHARED = ("outcome", "reason", "purpose", "rule_id", "object_kind", "by_kind", "by_id")
"""What the decisions of one batch often agree on."""

_LIST = """
    SELECT decisions.* FROM decisions
    JOIN customers AS record ON record.id = decisions.customer_id
    LEFT JOIN entries AS message ON message.id = decisions.entry_id
    WHERE {conditions}
      AND (message.inbox_id IS NULL OR message.inbox_id <> ALL (CAST(:hidden AS uuid[])))
    ORDER BY decisions.at DESC, decisions.id DESC LIMIT :limit
"""


async def keep(session: WriteSession, decision: NewDecision, now: datetime) -> UUID:
    """Write the decision down; returns its id."""
    [decision_id] = await keep_all(session, [decision], now)
    return decision_id


async def keep_all(
    session: WriteSession, made: Sequence[NewDecision], now: datetime
) -> list[UUID]:
    """`keep` for many; their ids, in order."""
    if not made:
        return []
    ids = [new_id() for _ in made]
    fields = by_field(made)
    columns: dict[str, object] = {"id": ids, "now": now}
    columns |= {name: fields[name] for name in _OWN}
    for name in _SHARED:
        columns |= column(name, fields[name])
    columns |= column("candidates", [candidates_json(one) for one in fields["choice"]])
    columns |= column("facts", [_json(_told(one)) if one else "{}" for one in fields["facts"]])
    await _INSERT.rows(session, columns)
    return ids


def _json(value: object) -> str:
    return orjson.dumps(value).decode()


def candidates_json(choice: Choice) -> str:
    """Every candidate, the best first."""
    return _json([*map(verdict_json, choice.verdicts)])


def verdict_json(verdict: Verdict) -> dict[str, Any]:
    """One candidate as decisions keep it: ids, codes and facts, never an address."""
    return {
        "contact_point_id": str(verdict.candidate.contact_point_id),
        "inbox_id": str(verdict.candidate.inbox_id),
        "channel": verdict.candidate.channel,
        "chosen": verdict.chosen,
        "reason": verdict.reason,
        "obstacles": verdict.obstacles,
        "overridden": verdict.overridden,
        "facts": verdict.facts and _told(verdict.facts),
    }


def _told(facts: Mapping[str, object]) -> dict[str, object]:
    return {
        name: rfc3339(fact) if isinstance(fact, datetime) else fact for name, fact in facts.items()
    }


@dataclass(frozen=True, slots=True)
class Asked:
    """Which decisions are wanted: of a customer (with all merged into it), a rule, an object."""

    customer_id: UUID | None = None
    rule_id: UUID | None = None
    object_id: UUID | None = None
    before: tuple[datetime, UUID] | None = None
    """(at, id) of the last one of the page before."""

    def conditions(self) -> tuple[str, dict[str, Any]]:
        found: dict[str, tuple[str, Any]] = {
            "customer": (
                "record.root_id = (SELECT root_id FROM customers WHERE id = :customer)",
                self.customer_id,
            ),
            "rule": ("decisions.rule_id = :rule", self.rule_id),
            "object": ("decisions.object_id = :object", self.object_id),
        }
        wanted = {name: one for name, one in found.items() if one[1] is not None}
        lines = [line for line, _ in wanted.values()]
        values = {name: value for name, (_, value) in wanted.items()}
        if self.before is not None:
            lines.append("(decisions.at, decisions.id) < (:at, :id)")
            values |= {"at": self.before[0], "id": self.before[1]}
        return " AND ".join(lines) or "true", values


async def listed(
    session: AnySession, asked: Asked, *, limit: int, hidden: Sequence[UUID] = ()
) -> list[dict[str, Any]]:
    """Decisions, newest first; without those about messages in `hidden` inboxes, and without
    such inboxes among the candidates."""
    conditions, values = asked.conditions()
    rows = await (await session.connection()).execute(
        text(_LIST.format(conditions=conditions)),
        {**values, "limit": limit, "hidden": list(hidden)},
    )
    secret = {str(one) for one in hidden}
    return [
        {
            "id": str(row.id),
            "at": rfc3339(row.at),
            "customer_id": str(row.customer_id),
            "outcome": row.outcome,
            "reason": row.reason,
            "purpose": row.purpose,
            "candidates": [one for one in row.candidates if one["inbox_id"] not in secret],
            "facts": row.facts,
            "message_id": _id(row.entry_id),
            "rule_id": _id(row.rule_id),
            "object": {"kind": row.object_kind, "id": str(row.object_id)}
            if row.object_id
            else None,
            "by": {"kind": row.by_kind, "id": _id(row.by_id)},
        }
        for row in rows
    ]


def _id(value: UUID | None) -> str | None:
    return None if value is None else str(value)
