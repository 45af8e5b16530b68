"""Whom a rule gives a conversation to: operators by mail address or id, teams by name or id."""

from collections.abc import Sequence
from uuid import UUID

from hub.db.engine import AnySession
from hub.db.rows import Query
from hub.ids import parse_id
from hub.rules.fields import unknown
from hub.rules.steps import Action, all_actions

NOBODY = "nobody"

_OPERATORS = Query("""
    SELECT id, lower(email) AS name FROM operators WHERE disabled_at IS NULL ORDER BY email
""")
_TEAMS = Query("SELECT id, name FROM teams ORDER BY name")


async def operator_id(session: AnySession, who: str) -> UUID | None:
    """None for nobody; raises Invalid, with the nearest one there is."""
    return await _found(session, _OPERATORS, who.lower(), "operator")


async def team_id(session: AnySession, which: str) -> UUID | None:
    """None for nobody; raises Invalid, with the nearest one there is."""
    return await _found(session, _TEAMS, which, "team")


async def _found(session: AnySession, known: Query, name: str, what: str) -> UUID | None:
    if name == NOBODY:
        return None
    rows = await known.rows(session, {})
    wanted = parse_id(name)
    for row in rows:
        if row["name"] == name or row["id"] == wanted:
            found: UUID = row["id"]
            return found
    raise unknown(name, [*(row["name"] for row in rows), NOBODY], what)


async def check(session: AnySession, actions: Sequence[Action]) -> None:
    """Raises Invalid for somebody who is not there."""
    for action in all_actions(actions):
        if action.assign is not None and action.assign.operator:
            await operator_id(session, action.assign.operator)
        if action.assign is not None and action.assign.team:
            await team_id(session, action.assign.team)
