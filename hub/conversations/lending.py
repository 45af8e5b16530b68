"""What goes along when a conversation becomes part of another one, and comes back with it.

State, followers, drafts and how far operators have read. The merged one keeps a note of what it
was and what it lent (`conversations.set_aside`), so that an undo takes back that and nothing else.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from hub.conversations import inheriting, update
from hub.conversations.status import State
from hub.db.engine import WriteSession
from hub.db.rows import Query

_STATES = Query("""
    SELECT id, status, assignee_id, team_id, priority, labels, snoozed_until, closed_at,
           waiting_since, last_inbound_at, close_reason, set_aside
    FROM conversations WHERE id = ANY (CAST(:ids AS uuid[]))
""")
_SET_ASIDE = Query("""
    UPDATE conversations SET merged_into_id = CAST(:into AS uuid),
                             set_aside = CAST(:set_aside AS jsonb)
    WHERE id = :id
""")
_RETARGET = Query("UPDATE conversations SET merged_into_id = :into WHERE id = :id")
_REPLACE = Query("UPDATE conversations SET set_aside = CAST(:set_aside AS jsonb) WHERE id = :id")
# The newer answer to the satisfaction question counts.
_SCORE = Query("""
    UPDATE conversations AS stays SET score = goes.score, scored_at = goes.scored_at
    FROM conversations AS goes
    WHERE stays.id = :into AND goes.id = :one AND goes.scored_at IS NOT NULL
      AND (stays.scored_at IS NULL OR stays.scored_at < goes.scored_at)
""")
_SCORES = Query("SELECT score, scored_at FROM conversations WHERE id = :into")
_UNSCORE = Query("""
    UPDATE conversations AS stays
    SET score = CAST(:score AS smallint), scored_at = CAST(:scored_at AS timestamptz)
    FROM conversations AS goes
    WHERE stays.id = :into AND goes.id = :one AND stays.scored_at = goes.scored_at
""")
_FOLLOWERS = Query("""
    INSERT INTO conversation_followers (conversation_id, operator_id, created_at)
    SELECT :into, operator_id, created_at FROM conversation_followers
    WHERE conversation_id = :one ON CONFLICT DO NOTHING RETURNING operator_id
""")
_UNFOLLOW = Query("""
    DELETE FROM conversation_followers
    WHERE conversation_id = :into AND operator_id = ANY (CAST(:operators AS uuid[]))
""")
# Whoever has begun something in both goes on with both texts, one below the other.
_DRAFTS = Query("""
    INSERT INTO drafts AS d (conversation_id, operator_id, files, text, note, contact_point_id,
                             subject, letter, revision, updated_at)
    SELECT :into, operator_id, files, text, note, contact_point_id, subject, letter,
           nextval('draft_revisions'), updated_at
    FROM drafts WHERE conversation_id = :one
    ON CONFLICT (conversation_id, operator_id) DO UPDATE
    SET text = d.text || E'\\n\\n' || excluded.text, files = d.files || excluded.files,
        revision = excluded.revision
""")
_UNDRAFT = Query("""
    DELETE FROM drafts AS d USING drafts AS lent
    WHERE d.conversation_id = :into AND lent.conversation_id = :one
      AND lent.operator_id = d.operator_id AND lent.text = d.text AND lent.note = d.note
""")
_STRIP_DRAFT = Query("""
    UPDATE drafts AS d
    SET text = left(d.text, -length(lent.text) - 2), revision = nextval('draft_revisions'),
        files = ARRAY(SELECT f FROM unnest(d.files) AS f WHERE f <> ALL (lent.files))
    FROM drafts AS lent
    WHERE d.conversation_id = :into AND lent.conversation_id = :one
      AND lent.operator_id = d.operator_id
      AND right(d.text, length(lent.text) + 2) = E'\\n\\n' || lent.text
""")
_READ_ALONG = Query("""
    INSERT INTO conversation_reads AS r (conversation_id, operator_id, inbound_count)
    SELECT :into, operator_id, inbound_count FROM conversation_reads WHERE conversation_id = :one
    ON CONFLICT (conversation_id, operator_id) DO UPDATE
    SET inbound_count = r.inbound_count + excluded.inbound_count
""")
# Who has read all of both has read all of each.
_READ_BOTH = Query("""
    UPDATE conversation_reads AS r SET inbound_count = 2147483647
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
_READ_BOUND = Query("""
    UPDATE conversation_reads AS r SET inbound_count = c.inbound_count
    FROM conversations AS c
    WHERE c.id = r.conversation_id AND c.id = ANY (CAST(:ids AS uuid[]))
      AND r.inbound_count > c.inbound_count
""")


