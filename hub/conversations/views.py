"""Saved views: filters of the list of conversations under a name, one's own or everybody's.

What is everybody's is changed by whoever holds `shared:write`.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Row, text

from hub.conversations import counters
from hub.conversations.repository import Filter
from hub.db.base import Json
from hub.db.engine import AnySession, WriteSession
from hub.errors import Invalid, NotFound
from hub.ids import new_id, parse_id
from hub.operators.access import Scope, Viewer

MOST = 100
"""Views one sees: each is counted whenever the list is shown."""

_SHOWN = """
    SELECT id, name, filter, owner_id IS NULL AS shared, position FROM saved_views
    WHERE (owner_id IS NULL OR owner_id = :viewer)
"""
_LIST = text(f"{_SHOWN} ORDER BY position, lower(name), id LIMIT {MOST}")
_ONE = text(f"{_SHOWN} AND id = :id")

_INSERT = text("""
    INSERT INTO saved_views (id, name, filter, owner_id, position, created_at)
    VALUES (:id, :name, CAST(:filter AS jsonb), :owner, :position, :now)
""")

_UPDATE = text("""
    UPDATE saved_views
    SET name = :name, filter = CAST(:filter AS jsonb), owner_id = :owner, position = :position
    WHERE id = :id
""")

_DELETE = text("DELETE FROM saved_views WHERE id = :id")


@dataclass(frozen=True, slots=True)
class View:
    """filter: any of status, assignee, team, channel, label, inbox, as a query names them."""

    name: str
    filter: Json = field(default_factory=dict)
    shared: bool = False
    position: int = 0


def to_filter(stored: Json) -> Filter:
    """The filter a view stands for; what names nobody any more finds nothing, and is no fault."""
    return Filter(
        status=stored.get("status", ""),
        assignee=_whose(stored.get("assignee", "")),
        team=_whose(stored.get("team", "")),
        channel=stored.get("channel", ""),
        label=stored.get("label", ""),
        inbox_id=parse_id(stored["inbox"]) if stored.get("inbox") else None,
    )


def _whose(value: str) -> Any:  # noqa: ANN401 - a word or an id
    return parse_id(value) or value


async def listing(session: AnySession, viewer: Viewer) -> list[Json]:
    """`{"id", "name", "filter", "shared", "position", "count"}`: everybody's and one's own."""
    rows = (await (await session.connection()).execute(_LIST, {"viewer": viewer.id})).all()
    return [await _shown(session, viewer, row) for row in rows]


async def get(session: AnySession, viewer: Viewer, view_id: UUID) -> Json:
    """Raises NotFound, also for another operator's own."""
    return await _shown(session, viewer, await _row(session, viewer, view_id))


async def create(session: WriteSession, viewer: Viewer, new: View, now: datetime) -> Json:
    """Raises Forbidden for a shared one without `shared:write`."""
    _require(viewer, shared=new.shared)
    view_id = new_id()
    await (await session.connection()).execute(
        _INSERT, {**_values(new, viewer), "id": view_id, "now": now}
    )
    return await get(session, viewer, view_id)


async def update(session: WriteSession, viewer: Viewer, view_id: UUID, changes: Json) -> Json:
    """Change any of name, filter, shared, position; whose it stops being shared for has it."""
    row = await _row(session, viewer, view_id)
    before = {"name": row.name, "filter": row.filter, "position": row.position}
    after = View(**{**before, "shared": row.shared, **changes})
    _require(viewer, shared=row.shared or after.shared)
    _require(viewer, shared=after.shared)
    await (await session.connection()).execute(_UPDATE, {**_values(after, viewer), "id": view_id})
    return await get(session, viewer, view_id)


async def delete(session: WriteSession, viewer: Viewer, view_id: UUID) -> None:
    _require(viewer, shared=(await _row(session, viewer, view_id)).shared)
    await (await session.connection()).execute(_DELETE, {"id": view_id})


def _require(viewer: Viewer, *, shared: bool) -> None:
    if shared:
        viewer.require(Scope.SHARED_WRITE)
    elif viewer.kind != "operator":
        raise Invalid("A program has no views of its own.", fields={"shared": "Say true."})


def _values(view: View, viewer: Viewer) -> Json:
    return {
        "name": view.name,
        "filter": orjson.dumps(view.filter, default=str).decode(),
        "owner": None if view.shared else viewer.id,
        "position": view.position,
    }


async def _row(session: AnySession, viewer: Viewer, view_id: UUID) -> Row[Any]:
    rows = await (await session.connection()).execute(_ONE, {"viewer": viewer.id, "id": view_id})
    row = rows.first()
    if row is None:
        raise NotFound("There is no such view.")
    return row


async def _shown(session: AnySession, viewer: Viewer, row: Row[Any]) -> Json:
    return {
        "id": row.id,
        "name": row.name,
        "filter": row.filter,
        "shared": row.shared,
        "position": row.position,
        "count": await counters.matching(session, viewer, to_filter(row.filter)),
    }
