"""Keeping the calendars, and finding the one that holds for an inbox and a team."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from asyncpg import Record
from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from hub.db.base import Json
from hub.db.engine import AnySession, WriteSession
from hub.db.rows import Query, Source
from hub.errors import Conflict, Invalid, NotFound
from hub.hours import spec
from hub.hours.calendar import ALWAYS, Calendar

_VIEW = """
    SELECT c.id, c.name, c.time_zone, c.week, c.holidays, c.is_default,
           ARRAY(SELECT inbox_id FROM calendar_inboxes WHERE calendar_id = c.id ORDER BY 1)
               AS inboxes,
           ARRAY(SELECT team_id FROM calendar_teams WHERE calendar_id = c.id ORDER BY 1) AS teams,
           c.created_at
    FROM calendars AS c
"""
_ALL = Query(_VIEW)
_FOR_INBOX = Query(f"""
    {_VIEW} WHERE c.is_default OR EXISTS (
        SELECT FROM calendar_inboxes AS i WHERE i.calendar_id = c.id AND i.inbox_id = :inbox)
""")
_PAGE = text(
    f"{_VIEW} WHERE CAST(:after AS uuid) IS NULL OR c.id > :after ORDER BY c.id LIMIT :limit"
)
_ONE = text(f"{_VIEW} WHERE c.id = :id")
_LOCK = text("SELECT 1 FROM calendars WHERE id = :id FOR UPDATE")
_TAKEN = text("SELECT id FROM calendars WHERE name = :name AND id IS DISTINCT FROM :id")
_INSERT = text("""
    INSERT INTO calendars (name, time_zone, week, holidays, is_default, created_at)
    VALUES (:name, :time_zone, :week, :holidays, false, :now)
    ON CONFLICT (name) DO NOTHING RETURNING id
""").bindparams(bindparam("week", type_=JSONB), bindparam("holidays", type_=JSONB))
_UPDATE = text("""
    UPDATE calendars SET name = :name, time_zone = :time_zone, week = :week, holidays = :holidays
    WHERE id = :id
""").bindparams(bindparam("week", type_=JSONB), bindparam("holidays", type_=JSONB))
_NO_DEFAULT = text("UPDATE calendars SET is_default = false WHERE is_default AND id <> :id")
_DEFAULT = text("UPDATE calendars SET is_default = :is_default WHERE id = :id")
_ALONE = text("SELECT pg_advisory_xact_lock(hashtext('calendars'))")
_DELETE = text("DELETE FROM calendars WHERE id = :id RETURNING id")
_USERS = {"inboxes": ("calendar_inboxes", "inbox_id"), "teams": ("calendar_teams", "team_id")}


@dataclass(frozen=True, slots=True)
class Calendars:
    """All hours of the company, as they are now."""

    default: Calendar = ALWAYS
    by_inbox: Mapping[UUID, Calendar] = field(default_factory=dict)
    by_team: Mapping[UUID, Calendar] = field(default_factory=dict)

    def of(self, inbox_id: UUID | None = None, team_id: UUID | None = None) -> Calendar:
        """The hours that hold: the team's, else the inbox's, else the company's."""
        found = self.by_team.get(team_id) if team_id else None
        if found is None and inbox_id:
            found = self.by_inbox.get(inbox_id)
        return found or self.default


async def load(session: Source) -> Calendars:
    return _read(await _ALL.rows(session, {}))


async def of_inbox(session: Source, inbox_id: UUID) -> Calendar:
    """The hours of one inbox; however many calendars there are, two are read."""
    return _read(await _FOR_INBOX.rows(session, {"inbox": inbox_id})).of(inbox_id)


def _read(rows: Iterable[Record]) -> Calendars:
    default = ALWAYS
    by_inbox: dict[UUID, Calendar] = {}
    by_team: dict[UUID, Calendar] = {}
    for row in rows:
        calendar = spec.compiled(row["time_zone"], row["week"], row["holidays"])
        default = calendar if row["is_default"] else default
        by_inbox |= dict.fromkeys(row["inboxes"], calendar)
        by_team |= dict.fromkeys(row["teams"], calendar)
    return Calendars(default, by_inbox, by_team)


async def page(session: AnySession, *, after: UUID | None, limit: int) -> list[Json]:
    """Oldest first, each as `get` gives it."""
    connection = await session.connection()
    rows = await connection.execute(_PAGE, {"after": after, "limit": limit})
    return [_shown(row) for row in rows.mappings()]


