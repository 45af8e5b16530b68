"""Which words find an entry: written behind the log, so that nothing waits for it.

The handler of the durable reader "search" (`hub.db.reader`): messages and notes are indexed when
they are new and again when they change; what was deleted is forgotten.
"""

from collections.abc import Sequence

from hub.db.engine import WriteSession
from hub.db.rows import Query
from hub.events import Event, EventType

READER = "search"

_CHANGES = {EventType.MESSAGE_CREATED, EventType.MESSAGE_UPDATED, EventType.NOTE_CREATED}

# 200,000 characters: what is indexed of one text has to fit into a tsvector (1 MB).
_INDEX = Query("""
    WITH changed AS (
        SELECT e.stream_id, e.position, e.inbox_id, e.deleted_at IS NOT NULL AS deleted,
               left(concat_ws(' ', e.data ->> 'subject', e.text), 200000) AS words,
               lower(replace(left(coalesce(e.data ->> 'subject', ''), 500), 'ё', 'е')) AS subject
        FROM unnest(CAST(:streams AS uuid[]), CAST(:positions AS bigint[]))
             AS wanted(stream_id, position)
        JOIN entries AS e USING (stream_id, position)
        WHERE e.kind IN ('message', 'note')
    ), forgotten AS (
        DELETE FROM search_documents AS document USING changed
        WHERE changed.deleted AND document.stream_id = changed.stream_id
          AND document.position = changed.position
    )
    INSERT INTO search_documents (stream_id, position, inbox_id, words, subject)
    SELECT stream_id, position, inbox_id, to_tsvector('besedka', words), subject
    FROM changed WHERE NOT deleted ORDER BY position
    ON CONFLICT (stream_id, position) DO UPDATE
       SET inbox_id = excluded.inbox_id, words = excluded.words, subject = excluded.subject
""")


async def index(session: WriteSession, events: Sequence[Event]) -> None:
    """Index the entries these events are about, as they are now; repeating it changes nothing."""
    keys = {
        (event.stream_id, event.position)
        for event in events
        if event.type in _CHANGES and event.position is not None
    }
    if keys:
        await _INDEX.rows(
            session,
            {"streams": [stream for stream, _ in keys], "positions": [place for _, place in keys]},
        )
