"""Conversations as lists and pages show them: one statement for a page of the inbox."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Literal, NamedTuple
from uuid import UUID

from hub.clock import rfc3339
from hub.conversations.status import ConversationStatus
from hub.customers.naming import shown_locale, shown_name
from hub.db.rows import Query, Source
from hub.errors import NotFound
from hub.operators.access import Viewer

PREVIEW = 200
"""Characters of the last entry that a list shows."""

Cursor = tuple[datetime | None, UUID]
"""(updated_at, waiting_since or due_at, id) of the last conversation of a page."""

Sort = Literal["updated", "waiting", "due"]
"""The last changed first; who waits longest first; or what is due soonest first. What nobody waits
in, or nothing is due in, comes at the end."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which conversations are wanted; all empty: every one the viewer sees.

    assignee: `me`, `none` or an operator's id; team: `none` or an id.
    """

    status: str = ""
    assignee: Literal["", "me", "none"] | UUID = ""
    team: Literal["", "none"] | UUID = ""
    channel: str = ""
    label: str = ""
    inbox_id: UUID | None = None
    customer_id: UUID | None = None
    unread: bool = False


class _Line(NamedTuple):
    """One row of `_SHOWN`, in the order of its columns."""

    id: UUID
    customer_id: UUID
    inbox_id: UUID
    status: str
    assignee_id: UUID | None
    team_id: UUID | None
    priority: int
    labels: list[str]
    channels: list[str]
    snoozed_until: datetime | None
    waiting_since: datetime | None
    due_at: datetime | None
    opened_at: datetime
    updated_at: datetime
    closed_at: datetime | None
    customer_name: str
    customer_locale: str
    assignee_name: str | None
    team_name: str | None
    unread: int
    entry_id: UUID | None
    entry_position: int
    kind: str
    direction: str
    entry_channel: str
    author_kind: str
    author_id: UUID | None
    author_name: str
    text: str
    data: dict[str, Any] | None
    file_count: int
    entry_status: str
    deleted_at: datetime | None
    occurred_at: datetime
    recorded_at: datetime
    scheme: str | None
    value: str | None
    close_reason: str
    score: int | None
    followers: list[dict[str, str]] | None


# Everything is reached by primary key, so a page costs little more than its fifty rows.
_SHOWN = f"""
    SELECT c.id, customer.id AS customer_id, c.inbox_id, c.status, c.assignee_id, c.team_id,
           c.priority, c.labels, c.channels, c.snoozed_until, c.waiting_since, c.due_at,
           c.opened_at, c.updated_at, c.closed_at, {shown_name("customer")} AS customer_name,
           {shown_locale("customer")} AS customer_locale,
           CASE WHEN c.assignee_id IS NOT NULL THEN (
               SELECT coalesce(nullif(name, ''), email) FROM operators WHERE id = c.assignee_id)
           END AS assignee_name,
           CASE WHEN c.team_id IS NOT NULL THEN (
               SELECT name FROM teams WHERE id = c.team_id)
           END AS team_name,
           greatest(c.inbound_count - coalesce((
               SELECT inbound_count FROM conversation_reads
               WHERE conversation_id = c.id AND operator_id = :viewer), 0), 0) AS unread,
           e.id AS entry_id, e.position AS entry_position, e.kind, e.direction,
           e.channel AS entry_channel, e.author_kind, e.author_id, e.author_name,
           left(e.text, {PREVIEW}) AS text, nullif(e.data, '{{{{}}}}') AS data, e.file_count,
           e.status AS entry_status, e.deleted_at, e.occurred_at, e.recorded_at,
           point.scheme, point.value, c.close_reason, c.score,
           (SELECT jsonb_agg(jsonb_build_object(
                       'id', o.id, 'name', coalesce(nullif(o.name, ''), o.email))
                   ORDER BY f.created_at, o.id)
            FROM conversation_followers AS f JOIN operators AS o ON o.id = f.operator_id
            WHERE f.conversation_id = c.id) AS followers
    FROM {{source}} AS c
    JOIN streams AS home ON home.id = c.opening_stream_id
    JOIN customers AS customer ON customer.id = home.root_id
    LEFT JOIN entries AS e
      ON e.stream_id = c.last_stream_id AND e.position = c.last_position
     AND (e.inbox_id IS NULL OR e.inbox_id <> ALL (CAST(:hidden AS uuid[])))
    LEFT JOIN contact_points AS point ON point.id = home.contact_point_id