async def get(session: AnySession, calendar_id: UUID) -> Json:
    """{"id", "name", "time_zone", "week", "holidays", "default", "inboxes", "teams",
    "created_at"}."""
    rows = await (await session.connection()).execute(_ONE, {"id": calendar_id})
    row = rows.mappings().first()
    if row is None:
        raise _unknown()
    return _shown(row)


async def create(session: WriteSession, new: Json, now: datetime) -> UUID:
    """Raises Conflict naming the one that has this name, and Invalid."""
    await _alone(session)
    spec.compiled(new["time_zone"], new["week"], new["holidays"])
    calendar_id = await session.scalar(_INSERT, {**_kept(new), "now": now})
    if calendar_id is None:
        raise await _taken(session, new["name"], None)
    await _used(session, calendar_id, new)
    found: UUID = calendar_id
    return found


async def update(session: WriteSession, calendar_id: UUID, changes: Json) -> None:
    """Change what is given; raises NotFound, Conflict, Invalid."""
    await _alone(session)
    if await session.scalar(_LOCK, {"id": calendar_id}) is None:
        raise _unknown()
    after = {**await get(session, calendar_id), **changes}
    spec.compiled(after["time_zone"], after["week"], after["holidays"])
    if await session.scalar(_TAKEN, {"name": after["name"], "id": calendar_id}) is not None:
        raise await _taken(session, after["name"], calendar_id)
    await session.execute(_UPDATE, {**_kept(after), "id": calendar_id})
    await _used(session, calendar_id, changes)


async def remove(session: WriteSession, calendar_id: UUID) -> None:
    """Who had these hours has the default ones then, or is always open without any."""
    await _alone(session)
    if await session.scalar(_DELETE, {"id": calendar_id}) is None:
        raise _unknown()


async def _alone(session: WriteSession) -> None:
    """One change at a time: two that give each other's inboxes away would deadlock."""
    await session.execute(_ALONE)


async def _used(session: WriteSession, calendar_id: UUID, given: Json) -> None:
    if "default" in given:
        if given["default"]:
            await session.execute(_NO_DEFAULT, {"id": calendar_id})
        await session.execute(_DEFAULT, {"id": calendar_id, "is_default": given["default"]})
    for users in _USERS:
        if users in given:
            await _give(session, calendar_id, users, given[users])


async def _give(
    session: WriteSession, calendar_id: UUID, users: str, ids: Collection[UUID]
) -> None:
    """Make it the calendar of exactly these; whoever had another one has it no more."""
    table, column = _USERS[users]
    connection = await session.connection()
    known = await connection.execute(
        text(f"SELECT id FROM {users} WHERE id = ANY (CAST(:ids AS uuid[]))"),  # noqa: S608
        {"ids": list(ids)},
    )
    if unknown := set(ids) - {row.id for row in known}:
        named = ", ".join(sorted(map(str, unknown)))
        raise Invalid("Some of these are not there.", fields={users: f"Unknown: {named}"})
    await connection.execute(
        text(f"DELETE FROM {table} WHERE calendar_id = :id"),  # noqa: S608
        {"id": calendar_id},
    )
    await connection.execute(
        text(
            f"INSERT INTO {table} ({column}, calendar_id)"  # noqa: S608
            " SELECT DISTINCT given, CAST(:id AS uuid)"
            " FROM unnest(CAST(:ids AS uuid[])) AS given"
            f" ON CONFLICT ({column}) DO UPDATE SET calendar_id = excluded.calendar_id"
        ),
        {"id": calendar_id, "ids": list(ids)},
    )


def _kept(given: Json) -> Json:
    return {name: given[name] for name in ("name", "time_zone", "week", "holidays")}


def _shown(row: Mapping[Any, Any]) -> Json:
    shown = dict(row)
    shown["default"] = shown.pop("is_default")
    return shown


def _unknown() -> NotFound:
    return NotFound("There is no such calendar.")


async def _taken(session: AnySession, name: str, calendar_id: UUID | None) -> Conflict:
    existing = await session.scalar(_TAKEN, {"name": name, "id": calendar_id})
    return Conflict(
        "There is a calendar of this name.",
        fields={"name": "Choose another name."},
        extra={"id": str(existing)},
    )
