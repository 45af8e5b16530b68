"""Where a customer can be reached: the candidates of a route, as the database knows them."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Row, text

from hub.customers.addresses import normalise
from hub.db.engine import AnySession
from hub.deliveries.route import Candidate
from hub.errors import Invalid
from hub.ids import parse_id
from hub.operators.access import Viewer
from hub.ports import Capabilities

MOST = 200
"""Candidates looked at; a customer of a thousand chat visits has no use for more lines."""

_CHANNELS = text("SELECT DISTINCT channel FROM inboxes")

_CANDIDATES = text("""
    SELECT p.id AS contact_point_id, p.scheme, p.value, p.label, p.health, p.health_until,
           p.opted_out_at, p.created_at, s.id AS stream_id, s.record_id,
           i.id AS inbox_id, i.channel, i.name AS inbox_name, i.pool, i.enabled,
           coalesce(i.settings ->> k.files_if, 'false') = 'true' AS files_on,
           r.reply_address, r.blocked_at, r.last_inbound_at
    FROM streams AS s
    JOIN contact_points AS p ON p.id = s.contact_point_id
    JOIN unnest(CAST(:channels AS text[]), CAST(:schemes AS text[]), CAST(:switches AS text[]))
         AS k(channel, scheme, files_if)
      ON k.scheme = p.scheme
    JOIN inboxes AS i ON i.channel = k.channel AND i.id <> ALL (CAST(:hidden AS uuid[]))
    LEFT JOIN reachability AS r ON r.contact_point_id = p.id AND r.inbox_id = i.id
    WHERE s.root_id = :root
    ORDER BY p.id = CAST(:named AS uuid) DESC NULLS LAST, r.last_inbound_at DESC NULLS LAST,
             p.created_at DESC, i.created_at
    LIMIT :most
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


@dataclass(frozen=True, slots=True)
class Reach:
    """A candidate with what sending to it needs."""

    candidate: Candidate
    stream_id: UUID
    record_id: UUID
    address: str
    label: str
    reply_address: str
    inbox_name: str
    pool: str


async def candidates(
    session: AnySession,
    root_id: UUID,
    viewer: Viewer,
    registry: Channels,
    named: UUID | None,
) -> dict[tuple[UUID, UUID], Reach]:
    """By (contact point, inbox): every pair whose channel speaks the address's scheme.

    Inboxes hidden from the viewer are no candidates, and no lines of the explanation.
    """
    connection = await session.connection()
    can = {
        name: found
        for name in (await connection.execute(_CHANNELS)).scalars()
        if (found := registry.capabilities(name)) is not None
    }
    pairs = [(name, scheme) for name, one in can.items() for scheme in one.address_schemes]
    rows = await connection.execute(
        _CANDIDATES,
        {
            "root": root_id,
            "named": named,
            "hidden": list(viewer.hidden_inboxes),
            "channels": [name for name, _ in pairs],
            "schemes": [scheme for _, scheme in pairs],
            "switches": [can[name].files_if for name, _ in pairs],
            "most": MOST,
        },
    )
    return {
        (row.contact_point_id, row.inbox_id): _reach(
            row, _switched(can[row.channel], on=row.files_on)
        )
        for row in rows
    }


def _switched(can: Capabilities, *, on: bool) -> Capabilities:
    """What the inbox carries: files only where its settings say so."""
    return replace(can, files=False) if can.files_if and not on else can


def _reach(row: Row[Any], capabilities: Capabilities) -> Reach:
    candidate = Candidate(
        contact_point_id=row.contact_point_id,
        inbox_id=row.inbox_id,
        channel=row.channel,
        scheme=row.scheme,
        capabilities=capabilities,
        created_at=row.created_at,
        enabled=row.enabled,
        health=row.health,
        health_until=row.health_until,
        opted_out=row.opted_out_at is not None,
        blocked=row.blocked_at is not None,
        last_inbound_at=row.last_inbound_at,
    )
    return Reach(
        candidate,
        row.stream_id,
        row.record_id,
        row.value,
        row.label,
        row.reply_address or "",
        row.inbox_name,
        row.pool,
    )


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
