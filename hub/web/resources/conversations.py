"""`/conversations`: the shared inbox: lists, counts, who does what until when."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from hub.conversations import counters, follows, reads, repository, update
from hub.conversations.draft import Sender
from hub.conversations.repository import Filter
from hub.conversations.status import HIGHEST_PRIORITY, ConversationStatus, Patch
from hub.faults import Spelled
from hub.operators import audit
from hub.operators.access import Scope
from hub.timeline import page as timeline
from hub.web import cursors
from hub.web.api import Call, Routes
from hub.web.bodies import Input
from hub.web.cursors import Page, Paging
from hub.web.resources.customers import TimelineQuery, TimelineView, refuse_both
from hub.web.shapes import Author, Json, Label, Moment, Output, refuse_null

routes = Routes("conversations")


class Address(Output):
    scheme: str
    value: str


class WithWhom(Output):
    id: UUID
    name: str
    locale: str
    contact_point: Address | None


class Named(Output):
    id: UUID
    name: str


class LastEntry(Output):
    """Enough of the newest entry for one line; `text` is its beginning."""

    id: UUID
    position: int
    kind: str
    direction: str
    channel: str
    author: Author
    text: str
    data: Json
    file_count: int
    status: str
    deleted: bool
    occurred_at: AwareDatetime
    recorded_at: AwareDatetime


class ConversationView(Output):
    """`waiting_since`: the oldest message nobody has answered. `due_at`: the nearest time that was
    promised for a reply or for closing it. `priority`: 0 to 4.

    `score`: 1 to 5, the customer's answer to the satisfaction question.
    """

    id: UUID
    customer: WithWhom
    inbox_id: UUID
    status: ConversationStatus
    assignee: Named | None
    team: Named | None
    priority: int
    labels: list[str]
    channels: list[str]
    snoozed_until: AwareDatetime | None
    waiting_since: AwareDatetime | None
    due_at: AwareDatetime | None
    last_entry: LastEntry | None
    unread: int
    opened_at: AwareDatetime
    updated_at: AwareDatetime
    closed_at: AwareDatetime | None
    close_reason: str
    score: int | None
    followers: list[Named]
    following: bool


class ByStatus(Output):
    open: int
    pending: int
    snoozed: int
    closed: int


class Counts(ByStatus):
    """All one sees; those assigned to oneself, to nobody; the open ones of each team."""

    mine: ByStatus
    none: ByStatus
    teams: dict[UUID, int]


class LabelCount(Output):
    label: str
    count: int


class LabelList(Output):
    items: list[LabelCount]
    next: None


class ConversationQuery(Paging):
    status: ConversationStatus | Literal[""] = ""
    assignee: UUID | Literal["me", "none", ""] = ""
    team: UUID | Literal["none", ""] = ""
    channel: Annotated[str, Field(max_length=50)] = ""
    label: Annotated[str, Field(max_length=100)] = ""
    inbox: UUID | None = None
    customer: UUID | None = None
    unread: bool = False
    sort: repository.Sort = Field(
        default="updated",
        description="The last changed first, who waits longest, or what is due soonest.",
    )


CloseReason = Annotated[
    str,
    Spelled(
        "^([a-z0-9][a-z0-9-]{0,39})?$",
        "up to 40 small Latin letters, digits or `-`, such as no-answer, or nothing",
    ),
]


class ConversationPatch(Input):
    """Left out = stays; null = nobody, no team, awake. `snoozed_until` alone snoozes.

    `close_reason`: a word of your own (`solved`, `spam`), with `status` closed.
    """

    status: ConversationStatus | None = None
    assignee: UUID | None = None
    team: UUID | None = None
    priority: Annotated[int, Field(ge=0, le=HIGHEST_PRIORITY)] | None = None
    labels: Annotated[list[Label], Field(max_length=50)] | None = None
    snoozed_until: Moment | None = None
    close_reason: CloseReason | None = None


_CLEARABLE = {"assignee", "team", "snoozed_until"}
_COLUMNS = {"assignee": "assignee_id", "team": "team_id"}


@routes.op(
    "GET",
    "/conversations",
    query=ConversationQuery,
    out=Page[ConversationView],
    scope=Scope.MESSAGES_READ,
)
async def list_conversations(call: Call[None, ConversationQuery]) -> Json:
    """Conversations of the inboxes one may see, the latest changed first."""
    asked = call.query
    place = cursors.decode(asked.cursor, cursors.moment_or_none, UUID)
    wanted = Filter(
        status=asked.status,
        assignee=asked.assignee,
        team=asked.team,
        channel=asked.channel,
        label=asked.label,
        inbox_id=asked.inbox,
        customer_id=asked.customer,
        unread=asked.unread,
    )
    async with call.lent() as driver:
        items, following = await repository.page(
            driver,
            call.viewer,
            wanted,
            limit=asked.limit,
            after=_after(place, asked.sort) if place else None,
            sort=asked.sort,
        )
    return {"items": items, "next": cursors.encode(*following) if following else None}


@routes.op("GET", "/labels", out=LabelList, scope=Scope.MESSAGES_READ)
async def list_labels(call: Call) -> Json:
    """The labels of open conversations, the most frequent first."""
    async with call.reading() as session:
        return {"items": await counters.labels(session, call.viewer), "next": None}


@routes.op("GET", "/conversations/counts", out=Counts, scope=Scope.MESSAGES_READ)
async def count_conversations(call: Call) -> Json:
    """How many conversations there are in each state."""
    async with call.reading() as session:
        return await counters.counts(session, call.viewer)


@routes.op("GET", "/conversations/{id}", out=ConversationView, scope=Scope.MESSAGES_READ)
async def get_conversation(call: Call) -> Json:
    """One conversation."""
    async with call.lent() as driver:
        return await repository.get(driver, call.viewer, call.id)


@routes.op(
    "GET",
    "/conversations/{id}/entries",
    query=TimelineQuery,
    out=TimelineView,
    scope=Scope.MESSAGES_READ,
)
async def list_entries(call: Call[None, TimelineQuery]) -> Json:
    """What was said in this conversation, the newest page unless asked else."""
    asked = call.query
    refuse_both(asked)
    async with call.lent() as driver:
        shown = await repository.get(driver, call.viewer, call.id)
        found = await timeline.conversation_page(
            driver,
            UUID(shown["id"]),
            call.viewer,
            before=asked.before,
            after=asked.after,
            limit=asked.limit,
        )
    return {"items": found.items, "before": found.before, "after": found.after}


@routes.op(
    "PATCH",
    "/conversations/{id}",
    body=ConversationPatch,
    out=ConversationView,
    scope=Scope.MESSAGES_WRITE,
)
async def change_conversation(call: Call[ConversationPatch]) -> Json:
    """Open, close, snooze, assign, label; each change is a line on the timeline."""
    given = {name: getattr(call.body, name) for name in call.body.model_fields_set}
    refuse_null(given, but=_CLEARABLE)
    patch = Patch(**{_COLUMNS.get(name, name): _stored(value) for name, value in given.items()})
    await update.update(call.session, call.id, patch, by=Sender.of(call.viewer), now=call.now)
    shown = await repository.get(call.session, call.viewer, call.id)
    await audit.record(
        call.session,
        call.viewer,
        "conversation.changed",
        about=("conversation", call.id),
        detail={"changed": sorted(given), "customer": str(shown["customer"]["id"])},
        now=call.now,
    )
    return shown


@routes.op(
    "PUT",
    "/conversations/{id}/follow",
    status=204,
    scope=Scope.MESSAGES_READ,
    operators_only=True,
)
async def follow_conversation(call: Call) -> None:
    """Hear of what the customer writes in this conversation."""
    await follows.follow(call.session, call.id, call.viewer, call.now)


@routes.op(
    "DELETE",
    "/conversations/{id}/follow",
    status=204,
    scope=Scope.MESSAGES_READ,
    operators_only=True,
)
async def unfollow_conversation(call: Call) -> None:
    """Hear of it no longer."""
    await follows.leave(call.session, call.id, call.viewer, call.now)


@routes.op(
    "POST",
    "/conversations/{id}/read",
    status=204,
    scope=Scope.MESSAGES_READ,
    operators_only=True,
)
async def mark_read(call: Call) -> None:
    """Everything in the conversation is read by the operator who asks."""
    await reads.mark_read(call.session, call.id, call.viewer, call.now)


@routes.op(
    "POST",
    "/conversations/{id}/unread",
    status=204,
    scope=Scope.MESSAGES_READ,
    operators_only=True,
)
async def mark_unread(call: Call) -> None:
    """The customer's last message is unread again, for the operator who asks."""
    await reads.mark_unread(call.session, call.id, call.viewer)


def _after(place: tuple[Any, ...], sort: str) -> repository.Cursor:
    """Only where the list is by waiting may a line have no time."""
    if place[0] is None and sort == "updated":
        raise cursors.not_ours()
    return place[0], place[1]


def _stored(value: Any) -> Any:  # noqa: ANN401 - whatever the field holds
    return tuple(value) if isinstance(value, list) else value
