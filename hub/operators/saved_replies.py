"""Saved replies: canned answers of everybody, of a team, or of one operator.

Everybody's and a team's are changed by whoever holds `shared:write`; one's own by oneself alone.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from hub import rendering
from hub.db.base import Json
from hub.db.engine import AnySession, WriteSession
from hub.errors import Invalid, NotFound
from hub.ids import new_id
from hub.operators.access import Scope, Viewer

After = tuple[str, UUID]
"""(name in small letters, id) of the last one of a page."""

# Whoever leads sees every team's; a program sees what is nobody's own.
_SHOWN = """
    SELECT r.id, r.name, r.shortcut, r.text, r.owner_id IS NOT NULL AS mine, r.updated_at,
           lower(r.name) AS sorted, r.team_id, teams.name AS team_name
    FROM saved_replies AS r LEFT JOIN teams ON teams.id = r.team_id
    WHERE (r.owner_id IS NULL OR r.owner_id = :viewer)
      AND (r.team_id IS NULL OR :everything OR r.owner_id = :viewer OR EXISTS (
            SELECT 1 FROM team_members AS m
            WHERE m.team_id = r.team_id AND m.operator_id = :viewer))
"""

_PAGE = text(f"""
    {_SHOWN}
      AND (:part = '%%' OR lower(r.name) LIKE :part OR lower(r.shortcut) LIKE :part
           OR lower(r.text) LIKE :part)
      AND (CAST(:after_name AS text) IS NULL OR (lower(r.name), r.id) > (:after_name, :after_id))
    ORDER BY lower(r.name), r.id LIMIT :limit
""")

_ONE = text(f"{_SHOWN} AND r.id = :id")

_INSERT = text("""
    INSERT INTO saved_replies (id, name, shortcut, text, team_id, owner_id, created_at, updated_at)
    VALUES (:id, :name, :shortcut, :text, :team_id, :owner, :now, :now)
""")

_UPDATE = text("""
    UPDATE saved_replies
    SET name = :name, shortcut = :shortcut, text = :text, team_id = :team_id, updated_at = :now
    WHERE id = :id
""")

_DELETE = text("DELETE FROM saved_replies WHERE id = :id")

_TEAM = text("SELECT 1 FROM teams WHERE id = :id")


@dataclass(frozen=True, slots=True)
class Reply:
    """What a saved reply says. `mine`: of the viewer alone, for which no `shared:write` is due."""

    name: str
    text: str
    shortcut: str = ""
    team_id: UUID | None = None
    mine: bool = False


async def page(
    session: AnySession, viewer: Viewer, q: str, *, limit: int, after: After | None = None
) -> tuple[list[Json], After | None]:
    """Those the viewer may use whose name, shortcut or text holds `q`, by name.

    `{"id", "name", "shortcut", "text", "team": {"id", "name"} or None, "mine", "updated_at",
    "rendered", "fault"}`: the last two as `filled_in` leaves them.
    """
    rows = await (await session.connection()).execute(
        _PAGE,
        {
            **_seen_by(viewer),
            "part": f"%{_escaped(q.strip().lower())}%",
            "after_name": after[0] if after else None,
            "after_id": after[1] if after else None,
            "limit": limit,
        },
    )
    found = rows.all()
    following = (found[-1].sorted, found[-1].id) if len(found) == limit else None
    return [_view(row) for row in found], following


async def get(session: AnySession, viewer: Viewer, reply_id: UUID) -> Json:
    """Raises NotFound, also for another operator's own."""
    rows = await (await session.connection()).execute(_ONE, {**_seen_by(viewer), "id": reply_id})
    row = rows.first()
    if row is None:
        raise NotFound("There is no such saved reply.")
    return _view(row)


async def create(session: WriteSession, viewer: Viewer, new: Reply, now: datetime) -> Json:
    """Raises Forbidden for a shared one without `shared:write`, Invalid for a faulty text."""
    if new.mine and viewer.kind != "operator":
        raise Invalid("A program has no saved replies of its own.", fields={"mine": "not here"})
    _require(viewer, mine=new.mine)
    await _check(session, new)
    reply_id = new_id()
    owner = viewer.id if new.mine else None
    await (await session.connection()).execute(
        _INSERT, {**_values(new), "id": reply_id, "owner": owner, "now": now}
    )
    return await get(session, viewer, reply_id)


async def update(
    session: WriteSession, viewer: Viewer, reply_id: UUID, changes: Json, now: datetime
) -> Json:
    """Change any of name, text, shortcut, team_id."""
    before = await get(session, viewer, reply_id)
    _require(viewer, mine=before["mine"])
    team = before["team"]
    kept = {
        "name": before["name"],
        "text": before["text"],
        "shortcut": before["shortcut"],
        "team_id": team["id"] if team else None,
        "mine": before["mine"],
    }
    after = Reply(**{**kept, **changes})
    await _check(session, after)
    await (await session.connection()).execute(
        _UPDATE, {**_values(after), "id": reply_id, "now": now}
    )
    return await get(session, viewer, reply_id)


async def delete(session: WriteSession, viewer: Viewer, reply_id: UUID) -> None:
    _require(viewer, mine=(await get(session, viewer, reply_id))["mine"])
    await (await session.connection()).execute(_DELETE, {"id": reply_id})


def _require(viewer: Viewer, *, mine: bool) -> None:
    if not mine:
        viewer.require(Scope.SHARED_WRITE)


async def _check(session: AnySession, reply: Reply) -> None:
    try:
        rendering.check(reply.text)
    except Invalid as error:
        raise Invalid(str(error), remedy=error.remedy, fields={"text": str(error)}) from error
    if reply.team_id is None:
        return
    if reply.mine:
        raise Invalid("A reply is one's own or a team's.", fields={"team": "not with mine"})
    if await (await session.connection()).scalar(_TEAM, {"id": reply.team_id}) is None:
        raise Invalid("There is no such team.", fields={"team": "no such team"})


def _values(reply: Reply) -> Json:
    return {
        "name": reply.name,
        "shortcut": reply.shortcut,
        "text": reply.text,
        "team_id": reply.team_id,
    }


def _seen_by(viewer: Viewer) -> Json:
    everything = viewer.kind != "operator" or viewer.may(Scope.SHARED_WRITE)
    return {"viewer": viewer.id, "everything": everything}


def _escaped(part: str) -> str:
    return part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _view(row: Any) -> Json:  # noqa: ANN401 - a row
    return {
        "id": row.id,
        "name": row.name,
        "shortcut": row.shortcut,
        "text": row.text,
        "team": {"id": row.team_id, "name": row.team_name} if row.team_id else None,
        "mine": row.mine,
        "updated_at": row.updated_at,
        "rendered": None,
        "fault": "",
    }


def filled_in(reply: Json, fields: Json, *, locale: str, time_zone: str) -> Json:
    """The reply with `rendered`; where a field is missing, with `fault` and no `rendered`."""
    try:
        words = rendering.render(reply["text"], fields, locale=locale, time_zone=time_zone)
    except Invalid as error:
        return {**reply, "rendered": None, "fault": str(error)}
    return {**reply, "rendered": words, "fault": ""}
