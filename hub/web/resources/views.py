"""`/views`: filters of the list of conversations that somebody has given a name."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from hub.conversations import views
from hub.conversations.status import ConversationStatus
from hub.conversations.views import View
from hub.operators.access import Scope
from hub.web.api import Call, Routes
from hub.web.bodies import Input
from hub.web.shapes import Json, Name, Output, refuse_null

routes = Routes("views")


class ViewFilter(Input):
    """As the list of conversations is asked; left out = whatever it is."""

    status: ConversationStatus | Literal[""] = ""
    assignee: UUID | Literal["me", "none", ""] = ""
    team: UUID | Literal["none", ""] = ""
    channel: Annotated[str, Field(max_length=50)] = ""
    label: Annotated[str, Field(max_length=100)] = ""
    inbox: UUID | None = None


class ViewView(Output):
    """`count`: how many conversations are in it; 1,000 stands for that many or more where the
    filter names a channel or a label."""

    id: UUID
    name: str
    filter: dict[str, Any]
    shared: bool
    position: int
    count: int


class ViewList(Output):
    items: list[ViewView]
    next: None


Place = Annotated[int, Field(ge=0, le=10_000)]


class NewView(Input):
    """`shared`: everybody sees it. The list is in order of `position`, then by name."""

    name: Name
    filter: ViewFilter = Field(default_factory=ViewFilter)
    shared: bool = False
    position: Place = 0


class ViewPatch(Input):
    name: Name | None = None
    filter: ViewFilter | None = None
    shared: bool | None = None
    position: Place | None = None


@routes.op("GET", "/views", out=ViewList, scope=Scope.MESSAGES_READ)
async def list_views(call: Call) -> Json:
    """Everybody's and one's own, each with how many conversations are in it."""
    async with call.reading() as session:
        return {"items": await views.listing(session, call.viewer), "next": None}


@routes.op("POST", "/views", body=NewView, out=ViewView, status=201, scope=Scope.MESSAGES_READ)
async def add_view(call: Call[NewView]) -> Json:
    """Give a filter a name: for oneself, or with `shared:write` for everybody."""
    new = call.body
    view = View(new.name, _filter(new.filter), new.shared, new.position)
    return await views.create(call.session, call.viewer, view, call.now)


@routes.op("PATCH", "/views/{id}", body=ViewPatch, out=ViewView, scope=Scope.MESSAGES_READ)
async def change_view(call: Call[ViewPatch]) -> Json:
    """Change a view; a new `filter` takes the place of the old one."""
    given = {name: getattr(call.body, name) for name in call.body.model_fields_set}
    refuse_null(given)
    if "filter" in given:
        given["filter"] = _filter(given["filter"])
    return await views.update(call.session, call.viewer, call.id, given)


@routes.op("DELETE", "/views/{id}", status=204, scope=Scope.MESSAGES_READ)
async def delete_view(call: Call) -> None:
    """Delete a view; the conversations stay."""
    await views.delete(call.session, call.viewer, call.id)


def _filter(asked: ViewFilter) -> Json:
    """Only what it really asks for."""
    given = asked.model_dump(mode="json")
    return {name: value for name, value in given.items() if value not in ("", None)}
