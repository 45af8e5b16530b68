"""The conversation that some messages of another get when they leave it."""

from hub.db.rows import Query

FOLLOWED_TOO = Query("""
    INSERT INTO conversation_followers (conversation_id, operator_id, created_at)
    SELECT :fresh, operator_id, created_at FROM conversation_followers
    WHERE conversation_id = :source
""")
"""Whoever follows `source` follows what was parted from it."""


def opening(leaving: str, updated_at: str) -> Query:
    """Opens `:fresh` beside `:source` in the same state; gives its inbox.

    leaving: SQL that is true of the entries that leave. The first message among them says whose
    the new conversation is, and of which inbox.
    """
    return Query(f"""
        INSERT INTO conversations (id, opening_stream_id, inbox_id, pool, status, assignee_id,
                                   team_id, priority, labels, opened_at, updated_at, closed_at,
                                   close_reason)
        SELECT :fresh, first.stream_id, coalesce(first.inbox_id, c.inbox_id),
               coalesce(i.pool, c.pool),
               CASE c.status WHEN 'snoozed' THEN 'open' ELSE c.status END,
               c.assignee_id, c.team_id, c.priority, c.labels, first.recorded_at, {updated_at},
               c.closed_at, c.close_reason
        FROM conversations AS c CROSS JOIN LATERAL (
            SELECT stream_id, inbox_id, recorded_at FROM entries
            WHERE kind = 'message' AND {leaving}
            ORDER BY sort_at, position LIMIT 1
        ) AS first
        LEFT JOIN inboxes AS i ON i.id = first.inbox_id
        WHERE c.id = :source
        RETURNING inbox_id
    """)  # noqa: S608 - both parts are constants of the callers
