"""What went wrong and waits for somebody: each with why, what to do, and the button that does it.

A line is here as long as the problem is: a message that was sent again, input that was replayed,
an inbox that is open again are gone by themselves; a failed message also when it is dismissed.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from hub.clock import rfc3339
from hub.customers.naming import shown_name
from hub.db.base import Json
from hub.db.engine import AnySession, WriteSession
from hub.errors import NotFound
from hub.operators.access import Scope, Viewer
from hub.ports import Reason

After = tuple[datetime, UUID]
"""(at, id) of the last line of a page."""

KEPT = timedelta(days=30)
"""A message that failed longer ago is history, not work."""
STUCK_AFTER = timedelta(minutes=10)
"""A message that stands in an open inbox's queue for so long is held up by something."""
MOST = 1_000
"""What is counted of each kind."""

FAILED, UNKNOWN, QUARANTINED = "failed", "unknown", "quarantined"
INBOX_DOWN, STUCK, ALERT, REMINDER = "inbox-down", "stuck", "alert", "reminder"
KINDS = (FAILED, UNKNOWN, QUARANTINED, INBOX_DOWN, STUCK, ALERT, REMINDER)

_ACTIONS = {
    FAILED: "retry",
    UNKNOWN: "retry",
    QUARANTINED: "replay",
    INBOX_DOWN: "open-inbox",
    STUCK: None,
    ALERT: None,
    REMINDER: None,
}

_REMEDIES: Mapping[str, str] = {
    Reason.CONTENT_REJECTED: "Change the message: the provider refuses this one.",
    Reason.TOO_LARGE: "Send less at once, or a link instead of the file.",
    Reason.EXPIRED: "See whether the inbox is open, then send it again.",
    Reason.INVALID_ADDRESS: "Ask the customer for another address, or choose another channel.",
    Reason.UNREACHABLE: "Choose another contact point of this customer.",
    Reason.BLOCKED: "The customer has blocked us there: choose another contact point.",
    Reason.OPTED_OUT: "The customer asked for silence there: choose another contact point.",
    UNKNOWN: "Look whether it has arrived; if not, send it again. It may then arrive twice.",
    QUARANTINED: "Mend what the reason names and replay it, or dismiss it.",
    REMINDER: "Tell this customer yourself. The log says what is wrong with the record; once it is"
    " mended, saving the rule again plans anew.",
    STUCK: "See whether the provider answers; the deadline ends the waiting.",
    "due-late": "See that a worker runs on every node; the log names a slow handler.",
    "not-numbered": "Ask /readyz of each node whether its loop `relay` runs; restart one.",
    "reader-behind": "See in the log whether it fails; if not, the database is too slow.",
    "event-skipped": "The table skipped_events has the error: report it.",
    "webhook-failing": "See in its history what the receiver answers.",
    "webhook-off": "Mend the receiver, switch it on, and replay what it missed.",
}

_DELIVERY = """
    SELECT {kind} AS kind, d.id, d.updated_at AS at, d.reason AS why, d.detail, '' AS remedy,
           d.inbox_id, s.root_id AS customer_id, d.conversation_id, d.entry_id AS message_id
    FROM deliveries AS d JOIN streams AS s ON s.id = d.stream_id
    WHERE {where}
"""

_PARTS = {
    "trouble": _DELIVERY.format(
        kind="d.status",
        where="""d.status IN ('failed', 'unknown') AND d.updated_at > :since
          AND d.dismissed_at IS NULL
          AND NOT EXISTS (SELECT 1 FROM deliveries AS later WHERE later.retry_of = d.id
                          AND later.entry_id = d.entry_id)
          AND (d.turns = 1 OR NOT EXISTS (
              SELECT 1 FROM deliveries AS other
              WHERE other.entry_id = d.entry_id AND other.turn <> d.turn
                AND other.status NOT IN ('failed', 'unknown', 'cancelled', 'suppressed')))""",
    ),
    STUCK: _DELIVERY.format(
        kind="'stuck'",
        where="""d.status IN ('queued', 'sending') AND d.updated_at < :stuck
          AND EXISTS (SELECT 1 FROM inboxes AS i WHERE i.id = d.inbox_id AND i.state = 'open')""",
    ),
    QUARANTINED: """
        SELECT 'quarantined', q.id, q.created_at, q.error, '', '', q.inbox_id, NULL::uuid,
               NULL::uuid, NULL::uuid
        FROM quarantine AS q WHERE q.resolved_at IS NULL AND :administers
    """,
    INBOX_DOWN: """
        SELECT 'inbox-down', i.id, i.state_at, i.state, i.detail, i.remedy, i.id, NULL::uuid,
               NULL::uuid, NULL::uuid
        FROM inboxes AS i
        WHERE i.enabled AND i.state IN ('down', 'misconfigured') AND :administers
    """,
    # Those of an inbox are listed above, one by one.
    ALERT: """
        SELECT 'alert', a.id, a.since, a.kind, coalesce(w.name, a.subject), '', NULL::uuid,
               NULL::uuid, NULL::uuid, NULL::uuid
        FROM alerts AS a
        LEFT JOIN webhooks AS w ON a.kind LIKE 'webhook-%' AND w.id::text = a.subject
        WHERE a.ended_at IS NULL AND a.told_at IS NOT NULL AND a.inbox_id IS NULL
          AND :administers
    """,
    # Until something has been planned for that object by that rule again.
    REMINDER: """
        SELECT 'reminder', r.id, r.ended_at, 'reminder-failed', rules.name, '', NULL::uuid,
               o.customer_id, NULL::uuid, NULL::uuid
        FROM reminders AS r JOIN rules ON rules.id = r.rule_id
        JOIN (SELECT id, customer_id FROM orders UNION ALL
              SELECT id, customer_id FROM appointments) AS o ON o.id = r.object_id
        WHERE r.status = 'dropped' AND r.reason = 'failed' AND r.ended_at > :since
          AND NOT EXISTS (SELECT 1 FROM reminders AS later
                          WHERE later.object_id = r.object_id AND later.rule_id = r.rule_id
                            AND later.id > r.id)
    """,
}
_ALL = " UNION ALL ".join(f"({part})" for part in _PARTS.values())

