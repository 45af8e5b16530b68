"""What operators have begun to write: kept on the server, one per operator and conversation.

A draft has a revision that only rises: whoever goes on from an older one learns what came since,
so two screens of one operator never overwrite each other unnoticed.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from hub.conversations.cleaning import clean, clean_json
from hub.conversations.outbound.options import files_of, stored_files
from hub.db.base import Json
from hub.db.engine import AnySession, WriteSession
from hub.errors import Conflict, NotFound
from hub.operators.access import Viewer

_VISIBLE = text("""
    SELECT 1 FROM conversations
    WHERE id = :conversation AND inbox_id <> ALL (CAST(:hidden AS uuid[]))
""")

_GET = text("""
    SELECT d.conversation_id, d.text, d.note, d.contact_point_id, d.subject, d.letter, d.files,
           d.revision, d.updated_at
    FROM drafts AS d WHERE d.conversation_id = :conversation AND d.operator_id = :operator
""")

# Whoever comes second waits for the first one here, and then sees its revision.
_PUT = text("""
    INSERT INTO drafts AS d (conversation_id, operator_id, text, note, contact_point_id, subject,
                             letter, files, revision, updated_at)
    VALUES (:conversation, :operator, :text, :note, :contact_point, :subject,
            CAST(:letter AS jsonb), CAST(:files AS uuid[]), nextval('draft_revisions'), :now)
    ON CONFLICT (conversation_id, operator_id) DO UPDATE
    SET text = excluded.text, note = excluded.note, subject = excluded.subject,
        contact_point_id = excluded.contact_point_id, letter = excluded.letter,
        files = excluded.files,
        revision = nextval('draft_revisions'), updated_at = excluded.updated_at
    WHERE CAST(:base AS bigint) IS NULL OR d.revision = :base
    RETURNING revision
""")

_DELETE = text("""
    DELETE FROM drafts WHERE conversation_id = :conversation AND operator_id = :operator
""")

# What it was begun as in a conversation that is part of this one by now is no draft either.
_SAID = text("""
    DELETE FROM drafts USING conversations AS c
    WHERE c.id = drafts.conversation_id AND operator_id = :operator
      AND CAST(:conversation AS uuid) IN (c.id, c.merged_into_id)
""")


@dataclass(frozen=True, slots=True)
class Wording:
    """What a draft says. `base`: the revision it goes on from; None overwrites whatever is there.

    `base` 0 stands for no draft; a revision that was deleted since is no longer asked about.
    html, cc, bcc, quote: what only a mail has.
    """

    text: str
    note: bool = False
    contact_point_id: UUID | None = None
    subject: str = ""
    html: str = ""
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    quote: bool = False
    files: tuple[UUID, ...] = ()
    base: int | None = None


async def get(session: AnySession, conversation_id: UUID, viewer: Viewer) -> Json:
    """The viewer's draft; raises NotFound for a conversation that is not theirs to see.

    `{"conversation_id", "text", "note", "contact_point", "subject", "html", "cc", "bcc", "quote",
    "files", "revision", "updated_at"}`; without a draft the same, empty, with revision 0.
    """
    await _check(session, conversation_id, viewer)
    return await _load(session, conversation_id, viewer)


async def put(
    session: WriteSession, conversation_id: UUID, wording: Wording, viewer: Viewer, now: datetime
) -> Json:
    """Keep the viewer's draft; raises Conflict `draft-changed` with the newer one in `draft`."""
    await _check(session, conversation_id, viewer)
    await stored_files(session, wording.files, viewer)
    revision = await (await session.connection()).scalar(
        _PUT,
        {
            "conversation": conversation_id,
            "operator": viewer.id,
            "text": clean(wording.text),
            "note": wording.note,
            "contact_point": wording.contact_point_id,
            "subject": clean(wording.subject),
            "letter": json.dumps(_letter(wording)),
            "files": list(wording.files),
            "base": wording.base,
            "now": now,
        },
    )
    draft = await _load(session, conversation_id, viewer)
    if revision is None:
        raise Conflict(
            "This draft was changed on another screen.",
            remedy="Take over what is there, or save again with its revision as base.",
            code="draft-changed",
            extra={"draft": draft},
        )
    return draft


async def delete(session: WriteSession, conversation_id: UUID, viewer: Viewer) -> None:
    """Forget the viewer's draft; without one nothing happens."""
    await (await session.connection()).execute(
        _DELETE, {"conversation": conversation_id, "operator": viewer.id}
    )


async def said(session: WriteSession, conversation_id: UUID | None, viewer: Viewer) -> None:
    """What the viewer had begun to write in the conversation has been said: it is no draft."""
    if conversation_id is not None and viewer.kind == "operator":
        await (await session.connection()).execute(
            _SAID, {"conversation": conversation_id, "operator": viewer.id}
        )


async def _check(session: AnySession, conversation_id: UUID, viewer: Viewer) -> None:
    seen = await (await session.connection()).scalar(
        _VISIBLE, {"conversation": conversation_id, "hidden": list(viewer.hidden_inboxes)}
    )
    if seen is None:
        raise NotFound(f"There is no conversation {conversation_id}.")


async def _load(session: AnySession, conversation_id: UUID, viewer: Viewer) -> Json:
    rows = await (await session.connection()).execute(
        _GET, {"conversation": conversation_id, "operator": viewer.id}
    )
    row = rows.first()
    files = await files_of(session, row.files) if row else {}
    return {
        "conversation_id": conversation_id,
        **_words(row),
        "files": [
            {"id": one.id, "name": one.name, "content_type": one.content_type, "size": one.size}
            for one in files.values()
        ],
    }


def _letter(wording: Wording) -> Json:
    """Without what is empty; it is checked when it is sent."""
    facts = {
        "html": wording.html,
        "cc": list(wording.cc),
        "bcc": list(wording.bcc),
        "quote": wording.quote,
    }
    return clean_json({name: fact for name, fact in facts.items() if fact})


def _words(row: Row[Any] | None) -> Json:
    return {
        "text": row.text if row else "",
        "note": row.note if row else False,
        "contact_point": row.contact_point_id if row else None,
        "subject": row.subject if row else "",
        **({"html": "", "cc": [], "bcc": [], "quote": False} | (row.letter if row else {})),
        "revision": row.revision if row else 0,
        "updated_at": row.updated_at if row else None,
    }
