"""Teams: who belongs to them and which inboxes are theirs."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, text
from sqlalchemy.dialects.postgresql import insert

from hub.db.base import Json
from hub.db.engine import AnySession, WriteSession
from hub.errors import Conflict, Invalid, NotFound
from hub.operators.tables import Operator, Team, TeamInbox, TeamMember

_VIEW = text("""
    SELECT t.id, t.name, t.routing, t.capacity, t.created_at,
           ARRAY(SELECT operator_id FROM team_members WHERE team_id = t.id ORDER BY 1) AS members,
           ARRAY(SELECT inbox_id FROM team_inboxes WHERE team_id = t.id ORDER BY 1) AS inboxes
    FROM teams t
    WHERE (CAST(:id AS uuid) IS NULL OR t.id = :id)
      AND (CAST(:after AS uuid) IS NULL OR t.id > :after)
    ORDER BY t.id LIMIT :limit
""")
_KNOWN_INBOXES = text("SELECT id FROM inboxes WHERE id = ANY (CAST(:ids AS uuid[]))")


async def page(session: AnySession, *, after: UUID | None, limit: int) -> list[Json]:
    """Oldest first: {"id", "name", "members": [operator ids], "inboxes": [ids], "routing",
    "capacity", "created_at"}."""
    rows = await (await session.connection()).execute(
        _VIEW, {"id": None, "after": after, "limit": limit}
    )
    return [dict(row) for row in rows.mappings()]


async def get(session: AnySession, team_id: UUID) -> Json:
    rows = await (await session.connection()).execute(
        _VIEW, {"id": team_id, "after": None, "limit": 1}
    )
    row = rows.mappings().first()
    if row is None:
        raise NotFound("There is no such team.")
    return dict(row)


async def create(session: WriteSession, name: str, now: datetime) -> UUID:
    """Raises Conflict naming the team that has this name."""
    query = insert(Team).values(name=name, created_at=now).on_conflict_do_nothing()
    team_id: UUID | None = await session.scalar(query.returning(Team.id))
    if team_id is None:
        raise await _taken(session, name)
    return team_id


async def rename(session: WriteSession, team_id: UUID, name: str) -> None:
    other = await session.scalar(select(Team.id).where(Team.name == name, Team.id != team_id))
    if other is not None:
        raise await _taken(session, name)
    (await _locked(session, team_id)).name = name
    await session.flush()


async def set_routing(
    session: WriteSession,
    team_id: UUID,
    *,
    routing: str | None = None,
    capacity: int | None = None,
) -> None:
    """How its conversations are given away; None stays as it is."""
    row = await _locked(session, team_id)
    row.routing = row.routing if routing is None else routing
    row.capacity = row.capacity if capacity is None else capacity
    await session.flush()


async def set_members(session: WriteSession, team_id: UUID, members: Collection[UUID]) -> None:
    """Make exactly these operators the team; raises Invalid naming who is unknown."""
    await _locked(session, team_id)
    wanted = set(members)
    known = set((await session.scalars(select(Operator.id).where(Operator.id.in_(wanted)))).all())
    _refuse_unknown(wanted - known, "members", "operator")
    await session.execute(delete(TeamMember).where(TeamMember.team_id == team_id))
    session.add_all(TeamMember(team_id=team_id, operator_id=one) for one in sorted(wanted))
    await session.flush()


async def set_inboxes(session: WriteSession, team_id: UUID, inboxes: Collection[UUID]) -> None:
    """Give exactly these inboxes to the team; raises Invalid naming what is unknown."""
    await _locked(session, team_id)
    wanted = set(inboxes)
    rows = await (await session.connection()).execute(_KNOWN_INBOXES, {"ids": list(wanted)})
    _refuse_unknown(wanted - {row.id for row in rows}, "inboxes", "inbox")
    await session.execute(delete(TeamInbox).where(TeamInbox.team_id == team_id))
    session.add_all(TeamInbox(team_id=team_id, inbox_id=one) for one in sorted(wanted))
    await session.flush()


async def remove(session: WriteSession, team_id: UUID) -> None:
    """Its inboxes become everybody's unless another team has them; conversations keep no team."""
    await _locked(session, team_id)
    await session.execute(
        text("UPDATE conversations SET team_id = NULL WHERE team_id = :id"), {"id": team_id}
    )
    await session.execute(delete(Team).where(Team.id == team_id))


async def _locked(session: WriteSession, team_id: UUID) -> Team:
    row = await session.get(Team, team_id, with_for_update=True)
    if row is None:
        raise NotFound("There is no such team.")
    return row


async def _taken(session: AnySession, name: str) -> Conflict:
    existing = await session.scalar(select(Team.id).where(Team.name == name))
    return Conflict(
        "There is a team of this name.",
        fields={"name": "Choose another name."},
        extra={"id": str(existing)},
    )


def _refuse_unknown(unknown: set[UUID], field: str, thing: str) -> None:
    if unknown:
        named = ", ".join(sorted(map(str, unknown)))
        raise Invalid(f"There is no such {thing}.", fields={field: f"Unknown: {named}"})
