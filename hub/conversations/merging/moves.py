"""Where messages stand after conversations were merged and split by hand, as the database has it.

The acts are rows that are only ever ended; where each message stands follows from them
(`hub.conversations.merging.lineage`). The caller holds the customer's root.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg

from hub.clock import rfc3339
from hub.conversations.draft import Author
from hub.conversations.merging import lineage
from hub.conversations.merging.lineage import Act
from hub.db.base import Json
from hub.db.engine import WriteSession
from hub.db.rows import Query, Source
from hub.errors import NotFound

_CLUSTER = Query("""
    WITH RECURSIVE reached AS (
        SELECT CAST(id AS uuid) AS id FROM unnest(CAST(:ids AS uuid[])) AS k(id)
        UNION
        SELECT k.id FROM reached
        JOIN conversation_moves AS m ON m.from_id = reached.id OR m.into_id = reached.id
        CROSS JOIN LATERAL (VALUES (m.from_id), (m.into_id)) AS k(id)
    )
    SELECT DISTINCT m.id, m.act, m.from_id, m.into_id, m.entries, m.ended_at IS NOT NULL AS undone,
           m.position
    FROM reached JOIN conversation_moves AS m ON m.from_id = reached.id
    ORDER BY m.position, m.id
""")
_ADD = Query("""
    INSERT INTO conversation_moves (id, act, from_id, into_id, position, entries, streams,
                                    by_kind, by_id, at)
    VALUES (:id, :act, :from_id, :into_id, :position, CAST(:entries AS uuid[]),
            ARRAY(SELECT DISTINCT stream_id FROM entries
                  WHERE kind = 'message' AND (conversation_id = :from_id AND :act = 'merge'
                        OR id = ANY (CAST(:entries AS uuid[])))
                  UNION
                  SELECT opening_stream_id FROM conversations
                  WHERE id = ANY (ARRAY[CAST(:from_id AS uuid), CAST(:into_id AS uuid)])),
            :by_kind, CAST(:by_id AS uuid), :at)
""")
_END = Query("""
    UPDATE conversation_moves SET ended_at = :at, ended_by = CAST(:by AS uuid)
    WHERE id = ANY (CAST(:ids AS uuid[])) AND ended_at IS NULL RETURNING id
""")
_FIND = Query("""
    SELECT id, act, from_id, into_id, entries, ended_at IS NOT NULL AS undone
    FROM conversation_moves WHERE id = :id
""")
# What would lead from one customer's conversation into another's.
_CROSSING = Query("""
    SELECT id, from_id FROM conversation_moves
    WHERE ended_at IS NULL AND streams && CAST(:streams AS uuid[])
      AND NOT streams <@ CAST(:streams AS uuid[])
    ORDER BY position
""")
_LISTED = Query("""
    SELECT m.id, m.act, m.from_id, m.into_id, cardinality(m.entries) AS messages, m.at,
           m.by_kind, m.by_id, coalesce(nullif(o.name, ''), o.email, t.name, '') AS by_name,
           m.ended_at
    FROM conversation_moves AS m
    LEFT JOIN operators AS o ON o.id = m.by_id
    LEFT JOIN api_tokens AS t ON t.id = m.by_id
    WHERE m.id = ANY (CAST(:ids AS uuid[])) ORDER BY m.position DESC, m.id DESC
""")

_REMEMBER = Query("""
    INSERT INTO entry_origins (stream_id, position, conversation_id)
    SELECT stream_id, position, conversation_id FROM entries
    WHERE conversation_id = ANY (CAST(:conversations AS uuid[]))
       OR id = ANY (CAST(:entries AS uuid[]))
    ON CONFLICT DO NOTHING
""")
_STANDING = Query("""
    SELECT e.stream_id, e.position, e.id, o.conversation_id AS origin, e.conversation_id AS here
    FROM entry_origins AS o JOIN entries AS e USING (stream_id, position)
    WHERE o.conversation_id = ANY (CAST(:ids AS uuid[]))
""")
_PUT = Query("""
    WITH moved AS (
        UPDATE entries AS e SET conversation_id = k.conversation
        FROM unnest(CAST(:streams AS uuid[]), CAST(:positions AS bigint[]),
                    CAST(:conversations AS uuid[])) AS k(stream, position, conversation)
        WHERE e.stream_id = k.stream AND e.position = k.position
        RETURNING e.id, e.conversation_id
    )
    UPDATE deliveries SET conversation_id = moved.conversation_id
    FROM moved WHERE deliveries.entry_id = moved.id
""")
_REBORN = Query("""
    UPDATE entry_origins AS o SET conversation_id = e.conversation_id FROM entries AS e
    WHERE e.conversation_id = :conversation AND o.stream_id = e.stream_id
      AND o.position = e.position
