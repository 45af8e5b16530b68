"""Who may answer in an inbox, with what they have in hand: as it is in this very moment."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from hub.db.engine import AnySession, WriteSession
from hub.db.rows import Query
from hub.desk.turns import Person
from hub.operators.access import ROLE_SCOPES, Role, Scope
from hub.timeline.presence import HERE, LASTS

_ANSWERING = ", ".join(
    f"'{role}'" for role, scopes in ROLE_SCOPES.items() if Scope.MESSAGES_WRITE in scopes
)
_EVERYWHERE = f"'{Role.ADMINISTRATOR}', '{Role.SUPERVISOR}'"

# An inbox with teams is theirs alone, as `hub.operators.viewers` has it.
_MAY = f"""
    o.disabled_at IS NULL AND o.role IN ({_ANSWERING}) AND (
        o.role IN ({_EVERYWHERE})
        OR NOT EXISTS (SELECT 1 FROM team_inboxes WHERE inbox_id = :inbox)
        OR EXISTS (SELECT 1 FROM team_inboxes JOIN team_members USING (team_id)
                   WHERE inbox_id = :inbox AND operator_id = o.id))
"""  # noqa: S608 - only constants are put in
_SHOWN = f"""
    SELECT o.id, {HERE.format(operator="o.id")} AS present, o.given_at,
           (SELECT count(*) FROM conversations
            WHERE assignee_id = o.id AND status = 'open') AS load
"""  # noqa: S608 - only constants are put in
_MEMBERS = Query(f"""
    {_SHOWN}, coalesce(o.capacity, t.capacity) AS capacity
    FROM team_members AS m
    JOIN teams AS t ON t.id = m.team_id JOIN operators AS o ON o.id = m.operator_id
    WHERE m.team_id = :team AND {_MAY}
""")
_OWNER = Query(f"""
    {_SHOWN}, coalesce(o.capacity, 0) AS capacity FROM operators AS o
    WHERE {_MAY} AND o.id = (
        SELECT record.owner_id FROM customers AS record
        WHERE record.root_id = :root AND record.owner_id IS NOT NULL
        ORDER BY record.id <> record.root_id, record.id LIMIT 1)
""")  # noqa: S608 - only constants are put in
_GIVEN = Query("UPDATE operators SET given_at = :now WHERE id = :id")


async def members(session: AnySession, team_id: UUID, inbox_id: UUID | None) -> list[Person]:
    """Those of the team who may answer in this inbox; None: in one that is everybody's."""
    rows = await _MEMBERS.rows(session, {"team": team_id, "inbox": inbox_id, "lasts": LASTS})
    return _people(rows)


async def owner(session: AnySession, root_id: UUID, inbox_id: UUID) -> Person | None:
    """Who is responsible for the customer, where they may answer in this inbox."""
    rows = await _OWNER.rows(session, {"root": root_id, "inbox": inbox_id, "lasts": LASTS})
    return next(iter(_people(rows)), None)


async def given(session: WriteSession, operator_id: UUID, now: datetime) -> None:
    """Note that it was their turn."""
    await _GIVEN.rows(session, {"id": operator_id, "now": now})


def _people(rows: Sequence[asyncpg.Record]) -> list[Person]:
    return [
        Person(row["id"], row["present"], row["load"], row["capacity"], row["given_at"])
        for row in rows
    ]
