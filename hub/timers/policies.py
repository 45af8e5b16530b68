"""Keeping what is promised: policies by name, in their order."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from hub.db.base import Json
from hub.db.engine import AnySession, WriteSession
from hub.errors import Conflict, Invalid, NotFound
from hub.timers.decide import KINDS

_COLUMNS = (
    "name", "position", "inboxes", "teams", "priority", "first_reply", "next_reply", "resolution",
    "warn_percent",
)  # fmt: skip
_VIEW = f"SELECT id, {', '.join(_COLUMNS)}, created_at FROM timer_policies"  # noqa: S608
_PAGE = text(f"{_VIEW} WHERE CAST(:after AS uuid) IS NULL OR id > :after ORDER BY id LIMIT :limit")
_ONE = text(f"{_VIEW} WHERE id = :id")
_LOCK = text("SELECT 1 FROM timer_policies WHERE id = :id FOR UPDATE")
_TAKEN = text("SELECT id FROM timer_policies WHERE name = :name AND id IS DISTINCT FROM :id")
_INSERT = text(f"""
    INSERT INTO timer_policies ({", ".join(_COLUMNS)}, created_at)
    VALUES ({", ".join(f":{name}" for name in _COLUMNS)}, :now)
    ON CONFLICT (name) DO NOTHING RETURNING id
""")  # noqa: S608 - only constants are put in
_UPDATE = text(f"""
    UPDATE timer_policies SET {", ".join(f"{name} = :{name}" for name in _COLUMNS)}
    WHERE id = :id
""")  # noqa: S608 - only constants are put in
_OF_TEAM = text("""
    SELECT name, teams FROM timer_policies WHERE :team = ANY (teams) ORDER BY name FOR UPDATE
""")
_WITHOUT_TEAM = text("""
    UPDATE timer_policies SET teams = array_remove(teams, :team) WHERE :team = ANY (teams)
""")
_DELETE = text("DELETE FROM timer_policies WHERE id = :id RETURNING id")


async def page(session: AnySession, *, after: UUID | None, limit: int) -> list[Json]:
    """Oldest first, each as `get` gives it."""
    rows = await (await session.connection()).execute(_PAGE, {"after": after, "limit": limit})
    return [dict(row) for row in rows.mappings()]


async def get(session: AnySession, policy_id: UUID) -> Json:
    rows = await (await session.connection()).execute(_ONE, {"id": policy_id})
    row = rows.mappings().first()
    if row is None:
        raise _unknown()
    return dict(row)


async def create(session: WriteSession, new: Json, now: datetime) -> UUID:
    """Raises Conflict naming the one that has this name, and Invalid."""
    await _check(session, new)
    found = await session.scalar(_INSERT, {**_kept(new), "now": now})
    if found is None:
        raise await _taken(session, new["name"], None)
    policy_id: UUID = found
    return policy_id


async def update(session: WriteSession, policy_id: UUID, changes: Json) -> None:
    """Change what is given; raises NotFound, Conflict, Invalid."""
    if await session.scalar(_LOCK, {"id": policy_id}) is None:
        raise _unknown()
    after = {**await get(session, policy_id), **changes}
    await _check(session, after, changes)
    if await session.scalar(_TAKEN, {"name": after["name"], "id": policy_id}) is not None:
        raise await _taken(session, after["name"], policy_id)
    await session.execute(_UPDATE, {**_kept(after), "id": policy_id})


async def remove(session: WriteSession, policy_id: UUID) -> None:
    if await session.scalar(_DELETE, {"id": policy_id}) is None:
        raise _unknown()


async def forget_team(session: WriteSession, team_id: UUID) -> bool:
    """Take a team that goes out of every policy; whether it was in any.

    Raises Conflict where one is for nobody else: without its team it would be for everybody.
    """
    rows = (await (await session.connection()).execute(_OF_TEAM, {"team": team_id})).all()
    if alone := [row.name for row in rows if len(set(row.teams)) == 1]:
        raise Conflict(
            f"Reply times are promised for this team alone: {', '.join(alone)}.",
            remedy="Delete that promise, or give it to another team, and then delete the team.",
        )
    if rows:
        await session.execute(_WITHOUT_TEAM, {"team": team_id})
    return bool(rows)


async def _check(session: AnySession, one: Json, given: Collection[str] = _COLUMNS) -> None:
    """given: the fields that are new; what was kept before may be gone meanwhile."""
    if all(one[kind] is None for kind in KINDS):
        raise Invalid(
            "This promises nothing.",
            remedy="Give minutes for the first reply, the next one, or the resolution.",
            fields={"first_reply": "one of the three is needed"},
        )
    for users in {"inboxes", "teams"} & set(given):
        await _known(session, users, one[users])


async def _known(session: AnySession, users: str, ids: Collection[UUID]) -> None:
    connection = await session.connection()
    rows = await connection.execute(
        text(f"SELECT id FROM {users} WHERE id = ANY (CAST(:ids AS uuid[]))"),  # noqa: S608
        {"ids": list(ids)},
    )
    if unknown := set(ids) - {row.id for row in rows}:
        named = ", ".join(sorted(map(str, unknown)))
        raise Invalid("Some of these are not there.", fields={users: f"Unknown: {named}"})


def _kept(given: Mapping[str, Any]) -> Json:
    return {name: given[name] for name in _COLUMNS}


def _unknown() -> NotFound:
    return NotFound("There is no such promise.")


async def _taken(session: AnySession, name: str, policy_id: UUID | None) -> Conflict:
    existing = await session.scalar(_TAKEN, {"name": name, "id": policy_id})
    return Conflict(
        "There is a promise of this name.",
        fields={"name": "Choose another name."},
        extra={"id": str(existing)},
    )