""")


class Move(NamedTuple):
    """A new act, told of by the line at `position`."""

    act: Act
    position: int
    author: Author
    at: datetime


class Went(NamedTuple):
    """Where each conversation of a cluster stood before and stands now: itself, or another."""

    before: Mapping[UUID, UUID]
    after: Mapping[UUID, UUID]
    moved: frozenset[UUID]
    """Conversations whose messages changed."""
    leaving: Sequence[UUID]
    """Those that are part of what they were part of no longer."""
    joining: Sequence[tuple[UUID, UUID]]
    """(one, what it is part of now), parts of parts first."""


async def find(session: WriteSession, move_id: UUID) -> Act:
    """Raises NotFound."""
    rows = await _FIND.rows(session, {"id": move_id})
    if not rows:
        raise NotFound(f"There is no merge {move_id} of conversations.")
    return _act(rows[0])


async def cluster(source: Source, ids: Collection[UUID]) -> list[Act]:
    """All acts that have to do with these conversations, the oldest first."""
    return [_act(row) for row in await _CLUSTER.rows(source, {"ids": list(ids)})]


def _act(row: asyncpg.Record) -> Act:
    ends = row["from_id"], row["into_id"]
    return Act(row["id"], row["act"], *ends, frozenset(row["entries"]), row["undone"])


async def listed(source: Source, conversation_id: UUID) -> list[Json]:
    """What was done to this conversation and those it is made of, the newest first.

    `{"id", "act", "from", "into", "messages", "at", "by", "undone_at"}`.
    """
    ids = [one.id for one in await cluster(source, [conversation_id])]
    return [_shown(row) for row in await _LISTED.rows(source, {"ids": ids})]


def _shown(row: asyncpg.Record) -> Json:
    by_id, ended_at = row["by_id"], row["ended_at"]
    return {
        "id": str(row["id"]),
        "act": row["act"],
        "from": str(row["from_id"]),
        "into": str(row["into_id"]),
        "messages": row["messages"],
        "at": rfc3339(row["at"]),
        "by": {"kind": row["by_kind"], "id": by_id and str(by_id), "name": row["by_name"]},
        "undone_at": ended_at and rfc3339(ended_at),
    }


async def crossing(session: WriteSession, streams: Collection[UUID]) -> list[tuple[UUID, UUID]]:
    """(act, conversation) of what joins messages of these streams with others'."""
    rows = await _CROSSING.rows(session, {"streams": list(streams)})
    return [(row["id"], row["from_id"]) for row in rows]


async def end(
    session: WriteSession, ids: Collection[UUID], by: UUID | None, at: datetime
) -> set[UUID]:
    """Undo these acts; returns those that were not undone yet. `settle` puts it into effect."""
    rows = await _END.rows(session, {"ids": list(ids), "by": by, "at": at})
    return {row["id"] for row in rows}


async def add(session: WriteSession, move: Move) -> None:
    """Keep a new act. `settle` puts it into effect."""
    act = move.act
    if act.act == "split":
        await _REMEMBER.rows(session, {"conversations": [], "entries": list(act.entries)})
    await _ADD.rows(
        session,
        {
            "id": act.id,
            "act": act.act,
            "from_id": act.from_id,
            "into_id": act.into_id,
            "position": move.position,
            "entries": sorted(act.entries),
            "by_kind": move.author.kind,
            "by_id": move.author.id,
            "at": move.at,
        },
    )


async def settle(session: WriteSession, ids: Collection[UUID], before: Sequence[Act]) -> Went:
    """Put every message of the cluster where the acts lead it now; before: the acts until now."""
    acts = await cluster(session, ids)
    known = {end for one in acts for end in (one.from_id, one.into_id)}
    was = {one: lineage.home(before, one) for one in known}
    now = {one: lineage.home(acts, one) for one in known}
    leaving = [one for one in known if was[one] == one != now[one]]
    await _REMEMBER.rows(session, {"conversations": leaving, "entries": []})
    rows = await _STANDING.rows(session, {"ids": list(known)})
    moved = [
        (row, there)
        for row in rows
        if (there := lineage.home(acts, row["origin"], row["id"])) != row["here"]
    ]
    await _PUT.rows(
        session,
        {
            "streams": [row["stream_id"] for row, _ in moved],
            "positions": [row["position"] for row, _ in moved],
            "conversations": [there for _, there in moved],
        },
    )
    touched = {one for row, there in moved for one in (row["here"], there)}
    leaves, joins = lineage.regrouped(before, acts, known)
    return Went(was, now, frozenset(touched), leaves, joins)


async def reborn(session: WriteSession, conversation_id: UUID) -> None:
    """What stands here has been torn from its origin for good: this is where it came in."""
    await _REBORN.rows(session, {"conversation": conversation_id})
