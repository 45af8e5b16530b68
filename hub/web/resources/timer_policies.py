"""`/timer-policies`: by when customers are to be answered, in business time."""

from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field

from hub.conversations.status import HIGHEST_PRIORITY
from hub.operators import audit
from hub.operators.access import Scope
from hub.timers import policies, watching
from hub.web.api import AnyCall, Call, Routes
from hub.web.bodies import Input
from hub.web.cursors import Page, Paging, after_id, by_id
from hub.web.shapes import Json, Name, Output, refuse_null

routes = Routes("reply times")

Ids = Annotated[list[UUID], Field(max_length=1000)]
Minutes = Annotated[int, Field(ge=1, le=60 * 24 * 365)]
Place = Annotated[int, Field(ge=0, le=10_000)]
Priority = Annotated[int, Field(ge=0, le=HIGHEST_PRIORITY)]
Percent = Annotated[int, Field(ge=1, le=100)]


class NewPolicy(Input):
    """Minutes of business time; null promises nothing. Of the policies that fit a conversation,
    the one with the lowest `position` holds.

    `inboxes` and `teams`: empty fits all. `priority`: conversations of this or a higher one.
    `warn_percent`: after that part of a time, `conversation.timer_warned` is told.
    """

    name: Name
    position: Place = 0
    inboxes: Ids = Field(default_factory=list)
    teams: Ids = Field(default_factory=list)
    priority: Priority = 0
    first_reply: Minutes | None = None
    next_reply: Minutes | None = None
    resolution: Minutes | None = None
    warn_percent: Percent = 80


class PolicyPatch(Input):
    """What is left out stays; null promises nothing any more."""

    name: Name | None = None
    position: Place | None = None
    inboxes: Ids | None = None
    teams: Ids | None = None
    priority: Priority | None = None
    first_reply: Minutes | None = None
    next_reply: Minutes | None = None
    resolution: Minutes | None = None
    warn_percent: Percent | None = None


class PolicyView(Output):
    id: UUID
    name: str
    position: int
    inboxes: list[UUID]
    teams: list[UUID]
    priority: int
    first_reply: int | None
    next_reply: int | None
    resolution: int | None
    warn_percent: int
    created_at: AwareDatetime


_TAKEN = {409: "There is a promise of this name; `id` says which."}
_CLEARABLE = {"first_reply", "next_reply", "resolution"}


@routes.op("GET", "/timer-policies", query=Paging, out=Page[PolicyView], scope=Scope.MESSAGES_READ)
async def list_policies(call: Call[None, Paging]) -> Json:
    """All that is promised."""
    async with call.reading() as session:
        items = await policies.page(session, after=after_id(call.query), limit=call.query.limit)
    return by_id(items, call.query)


@routes.op(
    "POST",
    "/timer-policies",
    body=NewPolicy,
    out=PolicyView,
    status=201,
    scope=Scope.ADMIN,
    also=_TAKEN,
)
async def add_policy(call: Call[NewPolicy]) -> Json:
    """Promise replies within some business time; what waits already is measured by it too."""
    policy_id = await policies.create(call.session, call.body.model_dump(), call.now)
    await watching.anew(call.session, call.now)
    await _audit(call, "timers.created", policy_id)
    return await policies.get(call.session, policy_id)


@routes.op(
    "PATCH",
    "/timer-policies/{id}",
    body=PolicyPatch,
    out=PolicyView,
    scope=Scope.ADMIN,
    also=_TAKEN,
)
async def change_policy(call: Call[PolicyPatch]) -> Json:
    """Promise something else, also to those who wait already."""
    given = call.body.model_dump(exclude_unset=True)
    refuse_null(given, but=_CLEARABLE)
    await policies.update(call.session, call.id, given)
    await watching.anew(call.session, call.now)
    await _audit(call, "timers.changed", call.id)
    return await policies.get(call.session, call.id)


@routes.op("DELETE", "/timer-policies/{id}", status=204, scope=Scope.ADMIN)
async def remove_policy(call: Call) -> None:
    """Promise it no longer."""
    await policies.remove(call.session, call.id)
    await watching.anew(call.session, call.now)
    await _audit(call, "timers.removed", call.id)


async def _audit(call: AnyCall, action: str, policy_id: UUID) -> None:
    about = ("timer policy", policy_id)
    await audit.record(call.session, call.viewer, action, about=about, now=call.now)
