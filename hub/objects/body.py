"""What a system says of an order or an appointment, and whose it is."""

import hashlib
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Self
from uuid import UUID

import orjson
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from hub.db.storable import StorableJson, fault
from hub.faults import Spelled

Short = Annotated[str, StringConstraints(max_length=200, strip_whitespace=True)]
Status = Annotated[
    str,
    StringConstraints(max_length=64),
    Spelled(
        r"^[a-z0-9][a-z0-9_.-]*$",
        "small Latin letters, digits, `_`, `.` or `-`, such as out_for_delivery",
    ),
]
Currency = Annotated[
    str, Spelled(r"^[A-Z]{3}$", "the three capital letters of the currency, such as EUR")
]
Url = Annotated[
    str,
    StringConstraints(max_length=2000),
    Spelled(r"^(https?://\S+)?$", "an address that begins with https:// or http://, or nothing"),
]
MAX_BIGINT = 2**63 - 1
FIRST, LAST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
"""Times outside stand for "none" in some systems, and cannot be counted with."""


def bounded(moment: datetime) -> datetime:
    """The moment, with a zone and within [FIRST, LAST); raises ValueError, as pydantic wants."""
    if moment.tzinfo is None:
        raise ValueError("a time zone is needed: 2026-05-03T09:14:00Z")
    if not FIRST <= moment < LAST:
        raise ValueError("write a time of the years 1900 to 2199, or leave it out")
    return moment


Moment = Annotated[datetime, AfterValidator(bounded)]


class Whose(BaseModel):
    """Whose it is: by our id, by that system's own id, or by an address.

    An unknown contact point creates the customer; with `external_id` beside it the two are linked.
    """

    model_config = ConfigDict(extra="forbid")

    id: UUID | None = None
    external_id: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None
    contact_point: Annotated[
        str | None,
        Field(description="scheme:value, for example tel:+79120000000", max_length=320),
    ] = None
    name: Short = ""
    locale: Annotated[str, StringConstraints(max_length=35)] = ""

    @model_validator(mode="after")
    def _names_somebody(self) -> Self:
        if self.id is None and not self.external_id and not self.contact_point:
            raise ValueError("say who the customer is: id, external_id or contact_point")
        if self.contact_point and ":" not in self.contact_point:
            raise ValueError("write contact_point as scheme:value, such as email:ann@example.com")
        return self


class Item(BaseModel):
    """One line of an order, or one service of an appointment; further keys are kept."""

    model_config = ConfigDict(extra="allow")

    name: Short = ""
    quantity: Annotated[Decimal | None, Field(ge=0, max_digits=18, decimal_places=6)] = None
    price: Annotated[Decimal | None, Field(max_digits=18, decimal_places=4)] = None

    @model_validator(mode="after")
    def _can_be_stored(self) -> Self:
        if wrong := fault(self.model_extra or {}):
            raise ValueError(f"cannot be stored: {wrong}")
        return self


class PushedBody(BaseModel):
    """The object as it is now. What is left out keeps its value; the first push needs `customer`.

    version: rises with every change in that system; without it `occurred_at` tells what is newer.
    starts_at, ends_at, place: of an appointment; of an order, when and where it is handed over.
    """

    model_config = ConfigDict(extra="forbid")

    customer: Whose | None = None
    status: Status | None = None
    version: Annotated[int | None, Field(ge=0, le=MAX_BIGINT)] = None
    occurred_at: Moment | None = None
    number: Short | None = None
    total: Annotated[Decimal | None, Field(max_digits=18, decimal_places=4)] = None
    currency: Currency | None = None
    items: Annotated[list[Item] | None, Field(max_length=1000)] = None
    tracking_url: Url | None = None
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    place: Annotated[str, StringConstraints(max_length=500, strip_whitespace=True)] | None = None
    data: StorableJson | None = None

    def facts(self) -> dict[str, Any]:
        """What was said about the object itself, as JSON."""
        return self.model_dump(
            mode="json", exclude_none=True, exclude={"customer", "version", "occurred_at"}
        )

    def fingerprint(self) -> bytes:
        """The same for every spelling of the same body."""
        said = self.model_dump(mode="json", exclude_none=True)
        return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).digest()
