"""Conversations as ingest reads and keeps them: a few statements for a whole batch."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from hub.conversations.ledger import Entrance
from hub.conversations.routing import Known, Placement
from hub.db.columns import column
from hub.db.engine import AnySession, WriteSession
from hub.db.rows import Query, Write

_KNOWN = """
    SELECT c.id, {root} AS customer_id, c.inbox_id, c.pool, c.status, c.opened_at, c.updated_at,
           c.closed_at, c.last_inbound_at IS NULL AND c.first_replied_at IS NULL AS history
"""
# The best one of each of the customer's streams, then the best of those.
_OF_CUSTOMER = """
    CROSS JOIN LATERAL (
        SELECT one.* FROM streams AS s CROSS JOIN LATERAL (
            SELECT * FROM conversations
            WHERE opening_stream_id = s.id AND pool = k.pool AND merged_into_id IS NULL
                  {conditions}
            ORDER BY {order} DESC, id DESC LIMIT 1
        ) AS one
        WHERE s.root_id = k.root ORDER BY one.{order} DESC, one.id DESC LIMIT 1
    ) AS c
"""
_PLACES = "FROM unnest(CAST(:roots AS uuid[]), CAST(:pools AS text[])) AS k(root, pool)"
_OWN = _KNOWN.format(root="k.root")

_CURRENT = Query(
    _OWN + _PLACES + _OF_CUSTOMER.format(conditions="AND status <> 'closed'", order="updated_at")
)

_NEWEST = Query(_OWN + _PLACES + _OF_CUSTOMER.format(conditions="", order="updated_at"))

_DISTINCT = _OWN.replace("SELECT c.id", "SELECT DISTINCT c.id")

_AROUND = Query(
    _DISTINCT
    + """
    FROM unnest(CAST(:roots AS uuid[]), CAST(:pools AS text[]),
                CAST(:moments AS timestamptz[]), CAST(:silences AS interval[]))
         AS k(root, pool, at, silence)
    """
    + _OF_CUSTOMER.format(
        conditions="""
            AND opened_at < k.at + k.silence
            AND (closed_at IS NULL OR closed_at > k.at - k.silence)
        """,
        order="opened_at",
    )
)

_BY_ID = Query(
    _KNOWN.format(root="s.root_id")
    + """
    FROM conversations AS asked
    JOIN conversations AS c ON c.id = coalesce(asked.merged_into_id, asked.id)
    JOIN streams AS s ON s.id = c.opening_stream_id
    WHERE asked.id = ANY (CAST(:ids AS uuid[]))
    """
)

_MERGED = Query("""
    SELECT id, merged_into_id FROM conversations
    WHERE id = ANY (CAST(:ids AS uuid[])) AND merged_into_id IS NOT NULL
""")

# What a thread refers to: a message we received through the inbox, or one we sent through it.
_NAMED = Query("""
    SELECT k.inbox, k.name, found.conversation_id
    FROM unnest(CAST(:inboxes AS uuid[]), CAST(:names AS text[])) AS k(inbox, name)
    CROSS JOIN LATERAL (
        SELECT e.conversation_id FROM ingress i JOIN entries e ON e.id = i.entry_id
        WHERE i.inbox_id = k.inbox AND i.external_id = k.name
        UNION ALL
        SELECT d.conversation_id FROM deliveries d
        WHERE d.inbox_id = k.inbox AND d.external_id = k.name AND d.external_id <> ''
    ) AS found
    WHERE found.conversation_id IS NOT NULL
""")

_OF_DELIVERIES = Query("""
    SELECT d.inbox_id, d.id, d.conversation_id
    FROM unnest(CAST(:inboxes AS uuid[]), CAST(:ids AS uuid[])) AS k(inbox, id)
    JOIN deliveries d ON d.id = k.id AND d.inbox_id = k.inbox
    WHERE d.conversation_id IS NOT NULL
""")

_OPEN = Query("""
    INSERT INTO conversations (id, opening_stream_id, inbox_id, pool, status, opened_at,
                               updated_at, closed_at)
    SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:streams AS uuid[]),
                         CAST(:inboxes AS uuid[]), CAST(:pools AS text[]),
                         CAST(:statuses AS text[]), CAST(:opened AS timestamptz[]),
                         CAST(:updated AS timestamptz[]), CAST(:closed AS timestamptz[]))