_PAGE = text(f"""
    SELECT p.*, {shown_name("c")} AS customer_name, i.name AS inbox_name, i.channel
    FROM (
        SELECT * FROM ({_ALL}) AS found
        WHERE (inbox_id IS NULL OR inbox_id <> ALL (CAST(:hidden AS uuid[])))
          AND (:kind = '' OR kind = :kind)
          AND (CAST(:after_at AS timestamptz) IS NULL
               OR (at, id) < (CAST(:after_at AS timestamptz), CAST(:after_id AS uuid)))
        ORDER BY at DESC, id DESC LIMIT :limit
    ) AS p
    LEFT JOIN inboxes AS i ON i.id = p.inbox_id
    LEFT JOIN customers AS c ON c.id = p.customer_id
    ORDER BY p.at DESC, p.id DESC
""")  # noqa: S608 - only constants are put in

_COUNTS = text(f"""
    SELECT kind, least(count(*), {MOST}) AS number FROM ({_ALL}) AS found
    WHERE inbox_id IS NULL OR inbox_id <> ALL (CAST(:hidden AS uuid[])) GROUP BY kind
""")  # noqa: S608 - only constants are put in


_DISMISS = text("""
    UPDATE deliveries SET dismissed_at = :at
    WHERE id = :id AND status IN ('failed', 'unknown')
      AND inbox_id <> ALL (CAST(:hidden AS uuid[]))
    RETURNING id
""")


async def dismiss(
    session: WriteSession, viewer: Viewer, delivery_id: UUID, at: datetime | None
) -> None:
    """Leave it at that a delivery has failed, or may have; None: it is a problem after all.

    The message goes on saying that it failed. Raises NotFound for any other delivery.
    """
    values = {"id": delivery_id, "at": at, "hidden": list(viewer.hidden_inboxes)}
    if (await (await session.connection()).execute(_DISMISS, values)).first() is None:
        raise NotFound(f"There is no delivery {delivery_id} that has failed.")


def remedy_of(kind: str, why: str, own: str = "") -> str:
    """What to do about a problem; `own`: what whoever noticed it has said already."""
    if own:
        return own
    by_why = _REMEDIES.get(why) if kind in {FAILED, ALERT} else None
    return by_why or _REMEDIES.get(kind) or "Send it again, or choose another contact point."


async def page(
    session: AnySession,
    viewer: Viewer,
    now: datetime,
    *,
    kind: str = "",
    limit: int,
    after: After | None = None,
) -> tuple[list[Json], After | None]:
    """The problems the viewer can do something about, newest first; the cursor of the next page.

    `{"kind", "id", "at", "why", "detail", "remedy", "customer", "inbox", "conversation_id",
    "message_id", "action"}`. Quarantine and inboxes only for who administers inboxes.
    """
    rows = await (await session.connection()).execute(
        _PAGE,
        {
            **_asked(viewer, now),
            "kind": kind,
            "limit": limit,
            "after_at": after[0] if after else None,
            "after_id": after[1] if after else None,
        },
    )
    found = rows.all()
    following = (found[-1].at, found[-1].id) if len(found) == limit else None
    return [_view(row) for row in found], following


async def counts(session: AnySession, viewer: Viewer, now: datetime) -> dict[str, int]:
    """How many there are of each kind, up to `MOST`."""
    rows = await (await session.connection()).execute(_COUNTS, _asked(viewer, now))
    found = {row.kind: row.number for row in rows}
    return {kind: found.get(kind, 0) for kind in KINDS}


def _asked(viewer: Viewer, now: datetime) -> Json:
    return {
        "hidden": list(viewer.hidden_inboxes),
        "administers": viewer.may(Scope.INBOXES_ADMIN),
        "since": now - KEPT,
        "stuck": now - STUCK_AFTER,
    }


def _view(row: Row[Any]) -> Json:
    customer = {"id": row.customer_id, "name": row.customer_name} if row.customer_id else None
    named = {"id": row.inbox_id, "name": row.inbox_name, "channel": row.channel}
    return {
        "kind": row.kind,
        "id": row.id,
        "at": rfc3339(row.at),
        "why": row.why,
        "detail": row.detail,
        "remedy": remedy_of(row.kind, row.why, row.remedy),
        "customer": customer,
        "inbox": named if row.inbox_id else None,
        "conversation_id": row.conversation_id,
        "message_id": row.message_id,
        "action": _ACTIONS[row.kind],
    }
