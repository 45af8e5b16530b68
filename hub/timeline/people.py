"""Customers and orders a search finds: by parts of names, addresses and numbers, slips forgiven.

What fits exactly comes first; only where that is little, names that differ by a slip follow.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg

from hub.customers.folding import fold
from hub.customers.naming import shown_locale, shown_name
from hub.customers.typed import address_parts, order_numbers, phone_part, slipped
from hub.db.rows import Query, Source

FEW = 10
"""Customers and orders shown beside the messages."""
_CANDIDATES = 500
"""Names that are compared; a fragment of three letters may be in a hundred thousand."""
ALIKE = 2_000
"""Names with letters in common that are put in an order; where so many are, any will do."""
_NEAR = 100
"""Names that are compared letter by letter."""

_EXACT = Query("""
    WITH candidates AS (
        (SELECT root_id, similarity(folded, :folded) AS likeness FROM customers
         WHERE folded LIKE :name LIMIT :candidates)
        UNION ALL
        (SELECT found.root_id, 1 FROM unnest(CAST(:addresses AS text[])) AS k(part)
         CROSS JOIN LATERAL (
            SELECT streams.root_id FROM contact_points AS point
            JOIN streams ON streams.contact_point_id = point.id
            WHERE point.value LIKE k.part LIMIT :candidates) AS found)
    )
    SELECT root_id FROM candidates GROUP BY root_id
    ORDER BY max(likeness) DESC, root_id DESC LIMIT :limit
""")
_SIMILAR = Query("""
    WITH near AS MATERIALIZED (
        SELECT id, root_id, folded FROM customers WHERE :folded <% folded LIMIT :budget
    )
    SELECT root_id, folded FROM near
    ORDER BY word_similarity(:folded, folded) DESC, id DESC LIMIT :limit
""")
_SHOWN = Query(f"""
    SELECT customers.id, {shown_name("customers")} AS name, {shown_locale("customers")} AS locale,
           ARRAY(SELECT point.scheme || ':' || point.value
                 FROM streams JOIN contact_points AS point ON point.id = streams.contact_point_id
                 WHERE streams.root_id = customers.id ORDER BY point.id LIMIT 5) AS addresses
    FROM unnest(CAST(:ids AS uuid[])) WITH ORDINALITY AS k(id, place)
    JOIN customers USING (id) ORDER BY k.place
""")  # noqa: S608 - constants
_ORDERS = Query("""
    WITH candidates AS (
        SELECT DISTINCT ON (found.id) found.* FROM unnest(CAST(:numbers AS text[])) AS k(part)
        CROSS JOIN LATERAL (
            SELECT * FROM orders WHERE number ILIKE k.part LIMIT :candidates) AS found
    )
    SELECT orders.id, orders.system, orders.external_id, orders.number, orders.status,
           customers.root_id AS customer_id
    FROM candidates AS orders JOIN customers ON customers.id = orders.customer_id
    ORDER BY word_similarity(orders.number, :q) DESC, orders.id DESC LIMIT :limit
""")


async def named(source: Source, words: str) -> list[dict[str, Any]]:
    """{"id", "name", "locale", "addresses", "matched"} of those whom the words may mean."""
    folded = fold(words)
    parts = [*address_parts(words), *filter(None, [phone_part(words)])]
    found = await _exact(source, folded, parts)
    if len(found) < FEW:
        found += await _similar(source, folded, FEW - len(found), found)
    rows = await _SHOWN.rows(source, {"ids": found})
    return [_shown(row, folded, parts) for row in rows]


async def _exact(source: Source, folded: str, parts: Sequence[str]) -> list[UUID]:
    rows = await _EXACT.rows(
        source,
        {
            "folded": folded,
            "name": _pattern(folded),
            "addresses": [_pattern(part) for part in dict.fromkeys(parts)],
            "candidates": _CANDIDATES,
            "limit": FEW,
        },
    )
    return [row["root_id"] for row in rows]


async def _similar(source: Source, folded: str, limit: int, known: Sequence[UUID]) -> list[UUID]:
    rows = await _SIMILAR.rows(source, {"folded": folded, "budget": ALIKE, "limit": _NEAR})
    near = [row["root_id"] for row in rows if slipped(folded, row["folded"])]
    return [one for one in dict.fromkeys(near) if one not in known][:limit]


def _shown(row: asyncpg.Record, folded: str, parts: Sequence[str]) -> dict[str, Any]:
    return {
        "id": str(row["id"]),
        "name": row["name"],
        "locale": row["locale"],
        "addresses": row["addresses"],
        "matched": matched(folded, parts, row["name"], row["addresses"]),
    }


def matched(folded: str, parts: Sequence[str], name: str, addresses: Sequence[str]) -> str:
    """What of a customer fits: the address that holds the words, else the name."""
    if folded in fold(name):
        return name
    held = (one for one in addresses if any(part in one.lower() for part in parts))
    return next(held, name)


async def orders(source: Source, words: str) -> list[dict[str, Any]]:
    """{"id", "system", "external_id", "number", "status", "customer_id"}, the likest first."""
    rows = await _ORDERS.rows(
        source,
        {
            "q": words,
            "numbers": [_pattern(one) for one in order_numbers(words)],
            "candidates": _CANDIDATES,
            "limit": FEW,
        },
    )
    return [
        {
            "id": str(row["id"]),
            "system": row["system"],
            "external_id": row["external_id"],
            "number": row["number"],
            "status": row["status"],
            "customer_id": str(row["customer_id"]),
        }
        for row in rows
    ]


def _pattern(part: str) -> str:
    """A LIKE pattern: anywhere from three letters on (a trigram), else at the beginning."""
    escaped = part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%" if len(part) >= 3 else f"{escaped}%"
