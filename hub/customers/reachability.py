"""What an inbox knows of a contact point: how to answer there, when it wrote, if it blocked us."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import text

from hub.customers.likeness import loose_mail_of
from hub.db.columns import column
from hub.db.engine import WriteSession
from hub.db.rows import Query, Write


class Heard(NamedTuple):
    """A contact point was heard of through an inbox.

    at, position: of its last live message; None when only its reply address is news (history,
    auto-replies): then no reply window opens and nothing is unblocked.
    """

    contact_point_id: UUID
    inbox_id: UUID
    reply_address: str = ""
    at: datetime | None = None
    position: int | None = None


_HEARD = Query("""
    INSERT INTO reachability AS r (contact_point_id, inbox_id, reply_address, last_inbound_at,
                                   last_inbound_position)
    SELECT point, coalesce(inbox, CAST(:inbox_all AS uuid)),
           coalesce(reply, CAST(:reply_all AS text)), coalesce(at, CAST(:at_all AS timestamptz)),
           coalesce(position, CAST(:position_all AS bigint))
    FROM unnest(CAST(:points AS uuid[]), CAST(:inbox AS uuid[]), CAST(:reply AS text[]),
                CAST(:at AS timestamptz[]), CAST(:position AS bigint[]))
         AS h(point, inbox, reply, at, position)
    ORDER BY 1, 2
    ON CONFLICT (contact_point_id, inbox_id) DO UPDATE
    SET reply_address = coalesce(nullif(excluded.reply_address, ''), r.reply_address),
        last_inbound_at = greatest(r.last_inbound_at, excluded.last_inbound_at),
        last_inbound_position = greatest(r.last_inbound_position, excluded.last_inbound_position),
        blocked_at = CASE WHEN excluded.last_inbound_at IS NULL THEN r.blocked_at END
""")

_RECOVERED = Query("""
    UPDATE contact_points SET health = 'ok', health_detail = '', health_until = NULL
    WHERE id = ANY (CAST(:ids AS uuid[])) AND health <> 'opted_out'
""")

_BLOCKED = text("""
    INSERT INTO reachability AS r (contact_point_id, inbox_id, blocked_at)
    VALUES (:point, :inbox, :at)
    ON CONFLICT (contact_point_id, inbox_id) DO UPDATE SET blocked_at = excluded.blocked_at
""")

_CLAIM = text("""
    UPDATE contact_points SET claimed = CAST(:claims AS jsonb), claimed_loose = :loose
    WHERE id = :point AND claimed IS DISTINCT FROM CAST(:claims AS jsonb)
    RETURNING 1
""")


def heard(sights: Sequence[Heard]) -> Write:
    """Keeps the newest of what was heard; each (contact point, inbox) comes at most once."""
    return Write(
        _HEARD,
        {"points": [one.contact_point_id for one in sights]}
        | column("inbox", [one.inbox_id for one in sights])
        | column("reply", [one.reply_address for one in sights])
        | column("at", [one.at for one in sights])
        | column("position", [one.position for one in sights]),
    )


async def recovered(session: WriteSession, contact_point_ids: Collection[UUID]) -> None:
    """Whoever writes to us can be written to: their address is well, whatever failed before."""
    if contact_point_ids:
        await _RECOVERED.rows(session, {"ids": list(contact_point_ids)})


async def set_blocked(
    session: WriteSession, contact_point_id: UUID, inbox_id: UUID, at: datetime | None
) -> None:
    """The contact point blocked this inbox at `at`, or no longer does (None)."""
    await (await session.connection()).execute(
        _BLOCKED, {"point": contact_point_id, "inbox": inbox_id, "at": at}
    )


async def set_claimed(
    session: WriteSession, contact_point_id: UUID, claims: Mapping[str, str]
) -> bool:
    """Whoever writes from there says this of himself; whether it is news."""
    changed = await (await session.connection()).scalar(
        _CLAIM,
        {
            "point": contact_point_id,
            "claims": orjson.dumps(claims).decode(),
            "loose": loose_mail_of(claims.get("email", "")),
        },
    )
    return changed is not None