""")

_CLOSE_AS = Query("""
    UPDATE conversations SET close_reason = :reason
    WHERE id = ANY (CAST(:ids AS uuid[])) AND status = 'closed'
""")

# What nearly every message does: the conversation was open and still is.
_GREW = Query("""
    UPDATE conversations c
    SET inbound_count = c.inbound_count + k.lively, last_inbound_at = :now, updated_at = :now,
        waiting_since = coalesce(c.waiting_since, :now),
        last_stream_id = k.stream, last_position = k.position,
        channels = CASE WHEN c.channels @> k.channels THEN c.channels
                        ELSE ARRAY(SELECT DISTINCT unnest(c.channels || k.channels) ORDER BY 1) END
    FROM (
        SELECT id, coalesce(lively, CAST(:lively_all AS integer)) AS lively, stream, position,
               string_to_array(coalesce(channels, CAST(:channels_all AS text)), ' ') AS channels
        FROM unnest(CAST(:ids AS uuid[]), CAST(:lively AS integer[]), CAST(:streams AS uuid[]),
                    CAST(:positions AS bigint[]), CAST(:channels AS text[]))
             AS u(id, lively, stream, position, channels)
    ) AS k
    WHERE c.id = k.id
""")

_KEEP = Query("""
    UPDATE conversations c
    SET status = k.status,
        snoozed_until = CASE WHEN k.status = 'snoozed' THEN c.snoozed_until END,
        opened_at = k.opened_at, updated_at = k.updated_at, closed_at = k.closed_at,
        close_reason = CASE WHEN k.status = 'closed' THEN c.close_reason ELSE '' END,
        inbound_count = c.inbound_count + k.lively,
        waiting_since = CASE WHEN k.lively > 0 THEN coalesce(c.waiting_since, :now)
                             ELSE c.waiting_since END,
        last_inbound_at = CASE WHEN k.lively > 0 THEN :now ELSE c.last_inbound_at END,
        last_stream_id = coalesce(k.stream, c.last_stream_id),
        last_position = coalesce(k.position, c.last_position),
        channels = CASE WHEN c.channels @> k.channels THEN c.channels
                        ELSE ARRAY(SELECT DISTINCT unnest(c.channels || k.channels) ORDER BY 1) END
    FROM (
        SELECT id, status, opened_at, updated_at, closed_at,
               coalesce(lively, CAST(:lively_all AS integer)) AS lively, stream, position,
               string_to_array(coalesce(channels, CAST(:channels_all AS text)), ' ') AS channels
        FROM unnest(CAST(:ids AS uuid[]), CAST(:statuses AS text[]),
                    CAST(:opened AS timestamptz[]), CAST(:updated AS timestamptz[]),
                    CAST(:closed AS timestamptz[]), CAST(:lively AS integer[]),
                    CAST(:streams AS uuid[]), CAST(:positions AS bigint[]),
                    CAST(:channels AS text[]))
             AS u(id, status, opened_at, updated_at, closed_at, lively, stream, position, channels)
    ) AS k
    WHERE c.id = k.id
