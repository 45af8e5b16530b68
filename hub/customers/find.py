"""Looking customers up: by an address, by another system's id, by what an operator types."""

import re
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from hub.customers.addresses import normalise
from hub.customers.folding import fold
from hub.customers.typed import address_parts, phone_part
from hub.db.engine import AnySession
from hub.errors import Invalid

_LONGEST = 200

_NEWEST = text("""
    SELECT id FROM customers
    WHERE id = root_id
      AND (CAST(:owner AS uuid) IS NULL OR owner_id = :owner)
      AND (CAST(:updated_at AS timestamptz) IS NULL
           OR (updated_at, id) < (CAST(:updated_at AS timestamptz), CAST(:id AS uuid)))
    ORDER BY updated_at DESC, id DESC LIMIT :limit
""")

# Names also with a slip of the pen (word similarity); values by any part of them. Each arm uses
# its own trigram index; the records found stand for their roots.
_MATCHING = text("""
    WITH hit AS (
        SELECT root_id FROM customers WHERE folded LIKE :part
        UNION
        SELECT root_id FROM customers
        WHERE :folded <% folded AND word_similarity(:folded, folded) >= 0.6
        UNION
        SELECT s.root_id FROM contact_points p JOIN streams s ON s.contact_point_id = p.id
        WHERE p.value LIKE :value OR p.value LIKE :other
        UNION
        SELECT s.root_id FROM contact_points p JOIN streams s ON s.contact_point_id = p.id
        WHERE CAST(:digits AS text) IS NOT NULL AND p.scheme = 'tel' AND p.value LIKE :digits
    )
    SELECT c.id FROM customers c JOIN hit ON hit.root_id = c.id
    WHERE (CAST(:owner AS uuid) IS NULL OR c.owner_id = :owner)
      AND (CAST(:updated_at AS timestamptz) IS NULL
           OR (c.updated_at, c.id) < (CAST(:updated_at AS timestamptz), CAST(:id AS uuid)))
    ORDER BY c.updated_at DESC, c.id DESC LIMIT :limit
""")

_AT = text("""
    SELECT s.root_id FROM contact_points p JOIN streams s ON s.contact_point_id = p.id
    WHERE p.scheme = :scheme AND p.value = :value
""")

_EXTERNAL = text("""
    SELECT c.root_id FROM external_refs e JOIN customers c ON c.id = e.customer_id
    WHERE e.system = :system AND e.external_id = :external_id
""")


@dataclass(frozen=True, slots=True)
class After:
    """Where the next page begins: behind the customer that was shown last."""

    updated_at: datetime
    id: UUID


def parse_contact_point(spelled: str) -> tuple[str, str]:
    """`tel:+7 912…` as (scheme, normalised value); raises Invalid."""
    scheme, colon, raw = spelled.partition(":")
    if not colon:
        raise Invalid(
            "A contact point is spelled scheme:value.",
            remedy="For example tel:+79123456789 or email:anna@example.com.",
            fields={"contact_point": "no scheme"},
        )
    return scheme, normalise(scheme, raw)


async def by_contact_point(session: AnySession, spelled: str) -> UUID | None:
    """The root of the customer who has exactly this contact point, however it is spelled."""
    scheme, value = parse_contact_point(spelled)
    root: UUID | None = await (await session.connection()).scalar(
        _AT, {"scheme": scheme, "value": value}
    )
    return root


async def by_external(session: AnySession, system: str, external_id: str) -> UUID | None:
    """The root of the customer whom `system` calls `external_id`."""
    root: UUID | None = await (await session.connection()).scalar(
        _EXTERNAL, {"system": system, "external_id": external_id}
    )
    return root


async def matching(
    session: AnySession,
    q: str,
    *,
    limit: int,
    after: After | None = None,
    owner: UUID | None = None,
) -> list[UUID]:
    """Roots of customers whose name or address holds `q`, newest-updated first; all when empty.

    owner: only those this operator is responsible for.
    """
    place: dict[str, object] = {
        "limit": limit,
        "owner": owner,
        "updated_at": after.updated_at if after else None,
        "id": after.id if after else None,
    }
    wanted = fold(q.replace("\x00", ""))[:_LONGEST]
    connection = await session.connection()
    if not wanted:
        return list((await connection.execute(_NEWEST, place)).scalars())
    parts, digits = address_parts(wanted) or (wanted,), phone_part(q)
    terms = {
        "folded": wanted,
        "part": _part(wanted),
        "value": _part(parts[0]),
        "other": _part(parts[-1]),
        "digits": None if digits is None else _part(digits),
    }
    return list((await connection.execute(_MATCHING, place | terms)).scalars())


def _part(words: str) -> str:
    escaped = re.sub(r"([\\%_])", r"\\\1", words)
    return f"%{escaped}%"
