"""What other systems tell of a customer: kept, and told to rules as `custom.<name>`."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

import orjson
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from hub.customers.roots import lock_roots
from hub.db import event_log
from hub.db.base import Json
from hub.db.engine import WriteSession
from hub.db.rows import Query
from hub.db.storable import StorableJson
from hub.errors import Invalid
from hub.events import EventType, NewEvent
from hub.faults import Spelled
from hub.ids import new_id
from hub.objects import customer as customers
from hub.objects.body import Whose
from hub.rules.triggers import MOST_CUSTOM_NAME

MOST_DATA = 32 * 1024
"""Bytes of JSON."""

_INSERT = Query("""
    INSERT INTO custom_events (id, system, name, customer_id, data, occurred_at, at)
    VALUES (:id, :system, :name, :customer, CAST(:data AS jsonb), :occurred_at, :now)
""")


class NewCustomEvent(BaseModel):
    """Something that happened to a customer elsewhere: rules wait for `custom.<name>`."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[
        str,
        StringConstraints(max_length=MOST_CUSTOM_NAME),
        Spelled(
            r"^[a-z0-9][a-z0-9_-]*(\.[a-z0-9][a-z0-9_-]*)*$",
            "small Latin letters, digits, `_` or `-`, with dots between, such as basket.left",
        ),
    ]
    customer: Whose
    data: Annotated[StorableJson, Field(max_length=100)] = Field(default_factory=dict)
    occurred_at: AwareDatetime | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """customer_id: the root now."""

    id: UUID
    customer_id: UUID
    occurred_at: datetime


async def tell(
    session: WriteSession, system: str, new: NewCustomEvent, *, by: UUID | None, now: datetime
) -> Told:
    """Keep the event and have rules see it. Raises NotFound for an unknown customer id."""
    owner = await customers.find(session, system, new.customer, by, now)
    root = (await lock_roots(session, [owner.customer_id]))[owner.customer_id]
    told = Told(new_id(), root, new.occurred_at or now)
    await _INSERT.rows(
        session,
        {
            "id": told.id,
            "system": system,
            "name": new.name,
            "customer": owner.customer_id,
            "data": _packed(new.data),
            "occurred_at": told.occurred_at,
            "now": now,
        },
    )
    facts = {"event_id": str(told.id), "name": new.name}
    event = NewEvent(EventType.CUSTOM_RECEIVED, told.occurred_at, customer_id=root, data=facts)
    await event_log.append(session, [event])
    return told


def _packed(data: Json) -> str:
    packed = orjson.dumps(data)
    if len(packed) > MOST_DATA:
        wrong = f"JSON of at most {MOST_DATA:,} bytes."
        raise Invalid("The data cannot be stored.", fields={"data": wrong})
    return packed.decode()
