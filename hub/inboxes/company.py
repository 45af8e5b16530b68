"""As whom a customer knows us: by the name of the inbox that last wrote to them of it.

Empty when none did.
"""

from uuid import UUID

from hub.db.engine import AnySession
from hub.db.rows import Query

_OF_MESSAGE = Query("""
    SELECT i.name FROM entries AS e JOIN inboxes AS i ON i.id = e.inbox_id WHERE e.id = :id
""")
_OF_OBJECT = Query("""
    SELECT i.name FROM decisions AS d
    JOIN entries AS e ON e.id = d.entry_id JOIN inboxes AS i ON i.id = e.inbox_id
    WHERE d.object_id = :id ORDER BY d.at DESC, d.id DESC LIMIT 1
""")
_OF_CONTACT_POINT = Query("""
    SELECT i.name FROM deliveries AS d JOIN inboxes AS i ON i.id = d.inbox_id
    WHERE d.contact_point_id = :id ORDER BY d.number DESC LIMIT 1
""")


async def of_message(session: AnySession, entry_id: UUID | None) -> str:
    return await _name(session, _OF_MESSAGE, entry_id)


async def of_object(session: AnySession, object_id: UUID) -> str:
    """Of an order or appointment that messages were about."""
    return await _name(session, _OF_OBJECT, object_id)


async def of_contact_point(session: AnySession, point: UUID) -> str:
    return await _name(session, _OF_CONTACT_POINT, point)


async def _name(session: AnySession, query: Query, id_: UUID | None) -> str:
    rows = await query.rows(session, {"id": id_})
    return str(rows[0]["name"]) if rows else ""
