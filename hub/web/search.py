"""`/search`: messages by their words; customers and orders by name, address or number."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from hub.operators.access import Scope
from hub.timeline import search
from hub.web.api import Call, Routes
from hub.web.bodies import Query
from hub.web.shapes import EntryView, Json

routes = Routes("search")


class Person(BaseModel):
    id: UUID
    name: str


class FoundCustomer(Person):
    locale: str
    addresses: list[str]


class FoundOrder(BaseModel):
    id: UUID
    system: str
    external_id: str
    number: str
    status: str
    customer_id: UUID


class Piece(BaseModel):
    text: str
    match: bool


class FoundMessage(BaseModel):
    customer: Person
    entry: EntryView
    snippet: list[Piece]


class Found(BaseModel):
    """Customers and orders come with the first page of messages only."""

    customers: list[FoundCustomer]
    orders: list[FoundOrder]
    messages: list[FoundMessage]
    next: str | None


class SearchQuery(Query):
    q: Annotated[str, Field(max_length=search.MAX_QUERY)]
    limit: Annotated[int, Field(ge=1, le=search.MAX_LIMIT)] = 20
    cursor: Annotated[str, Field(max_length=500)] = ""


@routes.op("GET", "/search", query=SearchQuery, out=Found, scope=Scope.MESSAGES_READ)
async def search_everything(call: Call[None, SearchQuery]) -> Json:
    """What fits the words, newest first, in the inboxes one may see."""
    asked = call.query
    async with call.lent() as driver:
        found = await search.query(
            driver, call.viewer, asked.q, limit=asked.limit, cursor=asked.cursor or None
        )
    return {
        "customers": found.customers,
        "orders": found.orders,
        "messages": found.messages,
        "next": found.next,
    }
