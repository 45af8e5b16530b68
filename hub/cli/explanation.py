"""What is known about a message or a customer's messages, put together for people and programs."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import UUID as PgUUID

from hub.customers import merges
from hub.db.engine import AnySession
from hub.errors import NotFound
from hub.reminders import repository as reminders
from hub.reminders.repository import Only

Facts = dict[str, Any]


def _by_ids(sql: str) -> TextClause:
    return text(sql).bindparams(bindparam("ids", type_=ARRAY(PgUUID(as_uuid=True))))


_MESSAGE = text("""
    SELECT e.id, e.kind, e.direction, e.channel, e.status, e.author_kind, e.author_name,
           e.automatic, e.occurred_at, e.recorded_at, e.conversation_id, e.contact_point_id,
           i.name AS inbox, s.root_id AS customer_id, c.name AS customer
    FROM entries e JOIN streams s ON s.id = e.stream_id JOIN customers c ON c.id = s.root_id
    LEFT JOIN inboxes i ON i.id = e.inbox_id WHERE e.id = :id
""")
_DECISIONS_OF_MESSAGE = text("SELECT * FROM decisions WHERE entry_id = :id ORDER BY at, id")
_DECISION = text("SELECT * FROM decisions WHERE id = CAST(:id AS uuid)")
_DECISIONS_OF_CUSTOMER = text("""
    SELECT d.* FROM decisions d JOIN customers c ON c.id = d.customer_id
    WHERE c.root_id = :id ORDER BY d.at DESC, d.id DESC LIMIT :limit
""")
_DELIVERIES = _by_ids("""
    SELECT d.id, d.entry_id, d.contact_point_id, d.scheme, d.status, d.reason, d.detail,
           d.external_id, d.provider_status, d.provider_code, d.part, d.parts, d.retry_of,
           d.send_at, d.created_at, d.sent_at, d.delivered_at, d.read_at, d.deadline,
           i.name AS inbox, i.channel, i.state AS inbox_state
    FROM deliveries d JOIN inboxes i ON i.id = d.inbox_id
    WHERE d.entry_id = ANY (:ids) ORDER BY d.number
""")
_ATTEMPTS = _by_ids("SELECT * FROM attempts WHERE delivery_id = ANY (:ids) ORDER BY 1, number")
_CUSTOMER = text("""
    SELECT root.id, root.name, root.locale, root.time_zone FROM customers c
    JOIN customers root ON root.id = c.root_id WHERE c.id = :id
""")
_POINTS = text("""
    SELECT p.id, p.scheme, p.value, p.proof, p.health, p.health_detail, p.opted_out_at,
           r.blocked_at, r.last_inbound_at, i.name AS inbox
    FROM streams s JOIN contact_points p ON p.id = s.contact_point_id
    LEFT JOIN reachability r ON r.contact_point_id = p.id LEFT JOIN inboxes i ON i.id = r.inbox_id
    WHERE s.root_id = :id ORDER BY p.created_at, p.id, i.name
""")
_NAMES = {
    "points": _by_ids(
        "SELECT id, scheme || ':' || value FROM contact_points WHERE id = ANY (:ids)"
    ),
    "inboxes": _by_ids("SELECT id, name FROM inboxes WHERE id = ANY (:ids)"),
    "rules": _by_ids("SELECT id, name FROM rules WHERE id = ANY (:ids)"),
}


async def of_message(session: AnySession, message_id: UUID) -> Facts:
    """The message, its decisions, its deliveries and their attempts. Raises NotFound."""
    message = await _one(session, _MESSAGE, message_id)
    if message is None:
        raise NotFound(
            f"There is no message {message_id}.",
            remedy="The console shows a message's id in its details; the API calls it `id`.",
        )
    decisions = await _rows(session, _DECISIONS_OF_MESSAGE, id=message_id)
    deliveries = await _deliveries(session, [message_id])
    return {
        "message": message,
        "decisions": await _named(session, decisions),
        "deliveries": deliveries,
    }


async def of_customer(session: AnySession, customer_id: UUID, *, limit: int) -> Facts:
    """Where the customer can be reached, why all that is theirs, and the latest decisions.

    Raises NotFound.
    """
    customer = await _one(session, _CUSTOMER, customer_id)
    if customer is None:
        raise NotFound(f"There is no customer {customer_id}.")
    root = customer["id"]
    decisions = await _rows(session, _DECISIONS_OF_CUSTOMER, id=root, limit=limit)
    sent = [one["entry_id"] for one in decisions if one["entry_id"] is not None]
    return {
        "customer": customer,
        "contact_points": await _rows(session, _POINTS, id=root),
        "edges": await merges.edges(session, root),
        "decisions": await _named(session, decisions),
        "deliveries": await _deliveries(session, sent),
    }


async def of_reminder(session: AnySession, reminder_id: UUID) -> Facts:
    """The reminder and the decision it led to. Raises NotFound."""
    found = await reminders.listed(session, Only(id=reminder_id), limit=1)
    if not found:
        raise NotFound(
            f"There is no reminder {reminder_id}.",
            remedy="GET /reminders?customer= lists them.",
        )
    decisions = await _rows(session, _DECISION, id=found[0]["decision_id"])
    return {"reminder": found[0], "decisions": await _named(session, decisions)}


async def _deliveries(session: AnySession, messages: list[UUID]) -> list[Facts]:
    deliveries = await _rows(session, _DELIVERIES, ids=messages)
    attempts = await _rows(session, _ATTEMPTS, ids=[one["id"] for one in deliveries])
    for delivery in deliveries:
        delivery["attempts"] = [one for one in attempts if one["delivery_id"] == delivery["id"]]
    return deliveries


async def _named(session: AnySession, decisions: list[Facts]) -> list[Facts]:
    """The decisions with names beside the ids of rules, inboxes and contact points."""
    candidates = [one for decision in decisions for one in decision["candidates"]]
    points = await _names(session, "points", {one.get("contact_point_id") for one in candidates})
    inboxes = await _names(session, "inboxes", {one.get("inbox_id") for one in candidates})
    rules = await _names(session, "rules", {one["rule_id"] for one in decisions})
    for one in candidates:
        one["contact_point"] = points.get(str(one.get("contact_point_id")), "")
        one["inbox"] = inboxes.get(str(one.get("inbox_id")), "")
    for decision in decisions:
        decision["rule"] = rules.get(str(decision["rule_id"]), "")
    return decisions


async def _names(session: AnySession, kind: str, ids: set[Any]) -> Mapping[str, str]:
    wanted = [UUID(str(one)) for one in ids if one]
    rows = (await session.execute(_NAMES[kind], {"ids": wanted})).all()
    return {str(id_): name for id_, name in rows}


async def _rows(session: AnySession, query: TextClause, **values: object) -> list[Facts]:
    return [dict(row) for row in (await session.execute(query, values)).mappings()]


async def _one(session: AnySession, query: TextClause, id_: UUID) -> Facts | None:
    return next(iter(await _rows(session, query, id=id_)), None)
