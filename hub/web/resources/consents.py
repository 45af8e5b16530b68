"""`/customers/{id}/consents`: what the customer allowed and forbade, in whose words, and when."""

from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field

from hub.conversations.draft import Sender
from hub.conversations.outbound import reach
from hub.customers import consents
from hub.customers.consents import Purpose, Said
from hub.customers.roots import lock_roots
from hub.db import event_log
from hub.errors import Invalid
from hub.events import EventType, NewEvent
from hub.operators import audit
from hub.operators.access import Scope
from hub.web.api import Call, Routes
from hub.web.bodies import Input
from hub.web.shapes import Author, Json, Output, PointRef

routes = Routes("customers")


class ConsentView(Output):
    """One line. `purpose`: `service`, `reminder`, `marketing`, `survey`; `all`: everything.

    `source`: `operator`, `integration`, `import`, `customer` (a STOP), `link` (in a mail),
    `provider`. `wording`: what the customer was asked, as it was put.
    """

    id: UUID
    contact_point: PointRef
    purpose: str
    given: bool
    source: str
    wording: str
    by: Author
    at: AwareDatetime


class Consents(Output):
    """The newest first; of a contact point and purpose, that one counts."""

    items: list[ConsentView]


class NewConsent(Input):
    """`contact_point`: an id, or `scheme:value`. `at`: when it was said; now, when left out."""

    contact_point: Annotated[str, Field(min_length=1, max_length=400)]
    purpose: Purpose
    given: bool
    wording: Annotated[str, Field(max_length=consents.MAX_WORDING)] = ""
    at: AwareDatetime | None = None


@routes.op("GET", "/customers/{id}/consents", out=Consents, scope=Scope.CUSTOMERS_READ)
async def list_consents(call: Call) -> Json:
    """What was said, to which purpose, at which contact point."""
    async with call.reading() as session:
        return {"items": await consents.history(session, call.id)}


@routes.op(
    "POST",
    "/customers/{id}/consents",
    body=NewConsent,
    out=Consents,
    status=201,
    scope=Scope.CUSTOMERS_WRITE,
)
async def add_consent(call: Call[NewConsent]) -> Json:
    """Write down what the customer said. Nothing is taken back: a later line says otherwise."""
    said, session = call.body, call.session
    if said.at is not None and said.at > call.now:
        raise Invalid("This has not been said yet.", fields={"at": "lies in the future"})
    root = (await lock_roots(session, [call.id]))[call.id]
    point = await reach.named_contact_point(session, root, said.contact_point)
    if point is None:
        raise Invalid("Name a contact point.", fields={"contact_point": "empty"})
    author = Sender.of(call.viewer).author
    line = Said(
        point,
        said.purpose,
        said.given,
        "operator" if call.viewer.kind == "operator" else "integration",
        said.at or call.now,
        said.wording,
        (author.kind, author.id),
    )
    line_id = await consents.add(session, line)
    updated = NewEvent(
        EventType.CUSTOMER_UPDATED,
        call.now,
        customer_id=root,
        data={"changed": ["contact_points"]},
    )
    await event_log.append(session, [updated])
    await audit.record(
        session,
        call.viewer,
        "consent.given" if said.given else "consent.withdrawn",
        about=("customer", root),
        detail={"consent_id": str(line_id), "purpose": said.purpose},
        now=call.now,
    )
    return {"items": await consents.history(session, root)}