""")


@dataclass(slots=True)
class Change:
    """What a batch adds to one conversation: its state afterwards, live messages, the last entry.

    was: its status before the batch; '' when the batch opened it.
    stream_id, position: of the entry shown as the last one; None leaves the one that is there.
    """

    conversation: Known
    was: str
    live: int = 0
    stream_id: UUID | None = None
    position: int | None = None
    channels: set[str] = field(default_factory=set)


async def _read(session: AnySession, query: Query, values: dict[str, object]) -> list[Known]:
    # The columns stand in the order of the fields.
    return [Known(*row) for row in await query.rows(session, values)]


def _pairs(places: Iterable[tuple[UUID, str]]) -> dict[str, object]:
    distinct = list(dict.fromkeys(places))
    return {"roots": [root for root, _ in distinct], "pools": [pool for _, pool in distinct]}


async def current(session: AnySession, places: Iterable[tuple[UUID, str]]) -> list[Known]:
    """The newest unfinished conversation of each (customer, pool)."""
    return await _read(session, _CURRENT, _pairs(places))


async def newest(session: AnySession, places: Iterable[tuple[UUID, str]]) -> list[Known]:
    """The newest conversation of each (customer, pool), whatever its state."""
    return await _read(session, _NEWEST, _pairs(places))


async def around(
    session: AnySession, moments: Sequence[tuple[UUID, str, datetime, timedelta]]
) -> list[Known]:
    """The conversation of each (customer, pool) that was alive around that moment.

    moments: each with how long a conversation may be silent.
    """
    values: dict[str, object] = {
        "roots": [root for root, *_ in moments],
        "pools": [pool for _, pool, *_ in moments],
        "moments": [at for *_, at, _ in moments],
        "silences": [silence for *_, silence in moments],
    }
    return await _read(session, _AROUND, values)


async def by_id(session: AnySession, ids: Iterable[UUID]) -> list[Known]:
    """What was merged into another conversation is that one."""
    return await _read(session, _BY_ID, {"ids": list(ids)})


async def standing(session: AnySession, ids: Collection[UUID]) -> Mapping[UUID, UUID]:
    """Those that have become part of another conversation: where they are to be found now."""
    if not ids:
        return {}
    return {row[0]: row[1] for row in await _MERGED.rows(session, {"ids": list(ids)})}


async def named(session: AnySession, references: Iterable[Entrance]) -> dict[Entrance, UUID]:
    """The conversation of each message, received or sent, that a thread may refer to."""
    distinct = list(dict.fromkeys(references))
    if not distinct:
        return {}
    rows = await _NAMED.rows(
        session,
        {"inboxes": [inbox for inbox, _ in distinct], "names": [name for _, name in distinct]},
    )
    return {(inbox, name): conversation_id for inbox, name, conversation_id in rows}


async def conversations_of(
    session: AnySession, deliveries: Sequence[tuple[UUID, UUID]]
) -> dict[tuple[UUID, UUID], UUID]:
    """The conversation each (inbox, delivery) belongs to."""
    if not deliveries:
        return {}
    rows = await _OF_DELIVERIES.rows(
        session,
        {"inboxes": [one for one, _ in deliveries], "ids": [one for _, one in deliveries]},
    )
    return {(inbox, delivery): conversation for inbox, delivery, conversation in rows}


async def open_new(session: WriteSession, opened: Sequence[tuple[Placement, UUID]]) -> None:
    """Insert new conversations, each with the stream that opened it."""
    if not opened:
        return
    born = [placement.conversation for placement, _ in opened]
    await _OPEN.rows(
        session,
        {
            "ids": [one.id for one in born],
            "streams": [stream_id for _, stream_id in opened],
            "inboxes": [one.inbox_id for one in born],
            "pools": [one.pool for one in born],
            "statuses": [one.status for one in born],
            "opened": [one.opened_at for one in born],
            "updated": [one.updated_at for one in born],
            "closed": [one.closed_at for one in born],
        },
    )


async def close_as(session: WriteSession, ids: Sequence[UUID], reason: str) -> None:
    """Those that were born closed say why."""
    await _CLOSE_AS.rows(session, {"ids": list(ids), "reason": reason})


def keeping(changes: Sequence[Change], now: datetime) -> list[Write]:
    """Writes down what a batch did to its conversations; the customers' roots are locked."""
    grown = [one for one in changes if one.was == "open" and one.live]
    others = [one for one in changes if not (one.was == "open" and one.live)]
    writes = []
    if grown:
        writes.append(Write(_GREW, _growth(grown, now)))
    if others:
        writes.append(Write(_KEEP, _growth(others, now) | _states(others)))
    return writes


def _growth(changes: Sequence[Change], now: datetime) -> dict[str, object]:
    return {
        "ids": [one.conversation.id for one in changes],
        "streams": [one.stream_id for one in changes],
        "positions": [one.position for one in changes],
        "now": now,
        **column("lively", [one.live for one in changes]),
        **column("channels", [" ".join(sorted(one.channels)) for one in changes]),
    }


def _states(changes: Sequence[Change]) -> dict[str, object]:
    after = [one.conversation for one in changes]
    return {
        "statuses": [one.status for one in after],
        "opened": [one.opened_at for one in after],
        "updated": [one.updated_at for one in after],
        "closed": [one.closed_at for one in after],
    }