"""  # noqa: S608 - only constants are put in

# For each order: by what, and what comes after the last line of a page.
_ORDERS: dict[Sort, tuple[str, str]] = {
    "updated": (
        "{of}updated_at DESC, {of}id DESC",
        "(updated_at, id) < (:after_at, :after_id)",
    ),
    "waiting": (
        "coalesce({of}waiting_since, 'infinity'::timestamptz), {of}id",
        """(coalesce(waiting_since, 'infinity'::timestamptz), id)
           > (coalesce(CAST(:after_at AS timestamptz), 'infinity'), :after_id)""",
    ),
    "due": (
        "coalesce({of}due_at, 'infinity'::timestamptz), {of}id",
        """(coalesce(due_at, 'infinity'::timestamptz), id)
           > (coalesce(CAST(:after_at AS timestamptz), 'infinity'), :after_id)""",
    ),
}

_UNREAD = """inbound_count > coalesce((
    SELECT seen.inbound_count FROM conversation_reads AS seen
    WHERE seen.conversation_id = conversations.id AND seen.operator_id = :viewer), 0)"""

# One walk along an index for each status, best first; the page is merged of their heads. Put so
# that planning with the values would gain nothing: it takes as long as the page itself.
_STATUSES = ", ".join(f"('{status}')" for status in ConversationStatus)
_PAGE = f"""(
    SELECT one.* FROM (VALUES {_STATUSES}) AS wanted(status)
    CROSS JOIN LATERAL (
        SELECT * FROM conversations
        WHERE status = wanted.status AND merged_into_id IS NULL
          AND inbox_id <> ALL (CAST(:hidden AS uuid[])) {{conditions}}
        ORDER BY {{inner}} LIMIT (SELECT CAST(:limit AS integer))
    ) AS one
    WHERE :status IN ('', wanted.status)
    ORDER BY {{outer}} LIMIT (SELECT CAST(:limit AS integer))
)"""  # noqa: S608 - only constants are put in

# What was merged into another conversation is that one.
_STANDS = "(SELECT coalesce(merged_into_id, id) FROM conversations WHERE id = :id)"
_ONE = Query(
    _SHOWN.format(source="conversations")
    + f" WHERE c.id = {_STANDS} AND c.inbox_id <> ALL (CAST(:hidden AS uuid[]))"
)

# Inside a query of its own, the ids are no reason to plan anew each time.
_SEVERAL = Query(
    _SHOWN.format(source="conversations")
    + " WHERE c.id = ANY ((SELECT CAST(:ids AS uuid[]))::uuid[])"
)


async def page(
    source: Source,
    viewer: Viewer,
    wanted: Filter,
    *,
    limit: int,
    after: Cursor | None = None,
    sort: Sort = "updated",
) -> tuple[list[dict[str, Any]], Cursor | None]:
    """Conversations, best first, and the cursor of the next page (None: the end)."""
    conditions, values = _conditions(wanted, viewer)
    if after is not None:
        conditions.append(_ORDERS[sort][1])
        values |= {"after_at": after[0], "after_id": after[1]}
    values |= {**_seen_by(viewer), "status": wanted.status, "limit": limit}
    rows = await _statement(tuple(conditions), sort).rows(source, values)
    lines = [_Line._make(row) for row in rows]
    following = _place(lines[-1], sort) if len(lines) == limit else None
    return [_to_json(one, viewer.id) for one in lines], following


def _place(line: _Line, sort: Sort) -> Cursor:
    by = {"updated": line.updated_at, "waiting": line.waiting_since, "due": line.due_at}
    return by[sort], line.id


@cache
def _statement(conditions: tuple[str, ...], sort: Sort) -> Query:
    """The page under these conditions: a few dozen statements in all, each made once."""
    order = _ORDERS[sort][0]
    source = _PAGE.format(
        conditions="".join(f" AND {line}" for line in conditions),
        inner=order.format(of=""),
        outer=order.format(of="one."),
    )
    return Query(f"{_SHOWN.format(source=source)} ORDER BY {order.format(of='c.')}")


async def count(source: Source, viewer: Viewer, wanted: Filter, *, most: int) -> int:
    """How many conversations there are, counted up to `most`."""
    conditions, values = _conditions(wanted, viewer)
    values |= {**_seen_by(viewer), "status": wanted.status, "most": most}
    rows = await _counting(tuple(conditions)).rows(source, values)
    return int(rows[0]["number"])


@cache
def _counting(conditions: tuple[str, ...]) -> Query:
    lines = "".join(f" AND {line}" for line in conditions)
    return Query(f"""
        SELECT count(*) AS number FROM (
            SELECT 1 FROM conversations
            WHERE (:status = '' OR status = :status) AND merged_into_id IS NULL
              AND inbox_id <> ALL (CAST(:hidden AS uuid[])) {lines}
            LIMIT :most
        ) AS found
    """)  # noqa: S608 - constants


async def get(source: Source, viewer: Viewer, conversation_id: UUID) -> dict[str, Any]:
    """One conversation; raises NotFound, also for one the viewer may not see."""
    rows = await _ONE.rows(source, {"id": conversation_id, **_seen_by(viewer)})
    if not rows:
        raise NotFound(f"There is no conversation {conversation_id}.")
    return _to_json(_Line._make(rows[0]), viewer.id)


async def listed(
    source: Source, viewer: Viewer, conversation_ids: Sequence[UUID]
) -> list[dict[str, Any]]:
    """These conversations, those hidden from the viewer left out, in no order."""
    rows = await _SEVERAL.rows(source, {"ids": list(conversation_ids), **_seen_by(viewer)})
    lines = map(_Line._make, rows)
    return [_to_json(one, viewer.id) for one in lines if viewer.sees(one.inbox_id)]


def _seen_by(viewer: Viewer) -> dict[str, Any]:
    return {"viewer": viewer.id, "hidden": list(viewer.hidden_inboxes)}


def _conditions(wanted: Filter, viewer: Viewer) -> tuple[list[str], dict[str, Any]]:
    lines: dict[str, tuple[object, str]] = {
        "channel": (wanted.channel, "channels @> ARRAY[CAST(:channel AS text)]"),
        "label": (wanted.label, "labels @> ARRAY[CAST(:label AS text)]"),
        "inbox": (wanted.inbox_id, "inbox_id = :inbox"),
        "customer": (
            wanted.customer_id,
            """opening_stream_id IN (
                SELECT id FROM streams
                WHERE root_id = (SELECT root_id FROM customers WHERE id = :customer))""",
        ),
        "assignee": _whose("assignee", wanted.assignee, viewer),
        "team": _whose("team", wanted.team, viewer),
        "unread": (wanted.unread or None, _UNREAD),
    }
    asked = {name: one for name, one in lines.items() if one[0] not in {"", None}}
    return [line for _, line in asked.values()], {name: one for name, (one, _) in asked.items()}


def _whose(field: str, value: UUID | str, viewer: Viewer) -> tuple[object, str]:
    if value == "none":
        return value, f"{field}_id IS NULL"
    # A program has no conversations of its own: nothing is its id.
    mine = viewer.id if viewer.kind == "operator" else UUID(int=0)
    return (mine if value == "me" else value), f"{field}_id = :{field}"


def _to_json(row: _Line, viewer_id: UUID | None = None) -> dict[str, Any]:
    """The shape of design section 6."""
    followers = row.followers or []
    return {
        "id": str(row.id),
        "customer": {
            "id": str(row.customer_id),
            "name": row.customer_name,
            "locale": row.customer_locale,
            "contact_point": {"scheme": row.scheme, "value": row.value} if row.scheme else None,
        },
        "inbox_id": str(row.inbox_id),
        "status": row.status,
        "assignee": _named(row.assignee_id, row.assignee_name),
        "team": _named(row.team_id, row.team_name),
        "priority": row.priority,
        "labels": row.labels,
        "channels": row.channels,
        "snoozed_until": _moment(row.snoozed_until),
        "waiting_since": _moment(row.waiting_since),
        "due_at": _moment(row.due_at),
        "last_entry": _last_entry(row) if row.entry_id else None,
        "unread": row.unread,
        "opened_at": rfc3339(row.opened_at),
        "updated_at": rfc3339(row.updated_at),
        "closed_at": _moment(row.closed_at),
        "close_reason": row.close_reason,
        "score": row.score,
        "followers": followers,
        "following": any(one["id"] == str(viewer_id) for one in followers),
    }


def _last_entry(row: _Line) -> dict[str, Any]:
    """Enough of an entry for one line; `text` is cut at `PREVIEW` characters."""
    deleted = row.deleted_at is not None
    return {
        "id": str(row.entry_id),
        "position": row.entry_position,
        "kind": row.kind,
        "direction": row.direction,
        "channel": row.entry_channel,
        "author": {
            "kind": row.author_kind,
            "id": str(row.author_id) if row.author_id else None,
            "name": row.author_name,
        },
        "text": "" if deleted else row.text,
        "data": {} if deleted else row.data or {},
        "file_count": 0 if deleted else row.file_count,
        "status": row.entry_status,
        "deleted": deleted,
        "occurred_at": rfc3339(row.occurred_at),
        "recorded_at": rfc3339(row.recorded_at),
    }


def _named(key: UUID | None, name: str | None) -> dict[str, Any] | None:
    return None if key is None else {"id": str(key), "name": name or ""}


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else rfc3339(moment)


async def summaries(
    source: Source, conversation_ids: Sequence[UUID]
) -> Mapping[UUID, Mapping[str, Any]]:
    """Conversations as live events show them: the same for everybody who sees their inbox.

    Without `unread` and `following`, which are each viewer's own, and without `last_entry`, which
    may have come through an inbox that this viewer does not see.
    """
    rows = await _SEVERAL.rows(
        source, {"ids": list(conversation_ids), "viewer": None, "hidden": []}
    )
    own = {"unread", "following", "last_entry"}
    return {
        line.id: {name: fact for name, fact in _to_json(line).items() if name not in own}
        for line in map(_Line._make, rows)
    }
