"""What goes along when a conversation becomes part of another one, and comes back with it.

Its traits, which both keep a journal of (`hub.conversations.merging.inheriting`), drafts, and how
far operators have read. So an undo takes back that and nothing else, also from what the other one
has itself become part of meanwhile.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from pydantic import TypeAdapter

from hub.conversations import update
from hub.conversations.merging import draft_lending, forest
from hub.conversations.merging.forest import Node
from hub.conversations.merging.inheriting import Journal, Traits
from hub.conversations.status import State
from hub.db.engine import WriteSession
from hub.db.rows import Query

_KEPT = Query("""
    SELECT c.id, status, assignee_id, team_id, priority, labels, snoozed_until, closed_at,
           waiting_since, last_inbound_at, close_reason, score, scored_at, set_aside,
           ARRAY(SELECT operator_id FROM conversation_followers
                 WHERE conversation_id = c.id) AS followers
    FROM conversations AS c WHERE c.id = :id
""")
_KEEP = Query("""
    UPDATE conversations
    SET set_aside = CAST(:set_aside AS jsonb), score = CAST(:score AS smallint),
        scored_at = CAST(:scored_at AS timestamptz)
    WHERE id = :id
""")
_RETARGET = Query("""
    UPDATE conversations SET merged_into_id = CAST(:into AS uuid) WHERE id = :id
""")
_TEAM = Query("SELECT 1 FROM teams WHERE id = :id")
_LEAVE = Query("""
    DELETE FROM conversation_followers
    WHERE conversation_id = :id AND operator_id <> ALL (CAST(:operators AS uuid[]))
""")
_FOLLOW = Query("""
    INSERT INTO conversation_followers (conversation_id, operator_id, created_at)
    SELECT :id, o.id, :now FROM operators AS o WHERE o.id = ANY (CAST(:operators AS uuid[]))
    ON CONFLICT DO NOTHING
""")
_READ_ALONG = Query("""
    INSERT INTO conversation_reads AS r (conversation_id, operator_id, inbound_count)
    SELECT :into, operator_id, inbound_count FROM conversation_reads WHERE conversation_id = :one
    ON CONFLICT (conversation_id, operator_id) DO UPDATE
    SET inbound_count = least(CAST(r.inbound_count AS bigint) + excluded.inbound_count, 1000000000)
""")
# Who has read all of both has read all of each.
_READ_BOTH = Query("""
    UPDATE conversation_reads AS r SET inbound_count = 1000000000
    FROM conversations AS c, conversation_reads AS whole
    WHERE r.conversation_id = :one AND c.id = :into AND whole.conversation_id = :into
      AND whole.operator_id = r.operator_id AND whole.inbound_count >= c.inbound_count
""")
_READ_BACK = Query("""
    UPDATE conversation_reads AS r
    SET inbound_count = greatest(r.inbound_count - least(lent.inbound_count, c.inbound_count), 0)
    FROM conversation_reads AS lent, conversations AS c
    WHERE r.conversation_id = :into AND lent.conversation_id = :one
      AND lent.operator_id = r.operator_id AND c.id = :one
""")
# Of what stands alone it is counted anew; a part keeps how many messages it would have.
_LESS = Query("""
    UPDATE conversations AS c
    SET inbound_count = greatest(c.inbound_count - gone.inbound_count, 0)
    FROM conversations AS gone WHERE c.id = ANY (CAST(:parts AS uuid[])) AND gone.id = :one
""")
_READ_BOUND = Query("""
    UPDATE conversation_reads AS r SET inbound_count = c.inbound_count
    FROM conversations AS c
    WHERE c.id = r.conversation_id AND c.id = ANY (CAST(:ids AS uuid[]))
      AND r.inbound_count > c.inbound_count
