"""What operators are notified of: kept until read, told live to them alone, each in their own way.

Only whoever may see the inbox it is about is notified, and whoever may no longer see it finds it
neither in the list nor in the count.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text

from hub.clock import rfc3339
from hub.db import event_log
from hub.db.base import Json
from hub.db.engine import AnySession, WriteSession
from hub.events import EventType, NewEvent
from hub.ids import new_id
from hub.operators.access import Viewer

MENTION, ASSIGNED, REPLY, TEAM = "mention", "assigned", "reply", "team"
ALERT = "alert"
PREFERRED: Final[Mapping[str, tuple[str, ...]]] = {
    MENTION: ("page", "browser", "sound"),
    ASSIGNED: ("page", "browser", "sound"),
    REPLY: ("page", "browser"),
    TEAM: ("page",),
    ALERT: ("page", "browser", "sound"),
}
"""How whoever has said nothing else hears of each kind: on the page, from the browser, aloud."""

KEPT_DAYS = 90
_PREVIEW = 200

_WHO_SEES = text("""
    SELECT k.number
    FROM unnest(CAST(:operators AS uuid[]), CAST(:inboxes AS uuid[]))
         WITH ORDINALITY AS k(operator, inbox, number)
    JOIN operators AS o ON o.id = k.operator AND o.disabled_at IS NULL
    WHERE k.inbox IS NULL OR o.role IN ('administrator', 'supervisor')
       OR NOT EXISTS (SELECT 1 FROM team_inboxes WHERE inbox_id = k.inbox)
       OR EXISTS (SELECT 1 FROM team_inboxes JOIN team_members USING (team_id)
                  WHERE inbox_id = k.inbox AND operator_id = o.id)
""")

# Of what customers write in one conversation only the last is worth a line.
_REPLACED = text("""
    DELETE FROM notifications AS n
    USING unnest(CAST(:operators AS uuid[]), CAST(:conversations AS uuid[])) AS k(operator, conv)
    WHERE n.operator_id = k.operator AND n.conversation_id = k.conv AND n.kind = 'reply'
      AND n.read_at IS NULL
""")

_INSERT = text("""
    INSERT INTO notifications (id, operator_id, kind, at, customer_id, conversation_id, inbox_id,
                               entry_id, alert_id, alert_over, by_kind, by_id, by_name)
    SELECT k.id, k.operator_id, k.kind, k.at, k.customer_id, k.conversation_id, k.inbox_id,
           k.entry_id, k.alert_id, k.alert_over, k.by_kind, k.by_id,
           coalesce(nullif(k.by_name, ''), nullif(o.name, ''), o.email, '')
    FROM unnest(CAST(:id AS uuid[]), CAST(:operator_id AS uuid[]), CAST(:kind AS text[]),
                CAST(:at AS timestamptz[]), CAST(:customer_id AS uuid[]),
                CAST(:conversation_id AS uuid[]), CAST(:inbox_id AS uuid[]),
                CAST(:entry_id AS uuid[]), CAST(:alert_id AS uuid[]),
                CAST(:alert_over AS boolean[]), CAST(:by_kind AS text[]), CAST(:by_id AS uuid[]),
                CAST(:by_name AS text[]))
         AS k(id, operator_id, kind, at, customer_id, conversation_id, inbox_id, entry_id,
              alert_id, alert_over, by_kind, by_id, by_name)
    LEFT JOIN operators AS o ON o.id = k.by_id
""")

_PAGE = text(f"""
    SELECT n.id, n.kind, n.at, n.read_at, n.conversation_id, n.entry_id, n.by_kind, n.by_id,
           n.by_name, root.id AS customer_id, coalesce(nullif(root.name, ''), (
               SELECT below.name FROM customers AS below
               WHERE below.root_id = root.id AND below.name <> ''
               ORDER BY below.id LIMIT 1), '') AS customer_name,
           CASE WHEN e.deleted_at IS NULL THEN left(e.text, {_PREVIEW}) END AS text,
           n.alert_over, a.id AS alert_id, a.kind AS alert_kind, a.number AS alert_number,
           coalesce(i.name, w.name, a.subject) AS alert_subject
    FROM notifications AS n
    LEFT JOIN customers ON customers.id = n.customer_id
    LEFT JOIN alerts AS a ON a.id = n.alert_id
    LEFT JOIN inboxes AS i ON i.id = a.inbox_id
    LEFT JOIN webhooks AS w ON a.kind LIKE 'webhook-%' AND w.id::text = a.subject
    LEFT JOIN entries AS e ON e.id = n.entry_id
    LEFT JOIN streams AS s ON s.id = e.stream_id
    LEFT JOIN customers AS root ON root.id = coalesce(s.root_id, customers.root_id)
    WHERE n.operator_id = :operator
      AND (n.inbox_id IS NULL OR n.inbox_id <> ALL (CAST(:hidden AS uuid[])))
      AND (NOT :unread OR n.read_at IS NULL)
      AND (CAST(:before AS uuid) IS NULL OR n.id < :before)
    ORDER BY n.id DESC LIMIT :limit
""")  # noqa: S608 - a constant is put in

_UNREAD = text("""
    SELECT count(*) FROM notifications
    WHERE operator_id = :operator AND read_at IS NULL
      AND (inbox_id IS NULL OR inbox_id <> ALL (CAST(:hidden AS uuid[])))
""")

_READ = text("""
    UPDATE notifications SET read_at = :now
    WHERE operator_id = :operator AND read_at IS NULL
      AND (CAST(:ids AS uuid[]) IS NULL OR id = ANY (CAST(:ids AS uuid[])))
      AND (CAST(:conversation AS uuid) IS NULL OR conversation_id = :conversation)
    RETURNING id
