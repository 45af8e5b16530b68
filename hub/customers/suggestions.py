"""Who may be the same person: never linked by itself, only shown, each with its reasons.

What is typed or told proves nothing, so nothing here changes a customer. A person decides, by
merging the two or by saying that they are not the same; then they are not suggested again.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from hub.customers import view
from hub.customers.likeness import same_name
from hub.customers.roots import lock_roots, roots_of
from hub.db.base import Json
from hub.db.engine import AnySession, WriteSession
from hub.db.rows import Query
from hub.errors import Conflict

MOST = 20
_CANDIDATES = 200

WEIGHTS = {
    "link-code-unproven": 80,
    "same-address": 70,
    "claimed-address": 60,
    "order-address": 60,
    "same-external-id": 40,
    "similar-name": 20,
}
"""How much each reason says, of 100; together they say more, but never that it is certain."""

_MINE = """
    mine AS (
        SELECT p.id, p.scheme, p.value, p.loose, p.claimed_loose FROM streams AS s
        JOIN contact_points AS p ON p.id = s.contact_point_id
        WHERE s.root_id = :root ORDER BY p.created_at DESC LIMIT 200
    )
"""

# Each arm by an index of its own; what belongs to the customer already is left out at the end.
_LIKE = Query(f"""
    WITH {_MINE}, keys AS (
        SELECT scheme, coalesce(nullif(loose, ''), value) AS key FROM mine
        WHERE scheme IN ('email', 'tel')
    ), found AS (
        SELECT 'same-address' AS reason, p.id AS point, s.root_id AS root,
               p.scheme || ':' || p.value AS what
        FROM keys JOIN contact_points AS p ON p.scheme = keys.scheme AND p.value = keys.key
        JOIN streams AS s ON s.contact_point_id = p.id
        UNION ALL
        SELECT 'same-address', p.id, s.root_id, p.scheme || ':' || p.value
        FROM keys JOIN contact_points AS p
          ON p.loose = keys.key AND p.loose <> '' AND p.scheme = keys.scheme
        JOIN streams AS s ON s.contact_point_id = p.id
        UNION ALL
        SELECT 'claimed-address', p.id, s.root_id, 'email:' || keys.key
        FROM keys JOIN contact_points AS p
          ON p.claimed_loose = keys.key AND p.claimed_loose <> ''
        JOIN streams AS s ON s.contact_point_id = p.id
        WHERE keys.scheme = 'email'
        UNION ALL
        SELECT 'claimed-address', p.id, s.root_id, 'email:' || mine.claimed_loose
        FROM mine JOIN contact_points AS p
          ON p.scheme = 'email' AND p.value = mine.claimed_loose
        JOIN streams AS s ON s.contact_point_id = p.id
        WHERE mine.claimed_loose <> ''
        UNION ALL
        SELECT 'claimed-address', p.id, s.root_id, 'email:' || mine.claimed_loose
        FROM mine JOIN contact_points AS p
          ON p.loose = mine.claimed_loose AND p.loose <> '' AND p.scheme = 'email'
        JOIN streams AS s ON s.contact_point_id = p.id
        WHERE mine.claimed_loose <> ''
        UNION ALL
        SELECT 'same-external-id', NULL, c.root_id, other.system || ':' || other.external_id
        FROM customers AS own JOIN external_refs AS ref ON ref.customer_id = own.id
        JOIN external_refs AS other
          ON other.external_id = ref.external_id AND other.system <> ref.system
        JOIN customers AS c ON c.id = other.customer_id
        WHERE own.root_id = :root AND length(ref.external_id) >= 6
        UNION ALL
        SELECT 'order-address', p.id, s.root_id, p.scheme || ':' || p.value
        FROM customers AS own JOIN orders AS o ON o.customer_id = own.id
        JOIN contact_points AS p ON p.id = o.contact_point_id
        JOIN streams AS s ON s.contact_point_id = p.id
        WHERE own.root_id = :root
        UNION ALL
        SELECT 'link-code-unproven', p.id, s.root_id, p.scheme || ':' || p.value
        FROM customers AS own JOIN link_codes AS l
          ON l.customer_id = own.id AND l.used_by IS NOT NULL AND l.edge_id IS NULL
        JOIN contact_points AS p ON p.id = l.used_by
        JOIN streams AS s ON s.contact_point_id = p.id
        WHERE own.root_id = :root
    )
    SELECT DISTINCT reason, root, what FROM found
    WHERE root <> :root ORDER BY reason, root LIMIT {_CANDIDATES}