async def lend(session: WriteSession, one: UUID, into: UUID, now: datetime) -> None:
    """`one` becomes part of `into`; how far it was read has been told (`reads_along`)."""
    kept = await _kept(session, [one, into])
    goes, stays = kept[one][0], kept[into][0]
    after = inheriting.joined(stays, goes)
    places = {"one": one, "into": into}
    followers = [str(row[0]) for row in await _FOLLOWERS.rows(session, places)]
    await _DRAFTS.rows(session, places)
    [scored] = await _SCORES.rows(session, places)
    await _SCORE.rows(session, places)
    note = {
        "state": inheriting.to_json(goes),
        "into": str(into),
        "before": inheriting.to_json(stays),
        "after": inheriting.to_json(after),
        "followers": followers,
        "score": scored["score"],
        "scored_at": scored["scored_at"],
        "at": now,
    }
    await _SET_ASIDE.rows(session, {"id": one, "into": into, "set_aside": _dumped(note)})
    await update.write(session, one, inheriting.closed(goes, now), now)
    await update.write(session, into, after, now)


async def follow_on(session: WriteSession, one: UUID, into: UUID) -> None:
    """What `one` became part of has itself become part of another one, or stands alone again."""
    await _RETARGET.rows(session, {"id": one, "into": into})


async def reads_along(session: WriteSession, one: UUID, into: UUID) -> None:
    """What was read of `one` is read in `into` as well."""
    await _READ_ALONG.rows(session, {"one": one, "into": into})


async def give_back(session: WriteSession, one: UUID, source: UUID, now: datetime) -> None:
    """`one` stands alone again and takes back what it lent; it was last part of `source`.

    Before anything is counted anew.
    """
    note = (await _kept(session, [one]))[one][1]
    lent_to = UUID(note["into"])
    await _READ_BOTH.rows(session, {"one": one, "into": source})
    for into in {source, lent_to}:
        await _READ_BACK.rows(session, {"one": one, "into": into})
    await _UNDRAFT.rows(session, {"one": one, "into": lent_to})
    await _STRIP_DRAFT.rows(session, {"one": one, "into": lent_to})
    scored_at = note["scored_at"] and datetime.fromisoformat(note["scored_at"])
    score = {"score": note["score"], "scored_at": scored_at}
    await _UNSCORE.rows(session, {"one": one, "into": lent_to, **score})
    followers = [UUID(operator) for operator in note["followers"]]
    await _UNFOLLOW.rows(session, {"into": lent_to, "operators": followers})
    await _SET_ASIDE.rows(session, {"id": one, "into": None, "set_aside": "{}"})
    await update.write(session, one, inheriting.from_json(note["state"]), now)
    await _take_back(session, lent_to, note, now)


async def _take_back(
    session: WriteSession, lent_to: UUID, note: dict[str, Any], now: datetime
) -> None:
    state, its_own = (await _kept(session, [lent_to]))[lent_to]
    before, after = [inheriting.from_json(note[name]) for name in ("before", "after")]
    at = datetime.fromisoformat(note["at"])
    if its_own:
        # It is part of another one by now: what it will be again has to be mended.
        mended = inheriting.parted(inheriting.from_json(its_own["state"]), before, after, at)
        its_own["state"] = inheriting.to_json(mended)
        await _REPLACE.rows(session, {"id": lent_to, "set_aside": _dumped(its_own)})
        return
    await update.write(session, lent_to, inheriting.parted(state, before, after, at), now)


async def bound_reads(session: WriteSession, ids: list[UUID]) -> None:
    """Nobody has read more than there is, once it has been counted."""
    await _READ_BOUND.rows(session, {"ids": ids})


async def _kept(
    session: WriteSession, ids: list[UUID]
) -> dict[UUID, tuple[State, dict[str, Any]]]:
    rows = await _STATES.rows(session, {"ids": ids})
    return {row["id"]: (_state(dict(row)), row["set_aside"]) for row in rows}


def _state(row: dict[str, Any]) -> State:
    facts = {name: value for name, value in row.items() if name not in ("id", "set_aside")}
    return State(**facts | {"labels": tuple(row["labels"])})


def _dumped(note: dict[str, Any]) -> str:
    return orjson.dumps(note).decode()
