"""The stream of a customer's own record: where notes and activities live."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from hub.db.engine import WriteSession
from hub.ids import new_id

_FIND = text("SELECT id FROM streams WHERE customer_id = :customer")

_CREATE = text("""
    WITH record AS (
        INSERT INTO streams (id, customer_id, record_id, root_id, created_at)
        SELECT CAST(:stream AS uuid), id, id, root_id, :now FROM customers WHERE id = :customer
        ON CONFLICT DO NOTHING RETURNING id
    )
    INSERT INTO identity_edges (stream_id, parent_id, evidence, by_kind, at)
    SELECT id, :customer, 'record', 'system', :now FROM record
""")


async def record_stream(session: WriteSession, customer_id: UUID, now: datetime) -> UUID:
    """The record's stream, made when first needed: most customers never get a note.

    The caller holds the lock of the customer's root.
    """
    connection = await session.connection()
    found: UUID | None = await connection.scalar(_FIND, {"customer": customer_id})
    if found is not None:
        return found
    await connection.execute(_CREATE, {"stream": new_id(), "customer": customer_id, "now": now})
    made: UUID = (await connection.execute(_FIND, {"customer": customer_id})).scalar_one()
    return made
