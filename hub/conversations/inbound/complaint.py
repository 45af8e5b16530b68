"""Whose silence a complaint about one of our mails asks for: of the address that mail went to.

A complaint is written by whoever has got the mail, and may name anybody. The mail's own name is
signed by us; so it speaks for that mail's recipient and for nobody else.
"""

from email.utils import parseaddr
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text

from hub.db.engine import WriteSession

_ABOUT = text("""
    SELECT d.contact_point_id, s.root_id,
           ARRAY(SELECT jsonb_array_elements_text(
               coalesce(d.content->'cc', '[]') || coalesce(d.content->'bcc', '[]'))) AS copies
    FROM deliveries AS d JOIN streams AS s ON s.contact_point_id = d.contact_point_id
    WHERE d.id = :delivery AND d.inbox_id = :inbox
""")


class Complainant(NamedTuple):
    contact_point_id: UUID
    root_id: UUID


async def complainant(
    session: WriteSession, inbox_id: UUID, delivery_id: UUID, named: str
) -> Complainant | None:
    """The contact point of the delivery; None when there is none, or a copy of it was meant.

    named: whom the report names. Who had a copy (cc) is never written to by us, so there is
    nothing to keep silent.
    """
    row = (
        await (await session.connection()).execute(
            _ABOUT, {"delivery": delivery_id, "inbox": inbox_id}
        )
    ).first()
    if row is None or named.casefold() in {parseaddr(one)[1].casefold() for one in row.copies}:
        return None
    return Complainant(row.contact_point_id, row.root_id)
