"""What a customer allows: per contact point and purpose, in lines that are only ever added.

The newest line of a contact point and purpose counts. `all` stands for every purpose: withdrawn,
it is the silence that a STOP asks for (`contact_points.opted_out_at` says since when it lasts),
and giving it again lifts that silence and nothing else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import text

from hub.clock import rfc3339
from hub.db.base import Json
from hub.db.engine import AnySession, WriteSession
from hub.db.rows import Query
from hub.errors import Invalid

MAX_WORDING = 2000
"""Characters."""


class Purpose(StrEnum):
    """What is asked for; a message for anything else (a notice) counts as `service`."""

    SERVICE = "service"
    """Answers, and what was ordered: notices."""
    REMINDER = "reminder"
    MARKETING = "marketing"
    SURVEY = "survey"
    ALL = "all"


ASKED_FIRST = frozenset({Purpose.MARKETING})
"""Not sent before somebody has said yes (Directive 2002/58/EC, article 13)."""

PERSONAL = frozenset({Purpose.MARKETING, Purpose.SURVEY})
"""A no to these is meant by the person and not by the address: it counts at every contact point,
also at those that a merge brings."""


@dataclass(frozen=True, slots=True)
class Said:
    """One line: what was said, where it came from, and in which words they were asked.

    source: `operator`, `integration`, `import`, `customer` (a STOP), `link` (of a mail),
    `provider`.
    by: (kind, id) of who wrote it down.
    """

    contact_point_id: UUID
    purpose: Purpose
    given: bool
    source: str
    at: datetime
    wording: str = ""
    by: tuple[str, UUID | None] = ("system", None)


_ADD = text("""
    INSERT INTO consents (contact_point_id, purpose, given, source, wording, by_kind, by_id, at)
    VALUES (:contact_point_id, :purpose, :given, :source, :wording, :by_kind, :by_id, :at)
    RETURNING id
""")

# Whoever asks again has been silent since the first time.
_SILENCE = text("""
    UPDATE contact_points
    SET opted_out_at = CASE WHEN CAST(:at AS timestamptz) IS NOT NULL
                            THEN coalesce(opted_out_at, :at) END
    WHERE id = :point
""")

_IS_SILENT = text("SELECT opted_out_at IS NOT NULL FROM contact_points WHERE id = :point")

_LINES = text("""
    SELECT c.id, c.contact_point_id, p.scheme, p.value, c.purpose, c.given, c.source, c.wording,
           c.by_kind, c.by_id, c.at, coalesce(nullif(o.name, ''), o.email, '') AS by_name
    FROM streams AS s
    JOIN consents AS c ON c.contact_point_id = s.contact_point_id
    JOIN contact_points AS p ON p.id = s.contact_point_id
    LEFT JOIN operators AS o ON c.by_kind = 'operator' AND o.id = c.by_id
    WHERE s.root_id = (SELECT root_id FROM customers WHERE id = :customer)
    ORDER BY c.at DESC, c.id DESC
    LIMIT :most
""")
MOST = 500
"""Lines shown of one customer."""

_STANDING = Query("""
    SELECT DISTINCT ON (c.contact_point_id, c.purpose)
           s.root_id, c.contact_point_id, c.purpose, c.given
    FROM streams AS s JOIN consents AS c ON c.contact_point_id = s.contact_point_id
    WHERE s.root_id = ANY (CAST(:roots AS uuid[]))
    ORDER BY c.contact_point_id, c.purpose, c.at DESC, c.id DESC
""")


async def add(session: WriteSession, said: Said) -> UUID:
    """Write a line down. The caller holds the customer's lock. Raises Invalid."""
    if len(said.wording) > MAX_WORDING:
        raise Invalid(
            f"The wording has at most {MAX_WORDING} characters.", fields={"wording": "too long"}
        )
    connection = await session.connection()
    values = {
        "contact_point_id": said.contact_point_id,
        "purpose": said.purpose,
        "given": said.given,
        "source": said.source,
        "wording": said.wording,
        "by_kind": said.by[0],
        "by_id": said.by[1],
        "at": said.at,
    }
    found: UUID = (await connection.execute(_ADD, values)).scalar_one()
    if said.purpose is Purpose.ALL:
        silent_since = None if said.given else said.at
        await connection.execute(_SILENCE, {"point": said.contact_point_id, "at": silent_since})
    return found


async def silence(
    session: WriteSession,
    contact_point_id: UUID,
    since: datetime | None,
    *,
    now: datetime,
    source: str,
) -> None:
    """Asked for silence at `since`, or lifted that (None). What is so already is no news."""
    connection = await session.connection()
    silent = await connection.scalar(_IS_SILENT, {"point": contact_point_id})
    if silent is (since is not None):
        return
    await add(session, Said(contact_point_id, Purpose.ALL, since is None, source, since or now))


async def history(session: AnySession, customer_id: UUID) -> list[Json]:
    """All lines of a customer's contact points, the newest first, at most `MOST`."""
    rows = await (await session.connection()).execute(
        _LINES, {"customer": customer_id, "most": MOST}
    )
    return [
        {
            "id": str(row.id),
            "contact_point": {
                "id": str(row.contact_point_id),
                "scheme": row.scheme,
                "value": row.value,
            },
            "purpose": row.purpose,
            "given": row.given,
            "source": row.source,
            "wording": row.wording,
            "by": {
                "kind": row.by_kind,
                "id": None if row.by_id is None else str(row.by_id),
                "name": row.by_name,
            },
            "at": rfc3339(row.at),
        }
        for row in rows
    ]


Standing = Mapping[UUID, Mapping[str, bool]]
"""By contact point: for each purpose something was said about, whether it is allowed."""


async def standing(session: AnySession, root_ids: Sequence[UUID]) -> Standing:
    """What holds now at the contact points of these customers."""
    apart = await standing_of(session, root_ids)
    return {point: lines for said in apart.values() for point, lines in said.items()}


async def standing_of(session: AnySession, root_ids: Sequence[UUID]) -> Mapping[UUID, Standing]:
    """The same, by customer; without those who never said anything."""
    found: dict[UUID, dict[UUID, dict[str, bool]]] = {}
    for root_id, point, purpose, given in await _STANDING.rows(session, {"roots": list(root_ids)}):
        found.setdefault(root_id, {}).setdefault(point, {})[purpose] = given
    return found


_KINDS: Mapping[str, Purpose] = {str(one): one for one in Purpose}


def kind_of(purpose: str) -> Purpose:
    """What a message's purpose counts as."""
    return _KINDS.get(purpose, Purpose.SERVICE)


def may_refuse(purpose: str, said: Standing) -> bool:
    """Whether `refusal` can be of any: something was said, or has to be said first."""
    return bool(said) or kind_of(purpose) in ASKED_FIRST


def refusal(purpose: str, point: UUID, said: Standing) -> str:
    """Why a message of this purpose may not go to `point`: `withdrawn`, `not-given`, or empty.

    `said`: of all contact points of the customer. The silence asked for by `all` is not judged
    here: it is an obstacle of its own, whatever the purpose.
    """
    kind = kind_of(purpose)
    here = said.get(point, {}).get(kind)
    anywhere = [lines[kind] for lines in said.values() if kind in lines]
    if here is False or (kind in PERSONAL and False in anywhere):
        return "withdrawn"
    return "not-given" if kind in ASKED_FIRST and here is None else ""


def shown(lines: Mapping[str, Any]) -> dict[str, bool]:
    """What a contact point's view says of purposes: without `all`, which `opted_out_at` tells."""
    return {purpose: given for purpose, given in sorted(lines.items()) if purpose != Purpose.ALL}