""")

_SWEEP = text("DELETE FROM notifications WHERE at <= :before")


@dataclass(frozen=True, slots=True)
class NewNotification:
    """Something `operator_id` may want to know of; `by_*`: who did it, when that is somebody.

    alert_id, alert_over: the trouble of the hub it is about, and that this is past.
    """

    operator_id: UUID
    kind: str
    at: datetime
    customer_id: UUID | None = None
    conversation_id: UUID | None = None
    inbox_id: UUID | None = None
    entry_id: UUID | None = None
    alert_id: UUID | None = None
    alert_over: bool = False
    by_kind: str = ""
    by_id: UUID | None = None
    by_name: str = ""


_COLUMNS = tuple(NewNotification.__slots__)


async def add(session: WriteSession, wanted: Sequence[NewNotification]) -> None:
    """Keep and tell those whose operator may see what they are about."""
    new = await _permitted(session, wanted)
    if not new:
        return
    replies = [one for one in new if one.kind == REPLY]
    connection = await session.connection()
    await connection.execute(
        _REPLACED,
        {
            "operators": [one.operator_id for one in replies],
            "conversations": [one.conversation_id for one in replies],
        },
    )
    ids = [new_id() for _ in new]
    values = {name: [getattr(one, name) for one in new] for name in _COLUMNS}
    await connection.execute(_INSERT, {**values, "id": ids})
    await event_log.append(
        session, [_created(one, key) for one, key in zip(new, ids, strict=True)]
    )


async def _permitted(
    session: WriteSession, wanted: Sequence[NewNotification]
) -> list[NewNotification]:
    if not wanted:
        return []
    rows = await (await session.connection()).execute(
        _WHO_SEES,
        {
            "operators": [one.operator_id for one in wanted],
            "inboxes": [one.inbox_id for one in wanted],
        },
    )
    numbers = set(rows.scalars())
    found = [one for number, one in enumerate(wanted, start=1) if number in numbers]
    # Of many replies of one batch the last one stands for all.
    last = {(one.operator_id, one.conversation_id): one for one in found if one.kind == REPLY}
    return [one for one in found if one.kind != REPLY] + list(last.values())


def _created(one: NewNotification, notification_id: UUID) -> NewEvent:
    return NewEvent(
        EventType.NOTIFICATION_CREATED,
        one.at,
        customer_id=one.customer_id,
        conversation_id=one.conversation_id,
        inbox_id=one.inbox_id,
        data={
            "operator_id": str(one.operator_id),
            "notification_id": str(notification_id),
            "kind": one.kind,
        },
    )


async def page(
    session: AnySession,
    viewer: Viewer,
    *,
    unread: bool,
    limit: int,
    before: UUID | None = None,
) -> list[Json]:
    """The viewer's own, newest first: {"id", "kind", "at", "read_at", "conversation_id",
    "customer": {"id", "name"} or None, "by": {"kind", "id", "name"} or None, "entry_id", "text",
    "alert": {"id", "kind", "subject", "number", "over"} or None}."""
    rows = await (await session.connection()).execute(
        _PAGE, {**_own(viewer), "unread": unread, "before": before, "limit": limit}
    )
    return [_view(row) for row in rows]


async def count_unread(session: AnySession, viewer: Viewer) -> int:
    return await (await session.connection()).scalar(_UNREAD, _own(viewer)) or 0


async def mark_read(
    session: WriteSession,
    viewer: Viewer,
    now: datetime,
    *,
    ids: Sequence[UUID] | None = None,
    conversation_id: UUID | None = None,
) -> None:
    """The viewer has seen these, those of a conversation, or (with neither) all of them."""
    rows = await (await session.connection()).execute(
        _READ,
        {
            "operator": viewer.id,
            "ids": None if ids is None else list(ids),
            "conversation": conversation_id,
            "now": now,
        },
    )
    if read := [str(one) for one in rows.scalars()]:
        facts = {"operator_id": str(viewer.id), "ids": read}
        await event_log.append(session, [NewEvent(EventType.NOTIFICATION_READ, now, data=facts)])


async def sweep(session: WriteSession, before: datetime) -> None:
    """Forget what is older than `before`, read or not."""
    await (await session.connection()).execute(_SWEEP, {"before": before})


def preferences(chosen: Mapping[str, Any]) -> Json:
    """How an operator hears of each kind: what they chose, else `PREFERRED`."""
    return {kind: list(chosen.get(kind, usual)) for kind, usual in PREFERRED.items()}


def _own(viewer: Viewer) -> Json:
    return {"operator": viewer.id, "hidden": list(viewer.hidden_inboxes)}


def _view(row: Row[Any]) -> Json:
    by = {"kind": row.by_kind, "id": row.by_id, "name": row.by_name} if row.by_kind else None
    about = {"id": row.customer_id, "name": row.customer_name} if row.customer_id else None
    return {
        "id": row.id,
        "kind": row.kind,
        "at": rfc3339(row.at),
        "read_at": None if row.read_at is None else rfc3339(row.read_at),
        "conversation_id": row.conversation_id,
        "customer": about,
        "by": by,
        "entry_id": row.entry_id,
        "text": row.text or "",
        "alert": _alert(row) if row.alert_id else None,
    }


def _alert(row: Row[Any]) -> Json:
    return {
        "id": row.alert_id,
        "kind": row.alert_kind,
        "subject": row.alert_subject,
        "number": row.alert_number,
        "over": row.alert_over,
    }
