"""Deliveries as they are shown: of a message, with every attempt."""

from collections import defaultdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from hub.clock import rfc3339
from hub.db.engine import AnySession
from hub.errors import NotFound
from hub.operators.access import Viewer

_OF_MESSAGE = text("""
    SELECT d.*, inboxes.name AS inbox_name, inboxes.channel, inboxes.state AS inbox_state
    FROM deliveries AS d JOIN inboxes ON inboxes.id = d.inbox_id
    WHERE d.entry_id = :entry ORDER BY d.turn, d.part, d.number
""")

_ATTEMPTS = text("""
    SELECT * FROM attempts WHERE delivery_id = ANY (CAST(:ids AS uuid[]))
    ORDER BY delivery_id, number
""")

_ENTRY = text("SELECT inbox_id FROM entries WHERE id = :id AND kind = 'message'")


async def of_message(session: AnySession, entry_id: UUID, viewer: Viewer) -> list[dict[str, Any]]:
    """The deliveries of a message, way by way, part by part, each retry after what it repeats.

    Raises NotFound when there is no such message, or not for the viewer.
    """
    connection = await session.connection()
    entry = (await connection.execute(_ENTRY, {"id": entry_id})).first()
    if entry is None or not viewer.sees(entry.inbox_id):
        raise NotFound(f"There is no message {entry_id}.")
    rows = (await connection.execute(_OF_MESSAGE, {"entry": entry_id})).all()
    attempts: defaultdict[UUID, list[dict[str, Any]]] = defaultdict(list)
    for one in await connection.execute(_ATTEMPTS, {"ids": [row.id for row in rows]}):
        attempts[one.delivery_id].append(_attempt(one))
    return [_delivery(row, attempts[row.id]) for row in rows]


def _attempt(row: Row[Any]) -> dict[str, Any]:
    return {
        "number": row.number,
        "started_at": rfc3339(row.started_at),
        "finished_at": _moment(row.finished_at),
        "outcome": row.outcome,
        "provider_code": row.provider_code,
        "detail": row.detail,
    }


def _delivery(row: Row[Any], attempts: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "message_id": str(row.entry_id),
        "contact_point": {
            "id": str(row.contact_point_id),
            "scheme": row.scheme,
            "value": row.address,
        },
        "inbox_id": str(row.inbox_id),
        "inbox": {"name": row.inbox_name, "channel": row.channel, "state": row.inbox_state},
        "part": row.part,
        "parts": row.parts,
        "turn": row.turn,
        "after": None if row.after is None else row.after.total_seconds(),
        "status": row.status,
        "reason": row.reason,
        "detail": row.detail,
        "provider_status": row.provider_status,
        "provider_code": row.provider_code,
        "retry_of": str(row.retry_of) if row.retry_of else None,
        "decision_id": str(row.decision_id) if row.decision_id else None,
        "deadline": rfc3339(row.deadline),
        "send_at": _moment(row.send_at),
        "sent_at": _moment(row.sent_at),
        "delivered_at": _moment(row.delivered_at),
        "read_at": _moment(row.read_at),
        "created_at": rfc3339(row.created_at),
        "updated_at": rfc3339(row.updated_at),
        "attempts": attempts,
    }


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else rfc3339(moment)
