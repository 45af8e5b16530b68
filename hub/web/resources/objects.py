"""What `/orders` and `/appointments` have in common: shapes, whose system, lists."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from hub.db.storable import Storable
from hub.errors import Invalid
from hub.objects import repository
from hub.objects.repository import Only, Table
from hub.web import cursors
from hub.web.api import Call
from hub.web.bodies import Query
from hub.web.cursors import Paging
from hub.web.shapes import Json, Output


class ObjectView(Output):
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
    made_since: Annotated[AwareDatetime | None, Field(description="Came then or later.")] = None
    made_until: Annotated[AwareDatetime | None, Field(description="Came before then.")] = None
    q: Annotated[
        str, Storable, Field(max_length=100, description="Part of its number or id, in any case.")
    ] = ""
    sort: Annotated[
        Literal["newest", "starts_at"],
        Field(description="`starts_at`: the soonest first, without those that have no time."),
    ] = "newest"


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


async def listed(call: Call[None, ObjectQuery], table: Table) -> Json:
    """A page of orders or of appointments, the newest first or in the order of their times."""
    if call.query.sort == "newest":
        return await _newest(call, table)
    place = cursors.decode(call.query.cursor, cursors.moment, UUID)
    async with call.reading() as session:
        items = await repository.soonest(
            session, table, _only(call.query), after=place, limit=call.query.limit
        )
    last = items[-1] if len(items) >= call.query.limit else None
    return {
        "items": items,
        "next": cursors.encode(last["starts_at"], last["id"]) if last else None,
    }


async def _newest(call: Call[None, ObjectQuery], table: Table) -> Json:
    place = cursors.decode(call.query.cursor, UUID)
    async with call.reading() as session:
        items = await repository.newest(
            session,
            table,
            _only(call.query),
            before=place[0] if place else None,
            limit=call.query.limit,
        )
    full = len(items) >= call.query.limit
    return {"items": items, "next": cursors.encode(items[-1]["id"]) if full else None}


def _only(asked: ObjectQuery) -> Only:
    return Only(
        asked.customer,
        asked.status,
        asked.since,
        asked.until,
        asked.made_since,
        asked.made_until,
        asked.q,
    )
