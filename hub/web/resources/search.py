"""`/search`: messages by their words; customers and orders by name, address or number."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from hub.conversations import find
from hub.db.engine import Driver
from hub.operators.access import Scope
from hub.timeline import search
from hub.timeline.people import FEW
from hub.timeline.search import Only
from hub.web.api import Call, Routes
from hub.web.bodies import Query
from hub.web.resources.conversations import ConversationView
from hub.web.shapes import EntryView, Json, Moment, Output

routes = Routes("search")

Kind = Literal["customers", "orders", "conversations", "messages"]


class Person(Output):
    id: UUID
    name: str


class FoundCustomer(Person):
    """`matched`: the name, or the address that holds the words."""

    locale: str
    addresses: list[str]
    matched: str


class FoundOrder(Output):
    id: UUID
    system: str
    external_id: str
    number: str
    status: str
    customer_id: UUID


class Piece(Output):
    text: str
    match: bool


class FoundMessage(Output):
    customer: Person
    entry: EntryView
    snippet: list[Piece]


class FoundConversation(ConversationView):
    """`matched`: `customer` (one that was found), or `label`."""

    matched: str


class Found(Output):
    """All but messages come with the first page of messages only."""

    customers: list[FoundCustomer]
    orders: list[FoundOrder]
    conversations: list[FoundConversation]
    messages: list[FoundMessage]
    next: str | None


class SearchQuery(Query):
    """`channel`, `from` and `to` narrow messages and conversations, and leave the others out."""

    q: Annotated[str, Field(max_length=search.MAX_QUERY)] = Field(
        description="Words; the last one may be only begun."
    )
    kinds: list[Kind] = Field(default_factory=list, description="May be repeated; none = all.")
    channel: Annotated[str, Field(max_length=50)] = ""
    since: Moment | None = Field(default=None, alias="from")
    until: Moment | None = Field(default=None, alias="to")
    limit: Annotated[int, Field(ge=1, le=search.MAX_LIMIT)] = 20
    cursor: Annotated[str, Field(max_length=500)] = ""


@routes.op("GET", "/search", query=SearchQuery, out=Found, scope=Scope.MESSAGES_READ)
async def search_everything(call: Call[None, SearchQuery]) -> Json:
    """What fits the words, newest first, in the inboxes one may see."""
    asked = call.query
    only = Only(frozenset(asked.kinds), asked.channel, asked.since, asked.until)
    async with call.lent() as driver:
        found = await search.query(
            driver,
            call.viewer,
            asked.q,
            limit=asked.limit,
            cursor=asked.cursor or None,
            only=only,
        )
        conversations = await _conversations(call, driver, only, found.customers)
    return {
        "customers": found.customers,
        "orders": found.orders,
        "conversations": conversations,
        "messages": found.messages,
        "next": found.next,
    }


async def _conversations(
    call: Call[None, SearchQuery], driver: Driver, only: Only, people: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Those of the customers whom the words mean, whatever else was asked for."""
    asked, words = call.query, " ".join(call.query.q.split())
    wanted = not asked.kinds or "conversations" in asked.kinds
    if asked.cursor or not wanted or not words or only.since or only.until:
        return []
    if not only.allows("customers"):
        by_name = Only(frozenset({"customers"}))
        people = (await search.query(driver, call.viewer, asked.q, only=by_name)).customers
    ids = [UUID(one["id"]) for one in people]
    return await find.matching(driver, call.viewer, words, ids, channel=only.channel, limit=FEW)
