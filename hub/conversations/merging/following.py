"""Conversations go where the streams go that opened them; what was mixed meanwhile is torn apart.

When a customer is taken apart again, a conversation may hold messages of both sides. The side that
opened it keeps its id; the other side's messages get a conversation of their own, with the same
state, assignee, labels and followers. Notes stay where they were written.
"""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from hub.conversations import reads
from hub.conversations.merging import moves
from hub.conversations.merging.parting import FOLLOWED_TOO, opening
from hub.customers.edges import Moved
from hub.db.engine import WriteSession
from hub.db.rows import Query
from hub.ids import new_id

_UNFINISHED = Query("""
    SELECT c.id, c.inbox_id FROM conversations AS c
    WHERE c.opening_stream_id = ANY (CAST(:streams AS uuid[])) AND c.status <> 'closed'
    ORDER BY c.id
""")

# By the streams' own order, from where both sides came together: all before is of one side.
_MIXED = Query("""
    WITH theirs AS MATERIALIZED (
        SELECT DISTINCT conversation_id AS id FROM entries
        WHERE stream_id = ANY (CAST(:streams AS uuid[])) AND position > :since
          AND kind = 'message'
    ), ours AS MATERIALIZED (
        SELECT DISTINCT e.conversation_id AS id FROM streams AS s
        JOIN entries AS e ON e.stream_id = s.id AND e.position > :since AND e.kind = 'message'
        WHERE s.root_id = :old
    )
    SELECT c.id, true AS leaves FROM theirs JOIN conversations AS c USING (id)
    JOIN streams AS home ON home.id = c.opening_stream_id WHERE home.root_id = :old
    UNION ALL
    SELECT c.id, false FROM ours JOIN conversations AS c USING (id)
    JOIN streams AS home ON home.id = c.opening_stream_id WHERE home.root_id = :new
    ORDER BY id
""")

_OPEN = opening(
    "conversation_id = c.id AND (stream_id = ANY (CAST(:streams AS uuid[]))) = :leaves",
    "c.updated_at",
)

_MOVE = Query("""
    WITH moved AS (
        UPDATE entries SET conversation_id = :fresh
        WHERE conversation_id = :source AND kind = 'message'
          AND (stream_id = ANY (CAST(:streams AS uuid[]))) = :leaves
        RETURNING id
    )
    UPDATE deliveries SET conversation_id = :fresh WHERE entry_id IN (SELECT id FROM moved)
""")

# What is kept with every entry (hub.conversations.kept, joining), counted once for what was torn.
_RECOUNT = Query("""
    UPDATE conversations AS c
    SET inbound_count = f.inbound, last_inbound_at = f.last_inbound_at,
        first_replied_at = f.first_replied_at, channels = f.channels,
        waiting_since = CASE WHEN c.status <> 'closed' THEN f.waiting_since END,
        last_stream_id = f.last_stream, last_position = f.last_position
    FROM (
        SELECT conversation_id, count(*) FILTER (WHERE live) AS inbound,
               max(recorded_at) FILTER (WHERE live) AS last_inbound_at,
               min(recorded_at) FILTER (WHERE answer) AS first_replied_at,
               min(recorded_at) FILTER (WHERE live AND position > answered) AS waiting_since,
               coalesce(array_agg(DISTINCT channel ORDER BY channel)
                        FILTER (WHERE kind = 'message'), '{}') AS channels,
               (array_agg(stream_id ORDER BY sort_at DESC, position DESC)
                FILTER (WHERE kind <> 'activity'))[1] AS last_stream,
               (array_agg(position ORDER BY sort_at DESC, position DESC)
                FILTER (WHERE kind <> 'activity'))[1] AS last_position
        FROM (
            SELECT one.*, coalesce(max(position) FILTER (WHERE answer)
                                   OVER (PARTITION BY conversation_id), 0) AS answered
            FROM (
                SELECT e.*, direction = 'inbound' AND NOT automatic AND NOT imported AS live,
                       direction = 'outbound' AND purpose = 'service' AND NOT automatic
                       AND status NOT IN ('cancelled', 'suppressed') AS answer
                FROM entries AS e WHERE conversation_id = ANY (CAST(:ids AS uuid[]))
            ) AS one
        ) AS told
        GROUP BY conversation_id
    ) AS f
    WHERE c.id = f.conversation_id
""")


class Torn(NamedTuple):
    """Messages of `old_id` stand in `new_id` now, at `customer_id`."""

    old_id: UUID
    new_id: UUID
    customer_id: UUID
    inbox_id: UUID


class Followed(NamedTuple):
    """What became of the conversations: unfinished ones that changed hands, and those torn."""

    unfinished: tuple[tuple[UUID, UUID], ...] = ()
    """(conversation, inbox)"""
    torn: tuple[Torn, ...] = ()


async def follow(session: WriteSession, moved: Moved) -> Followed:
    """What the act meant for conversations; they follow by themselves, torn ones excepted."""
    if moved.old_root == moved.new_root:
        return Followed()
    places: dict[str, object] = {
        "old": moved.old_root,
        "new": moved.new_root,
        "streams": list(moved.streams),
        "since": moved.since,
    }
    rows = await _UNFINISHED.rows(session, places)
    mixed = [] if moved.whole else await _MIXED.rows(session, places)
    torn = [await _tear(session, moved, row["id"], leaves=row["leaves"]) for row in mixed]
    return Followed(tuple([(row["id"], row["inbox_id"]) for row in rows]), tuple(torn))


async def _tear(
    session: WriteSession, moved: Moved, conversation_id: UUID, *, leaves: bool
) -> Torn:
    """Give the messages of the side that did not open it a conversation of their own."""
    fresh, customer = new_id(), moved.new_root if leaves else moved.old_root
    values: dict[str, object] = {
        "fresh": fresh,
        "source": conversation_id,
        "streams": list(moved.streams),
        "leaves": leaves,
    }
    unseen = await reads.unseen(session, conversation_id)
    [opened] = await _OPEN.rows(session, values)
    await _MOVE.rows(session, values)
    await moves.reborn(session, fresh)
    await FOLLOWED_TOO.rows(session, values)
    await recount(session, [conversation_id, fresh])
    await reads.see_all_but(session, [conversation_id, fresh], unseen)
    return Torn(conversation_id, fresh, customer, opened["inbox_id"])


async def recount(session: WriteSession, conversation_ids: Sequence[UUID]) -> None:
    """Set anew what is kept of these conversations, from the entries that are in them."""
    await _RECOUNT.rows(session, {"ids": list(conversation_ids)})
