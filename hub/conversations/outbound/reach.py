"""Where a customer can be reached: the candidates of a route, as the database knows them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple, Protocol
from uuid import UUID

from sqlalchemy import text

from hub.customers.addresses import normalise
from hub.db.engine import AnySession
from hub.db.rows import Query
from hub.deliveries.route import Candidate
from hub.errors import Invalid
from hub.ids import parse_id
from hub.operators.access import Viewer
from hub.ports import Capabilities

MOST = 200
"""Candidates looked at; a customer of a thousand chat visits has no use for more lines."""

_CHANNELS = Query("SELECT DISTINCT channel FROM inboxes")

_CANDIDATES = Query("""
    SELECT sought.n, found.*
    FROM unnest(CAST(:roots AS uuid[]), CAST(:named AS uuid[]))
         WITH ORDINALITY AS sought(root_id, named, n)
    CROSS JOIN LATERAL (
        SELECT coalesce(i.settings ->> k.files_if, 'false') = 'true' AS files_on,
               p.id, i.id AS inbox_id, i.channel, p.scheme,
               p.created_at, i.enabled, p.health, p.health_until,
               p.opted_out_at IS NOT NULL AS opted_out, r.blocked_at IS NOT NULL AS blocked,
               r.last_inbound_at, coalesce(r.last_inbound_position, 0) AS last_inbound_position,
               s.id AS stream_id, s.record_id, p.value, p.label,
               coalesce(r.reply_address, '') AS reply_address, i.name, i.pool
        FROM streams AS s
        JOIN contact_points AS p ON p.id = s.contact_point_id
        JOIN unnest(CAST(:channels AS text[]), CAST(:schemes AS text[]),
                    CAST(:switches AS text[])) AS k(channel, scheme, files_if)
          ON k.scheme = p.scheme
        JOIN inboxes AS i ON i.channel = k.channel AND i.id <> ALL (CAST(:hidden AS uuid[]))
        LEFT JOIN reachability AS r ON r.contact_point_id = p.id AND r.inbox_id = i.id
        WHERE s.root_id = sought.root_id
        ORDER BY p.id = sought.named DESC NULLS LAST, r.last_inbound_position DESC NULLS LAST,
                 p.created_at DESC, i.created_at
        LIMIT :most
    ) AS found
""")

_NAMED_BY_ADDRESS = text("""
    SELECT p.id FROM contact_points AS p JOIN streams AS s ON s.contact_point_id = p.id
    WHERE p.scheme = :scheme AND p.value = :value AND s.root_id = :root
""")

_NAMED_BY_ID = text("""
    SELECT s.contact_point_id FROM streams AS s
    WHERE s.contact_point_id = :id AND s.root_id = :root
""")


class Channels(Protocol):
    """What is asked of `hub.inboxes.registry.Registry`."""

    def capabilities(self, name: str, /) -> Capabilities | None: ...


class Reach(NamedTuple):
    """A candidate with what sending to it needs. A tuple: thousands are made at a time."""

    candidate: Candidate
    stream_id: UUID
    record_id: UUID
    address: str
    label: str
    reply_address: str
    inbox_name: str
    pool: str


Reaches = dict[tuple[UUID, UUID], Reach]
"""By (contact point, inbox)."""


class Sought(NamedTuple):
    """A customer to be reached. named: the contact point asked for; hidden: inboxes that are none
    of the business of whoever asks."""

    root_id: UUID
    named: UUID | None
    hidden: frozenset[UUID]


async def candidates(
    session: AnySession,
    root_id: UUID,
    viewer: Viewer,
    registry: Channels,
    named: UUID | None,
) -> Reaches:
    """Every pair whose channel speaks the address's scheme.

    Inboxes hidden from the viewer are no candidates, and no lines of the explanation.
    """
    sought = Sought(root_id, named, viewer.hidden_inboxes)
    [found] = await all_candidates(session, [sought], registry)
    return found


async def all_candidates(
    session: AnySession, sought: Sequence[Sought], registry: Channels
) -> list[Reaches]:
    """`candidates` for many, in order."""
    can = {
        name: one
        for (name,) in await _CHANNELS.rows(session, {})
        if (one := registry.capabilities(name)) is not None
    }
    pairs = [(name, scheme) for name, one in can.items() for scheme in one.address_schemes]
    spoken = {
        "channels": [name for name, _ in pairs],
        "schemes": [scheme for _, scheme in pairs],
        "switches": [can[name].files_if for name, _ in pairs],
        "most": MOST,
    }
    without_files = {name: _unswitched(one) for name, one in can.items()}
    found: list[Reaches] = [{} for _ in sought]
    for hidden in {one.hidden for one in sought}:
        places = [n for n, one in enumerate(sought) if one.hidden == hidden]
        asked = {
            "roots": [sought[n].root_id for n in places],
            "named": [sought[n].named for n in places],
            "hidden": list(hidden),
        }
        for row in await _CANDIDATES.rows(session, {**spoken, **asked}):
            n, files_on, point_id, inbox_id, channel, scheme = row[:6]
            carries = (can if files_on else without_files)[channel]
            # The columns stand in the order of the fields.
            candidate = Candidate(point_id, inbox_id, channel, scheme, carries, *row[6:14])
            found[places[n - 1]][point_id, inbox_id] = Reach(candidate, *row[14:])
    return found


def _unswitched(can: Capabilities) -> Capabilities:
    """What an inbox carries whose settings do not ask for more: files only where they need not."""
    return replace(can, files=False) if can.files_if else can


def unknown(contact_point_id: UUID, inbox_id: UUID, channel: str, now: datetime) -> Candidate:
    """A way of which nothing but its name is known any more."""
    return Candidate(contact_point_id, inbox_id, channel, "", Capabilities(frozenset(), 0), now)


async def named_contact_point(
    session: AnySession, root_id: UUID, named: UUID | str | None
) -> UUID | None:
    """The customer's contact point that is meant: by id, or as `scheme:value`."""
    if not named:
        return None
    connection = await session.connection()
    point_id = named if isinstance(named, UUID) else parse_id(named)
    if point_id is not None:
        found = await connection.scalar(_NAMED_BY_ID, {"id": point_id, "root": root_id})
    else:
        scheme, _, raw = str(named).partition(":")
        address = {"scheme": scheme, "value": normalise(scheme, raw), "root": root_id}
        found = await connection.scalar(_NAMED_BY_ADDRESS, address)
    if found is None:
        raise Invalid(
            "This customer has no such contact point.",
            remedy="Name one of the customer's own, or none to let the hub choose.",
            fields={"contact_point": "not one of this customer's"},
        )
    return UUID(str(found))
