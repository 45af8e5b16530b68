"""What a template is filled in with: a customer, an object of theirs, and what a caller adds."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from hub.customers.roots import roots_of
from hub.db.engine import AnySession
from hub.errors import Invalid, NotFound
from hub.rules import context
from hub.rules.context import Subject
from hub.web.bodies import Input
from hub.web.shapes import Json

Data = Annotated[
    dict[str, Any], Field(description="What only the caller knows: `{{ data.code }}`.")
]


class ObjectRef(Input):
    """What the template is about."""

    kind: Literal["order", "appointment"]
    id: Annotated[UUID, Field(strict=False)]


async def facts_of(
    session: AnySession,
    customer_id: UUID | None,
    about: ObjectRef | None,
    data: Mapping[str, Any],
    now: datetime,
) -> Json:
    """`{"customer", "order"?, "data"}`, as rules see them.

    Raises NotFound for what is not there, Invalid for an object of somebody else.
    """
    found: Json = {"data": dict(data)}
    root = (await roots_of(session, [customer_id]))[customer_id] if customer_id else None
    if about is not None:
        [seen] = await context.load(session, [Subject(about.kind, about.id)], now)
        if seen is None:
            raise NotFound(f"There is no {about.kind} {about.id}.")
        if root not in (None, seen.customer_id):
            raise Invalid(
                f"This {about.kind} is another customer's.", fields={"object": "not theirs"}
            )
        root = seen.customer_id
        found |= seen.values
    if root is not None and "customer" not in found:
        [seen] = await context.load(session, [Subject("customer", root)], now)
        found |= {} if seen is None else seen.values
    return found