""")


_JOURNAL = TypeAdapter(Journal)


async def lend(session: WriteSession, one: UUID, into: UUID, now: datetime) -> None:
    """`one` becomes part of `into`; how far it was read has been told (`reads_along`)."""
    rows = await _with_all_above(session, [one, into], now)
    for each in (into, *forest.above(rows.nodes, into)):
        await draft_lending.lend(session, one, each)
    await _write(session, rows, forest.joined(rows.nodes, one, into, now), now)


async def follow_on(session: WriteSession, one: UUID, into: UUID | None) -> None:
    """The conversation that messages of `one` stand in now; none when that is itself."""
    await _RETARGET.rows(session, {"id": one, "into": into})


async def reads_along(session: WriteSession, one: UUID, into: UUID) -> None:
    """What was read of `one` is read in `into` as well."""
    await _READ_ALONG.rows(session, {"one": one, "into": into})


async def give_back(session: WriteSession, one: UUID, now: datetime) -> None:
    """`one` stands alone again and takes back what it lent, from all that it was part of.

    Before anything is counted anew.
    """
    rows = await _with_all_above(session, [one], now)
    above = forest.above(rows.nodes, one)
    await _READ_BOTH.rows(session, {"one": one, "into": above[-1]})
    for each in above:
        await _READ_BACK.rows(session, {"one": one, "into": each})
        await draft_lending.take_back(session, one, each)
    await _LESS.rows(session, {"one": one, "parts": above[:-1]})
    await _write(session, rows, forest.left(rows.nodes, one, now), now)


async def bound_reads(session: WriteSession, ids: list[UUID]) -> None:
    """Nobody has read more than there is, once it has been counted."""
    await _READ_BOUND.rows(session, {"ids": ids})


@dataclass(frozen=True, slots=True)
class _Rows:
    nodes: dict[UUID, Node] = field(default_factory=dict)
    states: dict[UUID, State] = field(default_factory=dict)


async def _with_all_above(session: WriteSession, ids: Sequence[UUID], now: datetime) -> _Rows:
    """These conversations, and those that they are part of."""
    rows = _Rows()
    for one in ids:
        into: UUID | None = one
        while into is not None:
            await _read(session, rows, into, now)
            into = rows.nodes[into].into
    return rows


async def _read(session: WriteSession, rows: _Rows, one: UUID, now: datetime) -> None:
    [row] = await _KEPT.rows(session, {"id": one})
    state = State(**{each.name: row[each.name] for each in fields(State)})
    state = replace(state, labels=tuple(state.labels))
    traits = Traits.of(state, row["followers"], (row["score"], row["scored_at"]))
    journal, into = [row["set_aside"].get(name) for name in ("journal", "into")]
    rows.states[one] = state
    rows.nodes[one] = Node(
        traits,
        _JOURNAL.validate_python(journal) if journal else Journal(traits, now),
        state.last_inbound_at,
        into and UUID(into),
    )


async def _write(
    session: WriteSession, rows: _Rows, changed: Mapping[UUID, Node], now: datetime
) -> None:
    for one, node in changed.items():
        await _write_traits(session, one, node.traits.put_on(rows.states[one]), now)
        score, scored_at = node.traits.score
        values = {"set_aside": _set_aside(node), "score": score, "scored_at": scored_at}
        await _KEEP.rows(session, {"id": one, **values})
        followers = {"id": one, "operators": sorted(node.traits.sets.followers), "now": now}
        await _LEAVE.rows(session, followers)
        await _FOLLOW.rows(session, followers)


async def _write_traits(session: WriteSession, one: UUID, state: State, now: datetime) -> None:
    if state.team_id is not None and not await _TEAM.rows(session, {"id": state.team_id}):
        # It was deleted meanwhile.
        state = replace(state, team_id=None)
    await update.write(session, one, state, now)


def _set_aside(node: Node) -> str:
    aside: dict[str, Any] = {}
    if node.into is not None or node.journal.parts:
        aside["journal"] = _JOURNAL.dump_python(node.journal, mode="json")
    if node.into is not None:
        aside["into"] = str(node.into)
    return orjson.dumps(aside).decode()
