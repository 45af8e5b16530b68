"""`/saved-replies`: canned answers, and how they read when filled in for a customer."""

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, Field

from hub.customers import repository as customers
from hub.db.base import Json
from hub.operators import saved_replies
from hub.operators.access import Scope
from hub.operators.saved_replies import Reply
from hub.rendering import MAX_SOURCE
from hub.web import cursors
from hub.web.api import Call, Routes
from hub.web.bodies import Input
from hub.web.cursors import Page, Paging
from hub.web.shapes import Name, Output, refuse_null

routes = Routes("saved replies")

Shortcut = Annotated[str, Field(max_length=50), AfterValidator(lambda word: word.strip())]
Source = Annotated[str, Field(min_length=1, max_length=MAX_SOURCE)]


class OfTeam(Output):
    id: UUID
    name: str


class SavedReplyView(Output):
    """`mine`: nobody else sees it. `rendered`, when asked for a customer: with its fields filled
    in; null when one is missing, which `fault` names."""

    id: UUID
    name: str
    shortcut: str
    text: str
    team: OfTeam | None
    mine: bool
    updated_at: AwareDatetime
    rendered: str | None = None
    fault: str = ""


class SavedReplyQuery(Paging):
    q: Annotated[str, Field(max_length=200)] = ""
    customer: UUID | None = None


class NewSavedReply(Input):
    """`text` may hold fields: `{{ customer.name }}`, `{{ operator.name }}`."""

    name: Name
    text: Source
    shortcut: Shortcut = ""
    team: UUID | None = None
    mine: bool = False


class SavedReplyPatch(Input):
    """Left out = stays; `team` null = everybody's."""

    name: Name | None = None
    text: Source | None = None
    shortcut: Shortcut | None = None
    team: UUID | None = None


@routes.op(
    "GET",
    "/saved-replies",
    query=SavedReplyQuery,
    out=Page[SavedReplyView],
    scope=Scope.MESSAGES_READ,
)
async def list_saved_replies(call: Call[None, SavedReplyQuery]) -> Json:
    """Those one may use, by name; for a customer, with its fields filled in."""
    asked = call.query
    place = cursors.decode(asked.cursor, cursors.word, UUID)
    async with call.reading() as session:
        items, following = await saved_replies.page(
            session,
            call.viewer,
            asked.q,
            limit=asked.limit,
            after=(place[0], place[1]) if place else None,
        )
        if asked.customer is not None:
            call.viewer.require(Scope.CUSTOMERS_READ)
            customer = await customers.get(
                session, asked.customer, hidden=call.viewer.hidden_inboxes, now=call.now
            )
            fields = {"customer": customer, "operator": {"name": call.viewer.name}}
            zone = {"locale": customer["locale"], "time_zone": customer["time_zone"]}
            items = [saved_replies.filled_in(one, fields, **zone) for one in items]
    return {"items": items, "next": cursors.encode(*following) if following else None}


@routes.op(
    "POST",
    "/saved-replies",
    body=NewSavedReply,
    out=SavedReplyView,
    status=201,
    scope=Scope.MESSAGES_WRITE,
)
async def add_saved_reply(call: Call[NewSavedReply]) -> Json:
    """Save an answer: one's own, or with `shared:write` a team's or everybody's."""
    new = call.body
    reply = Reply(new.name, new.text, new.shortcut, new.team, new.mine)
    return await saved_replies.create(call.session, call.viewer, reply, call.now)


@routes.op(
    "PATCH",
    "/saved-replies/{id}",
    body=SavedReplyPatch,
    out=SavedReplyView,
    scope=Scope.MESSAGES_WRITE,
)
async def change_saved_reply(call: Call[SavedReplyPatch]) -> Json:
    """Change a saved reply."""
    given = {name: getattr(call.body, name) for name in call.body.model_fields_set}
    refuse_null(given, but={"team"})
    if "team" in given:
        given["team_id"] = given.pop("team")
    return await saved_replies.update(call.session, call.viewer, call.id, given, call.now)


@routes.op(
    "DELETE",
    "/saved-replies/{id}",
    status=204,
    scope=Scope.MESSAGES_WRITE,
)
async def delete_saved_reply(call: Call) -> None:
    """Delete a saved reply."""
    await saved_replies.delete(call.session, call.viewer, call.id)
