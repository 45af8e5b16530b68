"""What happens to a recorded entry: edits, deletes, reactions; nothing said is lost."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import text

from hub.db import event_log
from hub.db.engine import WriteSession
from hub.events import EventType, NewEvent

_KEEP_VERSION = text("""
    INSERT INTO entry_versions (stream_id, position, version, text, html, ended_at, ended_by_kind,
                                ended_by_id)
    SELECT stream_id, position, version, text, html, :now, :by_kind, CAST(:by_id AS uuid)
    FROM entries
    WHERE stream_id = :stream AND position = :position AND deleted_at IS NULL
      AND (:delete OR (text, html) IS DISTINCT FROM (:text, :html))
    RETURNING version
""")

_EDIT = text("""
    UPDATE entries SET text = :text, html = :html, version = version + 1
    WHERE stream_id = :stream AND position = :position
""")

_DELETE = text("""
    UPDATE entries SET text = '', html = '', version = version + 1, deleted_at = :now
    WHERE stream_id = :stream AND position = :position
""")

# Further parts come below what is there; a part without words adds none.
_JOIN = text("""
    WITH entry AS (
        UPDATE entries
        SET text = concat_ws(E'\n', nullif(text, ''), nullif(:text, '')),
            html = CASE WHEN :html = '' THEN html
                        ELSE concat_ws('<br>', nullif(html, ''), :html) END,
            file_count = file_count + cardinality(CAST(:files AS uuid[]))
        WHERE stream_id = :stream AND position = :position AND deleted_at IS NULL
        RETURNING stream_id, position
    )
    INSERT INTO entry_files (stream_id, position, ordinal, file_id, inline, content_id)
    SELECT entry.stream_id, entry.position,
           ordinal + coalesce((SELECT max(p.ordinal) FROM entry_files AS p
                               WHERE p.stream_id = :stream AND p.position = :position), 0),
           file_id, false, ''
    FROM entry, unnest(CAST(:files AS uuid[])) WITH ORDINALITY AS f(file_id, ordinal)
""")

_REACT = text("""
    INSERT INTO entry_reactions (stream_id, position, author, value, at)
    VALUES (:stream, :position, :author, :value, :now)
    ON CONFLICT (stream_id, position, author) DO UPDATE
    SET value = excluded.value, at = excluded.at
""")

_UNREACT = text("""
    DELETE FROM entry_reactions
    WHERE stream_id = :stream AND position = :position AND author = :author
""")


@dataclass(frozen=True, slots=True)
class Place:
    """An entry, and what an event about it says. The caller holds its customer's lock."""

    stream_id: UUID
    position: int
    root_id: UUID
    conversation_id: UUID | None
    inbox_id: UUID | None

    @property
    def key(self) -> dict[str, object]:
        return {"stream": self.stream_id, "position": self.position}


@dataclass(frozen=True, slots=True)
class By:
    """Who did it: an author kind of entries, and that author's id."""

    kind: str
    id: UUID | None


async def edit(
    session: WriteSession, place: Place, new: tuple[str, str], by: By, now: datetime
) -> bool:
    """Say (text, html) instead; False when it says so already or was deleted."""
    words = {"text": new[0], "html": new[1]}
    kept = await _keep_version(session, place, by, now, {**words, "delete": False})
    if kept:
        await (await session.connection()).execute(_EDIT, place.key | words)
        await _tell(session, place, "edit", now)
    return kept


async def delete(session: WriteSession, place: Place, by: By, now: datetime) -> bool:
    """Take the entry back: its words stay in its versions; False when it was deleted before."""
    values: dict[str, object] = {"text": "", "html": "", "delete": True}
    kept = await _keep_version(session, place, by, now, values)
    if kept:
        await (await session.connection()).execute(_DELETE, place.key | {"now": now})
        await _tell(session, place, "delete", now)
    return kept


async def join(
    session: WriteSession,
    place: Place,
    words: tuple[str, str],
    files: Sequence[UUID],
    now: datetime,
) -> None:
    """Add a further part's (text, html) and files to the entry it belongs to."""
    values = {"text": words[0], "html": words[1], "files": list(files)}
    await (await session.connection()).execute(_JOIN, place.key | values)
    await _tell(session, place, "joined", now)


async def react(
    session: WriteSession, place: Place, author: str, value: str, now: datetime
) -> None:
    """Put `author`'s one reaction on the entry; an empty value takes it back."""
    values = place.key | {"author": author, "value": value, "now": now}
    connection = await session.connection()
    if value:
        await connection.execute(_REACT, values)
    else:
        await connection.execute(_UNREACT, place.key | {"author": author})
    await _tell(session, place, "reaction", now)


async def _keep_version(
    session: WriteSession, place: Place, by: By, now: datetime, values: dict[str, object]
) -> bool:
    rows = await (await session.connection()).execute(
        _KEEP_VERSION, place.key | values | {"by_kind": by.kind, "by_id": by.id, "now": now}
    )
    return rows.first() is not None


async def _tell(
    session: WriteSession,
    place: Place,
    change: Literal["edit", "delete", "joined", "reaction"],
    now: datetime,
) -> None:
    updated = NewEvent(
        EventType.MESSAGE_UPDATED,
        now,
        customer_id=place.root_id,
        conversation_id=place.conversation_id,
        stream_id=place.stream_id,
        position=place.position,
        inbox_id=place.inbox_id,
        data={"change": change},
    )
    await event_log.append(session, [updated])
