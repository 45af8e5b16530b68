"""Where the database shows that something is wrong: the signs, at one moment.

The bounds are those of docker/monitoring/alerts.yaml, which watches the same from outside.
"""

from collections.abc import Sequence
from datetime import datetime

from hub.alerts.incidents import Sign
from hub.db.engine import AnySession
from hub.db.rows import Query

# Each: kind, subject, inbox, since, latest, number.
_PARTS = {
    "inbox-down": """
        SELECT 'inbox-down', id::text, id, state_at, state_at, 1 FROM inboxes
        WHERE enabled AND state <> 'open'""",
    "stuck": """
        SELECT 'stuck', d.inbox_id::text, d.inbox_id, min(d.updated_at), max(d.updated_at),
               count(*)
        FROM deliveries AS d JOIN inboxes AS i ON i.id = d.inbox_id AND i.state = 'open'
        WHERE d.status IN ('queued', 'sending')
          AND d.updated_at < CAST(:now AS timestamptz) - interval '10 minutes'
        GROUP BY d.inbox_id""",
    "quarantine": """
        SELECT 'quarantine', inbox_id::text, inbox_id, min(created_at), max(created_at), count(*)
        FROM quarantine WHERE resolved_at IS NULL GROUP BY inbox_id""",
    "in-doubt": """
        SELECT 'in-doubt', d.inbox_id::text, d.inbox_id, min(d.updated_at), max(d.updated_at),
               count(*)
        FROM deliveries AS d
        WHERE d.status = 'unknown' AND d.dismissed_at IS NULL
          AND d.updated_at > CAST(:now AS timestamptz) - interval '30 days'
          AND NOT EXISTS (SELECT 1 FROM deliveries AS later WHERE later.retry_of = d.id
                          AND later.entry_id = d.entry_id)
        GROUP BY d.inbox_id""",
    "failing": """
        SELECT 'failing', inbox_id::text, inbox_id, min(updated_at), max(updated_at), count(*)
        FROM deliveries
        WHERE status = 'failed'
          AND updated_at > CAST(:now AS timestamptz) - interval '15 minutes'
        GROUP BY inbox_id HAVING count(*) > 10""",
    # The loop looks at least every five seconds: a minute is late whatever the load is.
    "due-late": """
        SELECT 'due-late', kind, NULL::uuid, CAST(:now AS timestamptz), CAST(:now AS timestamptz),
               count(*)
        FROM due
        WHERE ready_at <= CAST(:now AS timestamptz) - interval '1 minute'
          AND (lease_until IS NULL OR lease_until <= :now)
        GROUP BY kind""",
    # An event's id says when it was written; the relay numbers it within a second.
    "not-numbered": """
        SELECT 'not-numbered', '', NULL::uuid, CAST(:now AS timestamptz),
               CAST(:now AS timestamptz), 1
        FROM (SELECT id FROM pending_events ORDER BY n LIMIT 1) AS oldest
        WHERE uuid_extract_timestamp(id) < now() - interval '30 seconds'""",
    "reader-behind": """
        SELECT 'reader-behind', name, NULL::uuid, CAST(:now AS timestamptz),
               CAST(:now AS timestamptz), (SELECT coalesce(max(seq), 0) FROM events) - seq
        FROM event_readers
        WHERE (SELECT coalesce(max(seq), 0) FROM events) - seq > 1000""",
    "event-skipped": """
        SELECT 'event-skipped', reader, NULL::uuid, min(at), max(at), count(*)
        FROM skipped_events WHERE at > CAST(:now AS timestamptz) - interval '1 hour'
        GROUP BY reader""",
    "webhook-failing": """
        SELECT 'webhook-failing', id::text, NULL::uuid, failing_since, failing_since, 1
        FROM webhooks
        WHERE enabled AND failing_since < CAST(:now AS timestamptz) - interval '1 hour'""",
    "webhook-off": """
        SELECT 'webhook-off', id::text, NULL::uuid, disabled_at, disabled_at, 1
        FROM webhooks WHERE NOT enabled AND disabled_reason IN ('failing', 'gone')""",
}

_ALL = Query(" UNION ALL ".join(_PARTS.values()))


async def find(session: AnySession, now: datetime) -> Sequence[Sign]:
    """Everything that is wrong by the hub's time `now`."""
    return [
        Sign(kind, subject, since or now, latest or now, min(number, 1_000_000), inbox_id)
        for kind, subject, inbox_id, since, latest, number in await _ALL.rows(
            session, {"now": now}
        )
    ]
