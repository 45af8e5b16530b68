"""What `/metrics` counts in the database, whichever node is asked; in ids, never in names."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from prometheus_client import CollectorRegistry, Gauge
from sqlalchemy import Row, text

from hub.db.engine import AnySession


@dataclass(frozen=True, slots=True)
class Counted:
    """One gauge, `besedka_<name>`: rows (label, value); one row with '' where it has no label.

    sql: `$now` is the hub's time.
    """

    name: str
    help: str
    label: str
    sql: str


# Each reads little: what waits, or the end of the log.
COUNTED = (
    Counted(
        "due",
        "Due work that is ready, by kind.",
        "kind",
        "SELECT kind, count(*) FROM due WHERE ready_at <= $now GROUP BY kind",
    ),
    Counted(
        "due_lateness_seconds",
        "How long the longest ready due work has waited for a hand, by kind.",
        "kind",
        """SELECT kind, greatest(extract(epoch FROM $now - min(ready_at)), 0) FROM due
           WHERE ready_at <= $now AND (lease_until IS NULL OR lease_until <= $now)
           GROUP BY kind""",
    ),
    Counted(
        "inboxes",
        "Inboxes by state.",
        "state",
        "SELECT state, count(*) FROM inboxes GROUP BY state",
    ),
    Counted(
        "inbox_up",
        "1 for an inbox that is open, 0 for one that should be and is not.",
        "inbox",
        "SELECT id::text, (state = 'open')::int FROM inboxes WHERE enabled",
    ),
    Counted(
        "queue",
        "Messages that wait to be sent, by inbox.",
        "inbox",
        """SELECT inbox_id::text, count(*) FROM deliveries
           WHERE status IN ('queued', 'sending') GROUP BY inbox_id""",
    ),
    Counted(
        "queue_age_seconds",
        "How long the oldest message that waits to be sent has waited, by inbox.",
        "inbox",
        """SELECT inbox_id::text, greatest(extract(epoch FROM $now - min(created_at)), 0)
           FROM deliveries WHERE status IN ('queued', 'sending') GROUP BY inbox_id""",
    ),
    Counted(
        "deliveries",
        "Deliveries that wait or are in trouble, by status.",
        "status",
        """SELECT status, count(*) FROM deliveries
           WHERE status IN ('queued', 'sending', 'failed', 'unknown') GROUP BY status""",
    ),
    Counted(
        "ingest_lag_seconds",
        "The longest from when a customer wrote to when it was recorded, in the last 5 minutes.",
        "inbox",
        """SELECT e.inbox_id::text,
                  greatest(max(extract(epoch FROM e.recorded_at - e.occurred_at)), 0)
           FROM (SELECT stream_id, position FROM events
                 WHERE seq > (SELECT coalesce(max(seq), 0) - 1000 FROM events)
                   AND type = 'message.created' AND stream_id IS NOT NULL) AS last
           JOIN entries AS e USING (stream_id, position)
           WHERE e.direction = 'inbound' AND NOT e.imported AND e.inbox_id IS NOT NULL
             AND e.recorded_at > $now - interval '5 minutes'
           GROUP BY e.inbox_id""",
    ),
    Counted(
        "pending_events",
        "Committed events without a number yet.",
        "",
        "SELECT '', count(*) FROM pending_events",
    ),
    Counted(
        "reader_lag_events",
        "How many events a durable reader has still to read, by reader.",
        "reader",
        """SELECT name, greatest((SELECT coalesce(max(seq), 0) FROM events) - seq, 0)
           FROM event_readers""",
    ),
    Counted(
        "skipped_events",
        "Events that a reader could not handle and had to pass.",
        "reader",
        "SELECT reader, count(*) FROM skipped_events GROUP BY reader",
    ),
    Counted(
        "overdue",
        "Promised times that are over and not kept yet, by timer.",
        "timer",
        "SELECT kind, count(*) FROM conversation_timers WHERE due_at <= $now GROUP BY kind",
    ),
    Counted(
        "quarantine",
        "Unresolved inputs in quarantine.",
        "",
        "SELECT '', count(*) FROM quarantine WHERE resolved_at IS NULL",
    ),
    Counted(
        "webhooks",
        "Webhooks by state: on, failing, off.",
        "state",
        """SELECT CASE WHEN NOT enabled THEN 'off' WHEN failing_since IS NULL THEN 'on'
                  ELSE 'failing' END AS state, count(*) FROM webhooks GROUP BY 1""",
    ),
    Counted(
        "webhook_queue_age_seconds",
        "How long the oldest thing a webhook has still to be told has waited, by webhook.",
        "webhook",
        """SELECT webhook_id::text, greatest(extract(epoch FROM $now - min(created_at)), 0)
           FROM webhook_deliveries WHERE status = 'pending' GROUP BY webhook_id""",
    ),
)

_ALL = text(
    " UNION ALL ".join(
        f"SELECT '{one.name}' AS name, label, value::float8 FROM ({one.sql}) AS c(label, value)"  # noqa: S608 - constants
        for one in COUNTED
    ).replace("$now", "CAST(:now AS timestamptz)")
)


class Gauges:
    """The gauges of `COUNTED`, filled anew whenever somebody asks."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._gauges = {
            one.name: Gauge(
                f"besedka_{one.name}",
                one.help,
                [one.label] if one.label else [],
                registry=registry,
            )
            for one in COUNTED
        }

    async def fill(self, session: AnySession, now: datetime) -> None:
        rows = (await (await session.connection()).execute(_ALL, {"now": now})).all()
        self._set(rows)

    def _set(self, rows: Iterable[Row[Any]]) -> None:
        for one in COUNTED:
            if one.label:
                self._gauges[one.name].clear()
        for row in rows:
            gauge = self._gauges[row.name]
            (gauge.labels(row.label) if row.label else gauge).set(row.value)
