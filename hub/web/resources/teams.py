"""`/teams`: who belongs together, and the inboxes that are theirs alone."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from hub.desk import turn_taking
from hub.operators import audit, teams
from hub.operators.access import Scope
from hub.timers import policies, watching
from hub.web.api import AnyCall, Call, Routes
from hub.web.bodies import Input
from hub.web.cursors import Page, Paging, after_id, by_id
from hub.web.shapes import Json, Name, Output

routes = Routes("teams")

Ids = Annotated[list[UUID], Field(max_length=1000)]
Way = Literal["by-hand", "round-robin"]
Capacity = Annotated[int, Field(ge=0, le=1000)]


class TeamView(Output):
    """An inbox in no team is everybody's.

    `routing`: `by-hand`, or `round-robin`: what opens in its inboxes, or is given to it, goes to
    who of it is there and has fewer than `capacity` open conversations, least loaded first.
    """

    id: UUID
    name: str
    members: list[UUID]
    inboxes: list[UUID]
    routing: Way
    capacity: int
    created_at: AwareDatetime


class NewTeam(Input):
    name: Name
    members: Ids = Field(default_factory=list)
    inboxes: Ids = Field(default_factory=list)
    routing: Way = "by-hand"
    capacity: Capacity = 20


class TeamChanges(Input):
    """Lists replace what was there."""

    name: Name | None = None
    members: Ids | None = None
    inboxes: Ids | None = None
    routing: Way | None = None
    capacity: Capacity | None = None


@routes.op("GET", "/teams", query=Paging, out=Page[TeamView], scope=Scope.MESSAGES_READ)
async def list_teams(call: Call[None, Paging]) -> Json:
    """All teams."""
    async with call.reading() as session:
        items = await teams.page(session, after=after_id(call.query), limit=call.query.limit)
    return by_id(items, call.query)


@routes.op(
    "POST",
    "/teams",
    body=NewTeam,
    out=TeamView,
    status=201,
    scope=Scope.ADMIN,
    also={409: "There is a team of this name; `id` says which."},
)
async def add_team(call: Call[NewTeam]) -> Json:
    """Make a team."""
    new = call.body
    team_id = await teams.create(call.session, new.name, call.now)
    await teams.set_members(call.session, team_id, new.members)
    await teams.set_inboxes(call.session, team_id, new.inboxes)
    await teams.set_routing(call.session, team_id, routing=new.routing, capacity=new.capacity)
    await _audit(call, "team.created", team_id)
    return await teams.get(call.session, team_id)


@routes.op("PATCH", "/teams/{id}", body=TeamChanges, out=TeamView, scope=Scope.ADMIN)
async def change_team(call: Call[TeamChanges]) -> Json:
    """Rename a team, or say anew who and what belongs to it. Takes effect within seconds."""
    wanted = call.body
    if wanted.name is not None:
        await teams.rename(call.session, call.id, wanted.name)
    if wanted.members is not None:
        await teams.set_members(call.session, call.id, wanted.members)
    if wanted.inboxes is not None:
        await teams.set_inboxes(call.session, call.id, wanted.inboxes)
    if wanted.routing is not None or wanted.capacity is not None:
        await teams.set_routing(
            call.session, call.id, routing=wanted.routing, capacity=wanted.capacity
        )
        await turn_taking.ask(call.session, call.id, call.now)
    await _audit(call, "team.changed", call.id)
    return await teams.get(call.session, call.id)


@routes.op(
    "DELETE",
    "/teams/{id}",
    status=204,
    scope=Scope.ADMIN,
    also={409: "Reply times are promised for this team alone."},
)
async def remove_team(call: Call) -> None:
    """Remove a team; an inbox that no other team has becomes everybody's.

    Reply times promised for it and for others stay with the others.
    """
    if await policies.forget_team(call.session, call.id):
        await watching.anew(call.session, call.now)
    await teams.remove(call.session, call.id)
    await _audit(call, "team.removed", call.id)


async def _audit(call: AnyCall, action: str, team_id: UUID) -> None:
    await audit.record(call.session, call.viewer, action, about=("team", team_id), now=call.now)
