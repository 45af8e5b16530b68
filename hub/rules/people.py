"""Whom a rule names: operators by mail address or id, teams by name or id, webhooks by name."""

from collections.abc import Sequence
from uuid import UUID

from hub.db.engine import AnySession
from hub.db.rows import Query
from hub.errors import Invalid
from hub.ids import parse_id
from hub.rules.fields import unknown
from hub.rules.steps import Action, all_actions

NOBODY = "nobody"

_OPERATORS = Query("""
    SELECT id, lower(email) AS name FROM operators WHERE disabled_at IS NULL ORDER BY email
""")
_WEBHOOKS = Query("SELECT id, name FROM webhooks ORDER BY name")
_TEAMS = Query("SELECT id, name FROM teams ORDER BY name")


async def operator_id(session: AnySession, who: str) -> UUID | None:
    """None for nobody; raises Invalid, with the nearest one there is."""
    return await _found(session, _OPERATORS, who.lower(), "operator")


async def team_id(session: AnySession, which: str) -> UUID | None:
    """None for nobody; raises Invalid, with the nearest one there is."""
    return await _found(session, _TEAMS, which, "team")


async def _found(
    session: AnySession, known: Query, name: str, what: str, *, nobody: str = NOBODY
) -> UUID | None:
    if nobody and name == nobody:
        return None
    rows = await known.rows(session, {})
    wanted = parse_id(name)
    for row in rows:
        if row["name"] == name or row["id"] == wanted:
            found: UUID = row["id"]
            return found
    names = [row["name"] for row in rows] + ([nobody] if nobody else [])
    if not names:
        raise Invalid(f"There is no {what} `{name}`, nor any other.")
    raise unknown(name, names, what)


async def check(session: AnySession, actions: Sequence[Action]) -> None:
    """Raises Invalid for somebody who is not there."""
    for action in all_actions(actions):
        if action.assign is not None and action.assign.operator:
            await operator_id(session, action.assign.operator)
        if action.assign is not None and action.assign.team:
            await team_id(session, action.assign.team)
        if action.webhook is not None:
            await _found(session, _WEBHOOKS, action.webhook.name, "webhook", nobody="")