""")  # noqa: S608 - only constants are put in

# By the trigram index; how alike two names really are is said by hub.customers.likeness.
_NAMED = Query("""
    SELECT own.name, other.name AS other, other.root_id AS root
    FROM customers AS own JOIN customers AS other ON other.folded % own.folded
    WHERE own.root_id = :root AND own.folded LIKE '% %' AND other.root_id <> :root
    ORDER BY similarity(other.folded, own.folded) DESC LIMIT 50
""")

_DISMISSED = Query("""
    SELECT other.root_id FROM customers AS own
    JOIN dismissed_suggestions AS d ON d.one_id = own.id
    JOIN customers AS other ON other.id = d.other_id WHERE own.root_id = :root
    UNION
    SELECT other.root_id FROM customers AS own
    JOIN dismissed_suggestions AS d ON d.other_id = own.id
    JOIN customers AS other ON other.id = d.one_id WHERE own.root_id = :root
""")

_DISMISS = Query("""
    INSERT INTO dismissed_suggestions (one_id, other_id, by_kind, by_id, at)
    VALUES (:one, :other, :by_kind, CAST(:by_id AS uuid), :now) ON CONFLICT DO NOTHING
""")


@dataclass(frozen=True, slots=True)
class Reason:
    """kind: a key of `WEIGHTS`. what: the address, id or name they have in common."""

    kind: str
    what: str


def score(reasons: Iterable[Reason]) -> int:
    """How likely it is, of 100: each further kind of reason takes its part of what is left."""
    doubt = 1.0
    for kind in {one.kind for one in reasons}:
        doubt *= 1 - WEIGHTS[kind] / 100
    return min(round(100 * (1 - doubt)), 95)


async def suggest(
    session: AnySession, customer_id: UUID, *, hidden: Iterable[UUID] = (), now: datetime
) -> list[Json]:
    """`{"customer", "score", "reasons": [{"kind", "what"}]}`, the likeliest first.

    Raises NotFound.
    """
    root_id = (await roots_of(session, [customer_id]))[customer_id]
    place = {"root": root_id}
    dismissed = {row[0] for row in await _DISMISSED.rows(session, place)}
    found: defaultdict[UUID, list[Reason]] = defaultdict(list)
    rows = await _LIKE.rows(session, place)
    alike = [(row["root"], Reason(row["reason"], row["what"])) for row in rows]
    for root, reason in alike + await _alike(session, root_id):
        if root not in dismissed:
            found[root].append(reason)
    best = sorted(found, key=lambda one: (-score(found[one]), one))[:MOST]
    customers = await view.load(session, best, now, list(hidden))
    return [
        {
            "customer": customer,
            "score": score(found[root]),
            "reasons": [
                {"kind": one.kind, "what": one.what}
                for one in sorted(found[root], key=lambda one: (-WEIGHTS[one.kind], one.what))
            ],
        }
        for root, customer in zip(best, customers, strict=True)
    ]


async def _alike(session: AnySession, root_id: UUID) -> list[tuple[UUID, Reason]]:
    rows = await _NAMED.rows(session, {"root": root_id})
    return [
        (row["root"], Reason("similar-name", row["other"]))
        for row in rows
        if same_name(row["name"], row["other"])
    ]


async def dismiss(
    session: WriteSession,
    customer_id: UUID,
    other_id: UUID,
    by: tuple[str, UUID | None],
    now: datetime,
) -> UUID:
    """These are two people, whatever they have in common. Raises NotFound, Conflict."""
    roots = await lock_roots(session, [customer_id, other_id])
    if roots[customer_id] == roots[other_id]:
        raise Conflict(
            "These are one customer already.",
            remedy="Undo the merge to say that they are two people.",
            code="already-merged",
            extra={"customer_id": str(roots[customer_id])},
        )
    one, other = sorted((roots[customer_id], roots[other_id]))
    values = {"one": one, "other": other, "by_kind": by[0], "by_id": by[1], "now": now}
    await _DISMISS.rows(session, values)
    return roots[customer_id]
