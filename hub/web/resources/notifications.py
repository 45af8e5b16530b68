"""`/notifications`: what an operator should know of, and what they have seen of it."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, Field, model_validator

from hub.operators import notifications
from hub.operators.access import Scope
from hub.web.api import Call, Routes
from hub.web.bodies import Input
from hub.web.cursors import Page, Paging, after_id, by_id
from hub.web.shapes import Author, Json, Output

routes = Routes("notifications")

AlertKind = Literal[
    "inbox-down",
    "stuck",
    "quarantine",
    "in-doubt",
    "failing",
    "due-late",
    "not-numbered",
    "reader-behind",
    "event-skipped",
    "webhook-failing",
    "webhook-off",
]
"""Those of `hub.alerts.incidents.PATTERNS`."""


class About(Output):
    id: UUID
    name: str


class AlertView(Output):
    """What is wrong with the hub. `subject`: the name of the inbox, webhook, kind of due work or
    reader; `over`: it is past."""

    id: UUID
    kind: AlertKind
    subject: str
    number: int
    over: bool


class NotificationView(Output):
    """`by`: who mentioned or assigned; null when a customer wrote, or nobody in particular did.

    `text`: the beginning of what was written, where something was. `alert`: of the kind `alert`,
    which has no customer.
    """

    id: UUID
    kind: Literal["mention", "assigned", "reply", "team", "alert"]
    at: AwareDatetime
    read_at: AwareDatetime | None
    conversation_id: UUID | None
    customer: About | None
    by: Author | None
    entry_id: UUID | None
    text: str
    alert: AlertView | None


class NotificationQuery(Paging):
    unread: bool = False


class Seen(Input):
    """Either some of them or all."""

    ids: Annotated[list[UUID], Field(max_length=200)] | None = None
    all: Literal[True] | None = None

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if (self.ids is None) == (self.all is None):
            raise ValueError("Name the `ids`, or say `all`")
        return self


@routes.op(
    "GET",
    "/notifications",
    query=NotificationQuery,
    out=Page[NotificationView],
    scope=Scope.MESSAGES_READ,
    operators_only=True,
)
async def list_notifications(call: Call[None, NotificationQuery]) -> Json:
    """One's own, newest first; of what one customer keeps writing, the last."""
    async with call.reading() as session:
        items = await notifications.page(
            session,
            call.viewer,
            unread=call.query.unread,
            limit=call.query.limit,
            before=after_id(call.query),
        )
    return by_id(items, call.query)


@routes.op(
    "POST",
    "/notifications/read",
    body=Seen,
    status=204,
    scope=Scope.MESSAGES_READ,
    operators_only=True,
)
async def read_notifications(call: Call[Seen]) -> None:
    """One has seen these, or all; reading a conversation does it for those about it."""
    await notifications.mark_read(call.session, call.viewer, call.now, ids=call.body.ids)
