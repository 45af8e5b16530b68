"""Drafts of a conversation that becomes part of another one, and how they leave it again.

Whoever has begun something in both goes on with both texts, one below the other. Of what anybody
wrote as a note nothing becomes a message by that: both are a note then.
"""

from uuid import UUID

import asyncpg

from hub.conversations.merging.inheriting import without
from hub.db.engine import WriteSession
from hub.db.rows import Query

_LEND = Query("""
    INSERT INTO drafts AS d (conversation_id, operator_id, files, text, note, contact_point_id,
                             subject, letter, revision, updated_at)
    SELECT :into, operator_id, files, text, note, contact_point_id, subject, letter,
           nextval('draft_revisions'), updated_at
    FROM drafts WHERE conversation_id = :one
    ON CONFLICT (conversation_id, operator_id) DO UPDATE
    SET text = concat_ws(E'\\n\\n', nullif(d.text, ''), nullif(excluded.text, '')),
        files = d.files || excluded.files, note = d.note OR excluded.note,
        revision = excluded.revision
""")
_BOTH = Query("""
    SELECT d.operator_id, d.text, d.files, lent.text AS lent_text, lent.files AS lent_files
    FROM drafts AS d JOIN drafts AS lent USING (operator_id)
    WHERE d.conversation_id = :into AND lent.conversation_id = :one
""")
_STRIP = Query("""
    UPDATE drafts
    SET text = :text, files = CAST(:files AS uuid[]), revision = nextval('draft_revisions')
    WHERE conversation_id = :into AND operator_id = :operator
""")
_DELETE = Query("""
    DELETE FROM drafts WHERE conversation_id = :into AND operator_id = :operator
""")


async def lend(session: WriteSession, one: UUID, into: UUID) -> None:
    """What was begun in `one` can be gone on with in `into`."""
    await _LEND.rows(session, {"one": one, "into": into})


async def take_back(session: WriteSession, one: UUID, into: UUID) -> None:
    """What was begun in `one` leaves `into`, unless it was changed there."""
    for row in await _BOTH.rows(session, {"one": one, "into": into}):
        await _take_back(session, row, into)


async def _take_back(session: WriteSession, row: asyncpg.Record, into: UUID) -> None:
    text = without(row["text"], row["lent_text"])
    files = [file for file in row["files"] if file not in row["lent_files"]]
    place = {"into": into, "operator": row["operator_id"]}
    if text or files:
        await _STRIP.rows(session, {**place, "text": text, "files": files})
    else:
        await _DELETE.rows(session, place)
