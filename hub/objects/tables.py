"""The columns that everything pushed by another system has, and those of each of its versions."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary, Numeric
from sqlalchemy.orm import Mapped, mapped_column

from hub.db.base import Attributes, Base, Big, CreatedAt, Id, JsonList, Word


class Pushed(Base):
    """An object as its system last described it. `status` is that system's word.

    customer_id: the record it was pushed for; its root is the customer now.
    contact_point_id: when the push named one: what proves whose it is.
    fingerprint: of the last applied body, to tell a repeat from a conflict.
    """

    __abstract__ = True

    id: Mapped[Id]
    system: Mapped[str]
    external_id: Mapped[str]
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"))
    contact_point_id: Mapped[UUID | None] = mapped_column(ForeignKey("contact_points.id"))
    status: Mapped[Word]
    version: Mapped[Big | None]
    revision: Mapped[int] = mapped_column(server_default="1")
    """Ours: raised with every applied change."""
    sequence: Mapped[int] = mapped_column(server_default="0")
    """Raised with every change of its time, and when it is cancelled or is no more: what calendars
    go by (RFC 5546, 2.1.4)."""
    occurred_at: Mapped[datetime]
    number: Mapped[Word]
    total: Mapped[Decimal | None] = mapped_column(Numeric(18, 4))
    currency: Mapped[Word]
    items: Mapped[JsonList]
    tracking_url: Mapped[Word]
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    place: Mapped[Word]
    data: Mapped[Attributes]
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]


class PushedVersion(Base):
    """An object as it was after one applied change; `body` is what was said then."""

    __abstract__ = True

    object_id: Mapped[UUID]
    revision: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[Big | None]
    status: Mapped[Word]
    starts_at: Mapped[datetime | None]
    body: Mapped[Attributes]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[CreatedAt]
