"""Who a conversation may be given to: an operator who may answer in it, a team that exists."""

from uuid import UUID

from sqlalchemy import text

from hub.db.engine import AnySession
from hub.errors import Invalid
from hub.operators import viewers
from hub.operators.access import Scope, Viewer

_TEAM = text("SELECT name FROM teams WHERE id = :id")


def check(assignee: Viewer | None, inbox_id: UUID) -> Viewer:
    """The assignee, as they may see things; raises Invalid when they could not answer."""
    if assignee is None:
        raise _invalid("There is no such operator, or they have left.")
    if not assignee.may(Scope.MESSAGES_WRITE):
        raise _invalid(f"{assignee.name} may only read; an assignee has to answer.")
    if not assignee.sees(inbox_id):
        raise _invalid(f"{assignee.name} is in none of the teams this inbox is kept for.")
    return assignee


def _invalid(message: str) -> Invalid:
    return Invalid(message, fields={"assignee": message})


async def assignee_name(session: AnySession, operator_id: UUID, inbox_id: UUID) -> str:
    """The name of an operator who may be given a conversation of this inbox."""
    return check(await viewers.by_operator(session, operator_id), inbox_id).name


async def team_name(session: AnySession, team_id: UUID) -> str:
    """The name of a team that exists."""
    name: str | None = await (await session.connection()).scalar(_TEAM, {"id": team_id})
    if name is None:
        raise Invalid("There is no such team.", fields={"team": "no such team"})
    return name
