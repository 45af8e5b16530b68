"""What `/orders` and `/appointments` have in common: shapes, whose system, lists."""

from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field

from hub.errors import Invalid
from hub.objects import repository
from hub.objects.repository import Only, Table
from hub.web import cursors
from hub.web.api import Call
from hub.web.bodies import Query
from hub.web.cursors import Paging
from hub.web.shapes import Json


class ObjectView(BaseModel):
    """As its system last described it; amounts are strings, so that no digit is lost."""

    id: UUID
    system: str
    external_id: str
    customer_id: UUID
    status: str
    version: int | None
    revision: int
    sequence: Annotated[int, Field(description="Raised when its time changes or it is off.")]
    number: str
    total: str | None
    currency: str
    items: list[Json]
    tracking_url: str
    starts_at: AwareDatetime | None
    ends_at: AwareDatetime | None
    place: str
    data: Json
    occurred_at: AwareDatetime
    created_at: AwareDatetime
    updated_at: AwareDatetime


class SystemQuery(Query):
    system: Annotated[
        str,
        Field(max_length=100, description="Whose object; the token's own system when left out."),
    ] = ""


class ObjectQuery(Paging):
    customer: UUID | None = None
    status: Annotated[str, Field(max_length=64)] | None = None
    since: Annotated[AwareDatetime | None, Field(description="Starts then or later.")] = None
    until: Annotated[AwareDatetime | None, Field(description="Starts before then.")] = None


def system_of(call: Call[object, SystemQuery]) -> str:
    """Raises Invalid when neither the token nor the query says it."""
    system = call.query.system or call.viewer.system
    if not system:
        raise Invalid(
            "Nobody knows which system's object this is.",
            remedy="Use a token, which carries the name of its system, or add ?system=.",
            fields={"system": "needed when you are signed in as an operator"},
        )
    return system


async def newest(call: Call[None, ObjectQuery], table: Table) -> Json:
    """A page of orders or of appointments, the newest first."""
    asked = call.query
    place = cursors.decode(asked.cursor, UUID)
    only = Only(asked.customer, asked.status, asked.since, asked.until)
    async with call.reading() as session:
        items = await repository.newest(
            session, table, only, before=place[0] if place else None, limit=asked.limit
        )
    full = len(items) >= asked.limit
    return {"items": items, "next": cursors.encode(items[-1]["id"]) if full else None}
