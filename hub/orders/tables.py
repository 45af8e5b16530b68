"""Tables of orders pushed by shops and ERP systems, and of every version of them."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, Numeric, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hub.db.base import Attributes, Base, Big, CreatedAt, Id, JsonList, Word


class Order(Base):
    """An order as its system last described it. `status` is that system's word.

    customer_id: the record it was pushed for; its root is the customer now.
    contact_point_id: when the push named one: what proves whose order it is.
    fingerprint: of the last applied body, to tell a repeat from a conflict.
    """

    __tablename__ = "orders"
    __table_args__ = (
        UniqueConstraint("system", "external_id"),
        Index(None, "customer_id"),
        Index(
            "orders_number_trgm_idx",
            "number",
            postgresql_using="gin",
            postgresql_ops={"number": "gin_trgm_ops"},
        ),
    )

    id: Mapped[Id]
    system: Mapped[str]
    external_id: Mapped[str]
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"))
    contact_point_id: Mapped[UUID | None] = mapped_column(ForeignKey("contact_points.id"))
    status: Mapped[Word]
    version: Mapped[Big | None]
    revision: Mapped[int] = mapped_column(server_default="1")
    """Ours: raised with every applied change."""
    occurred_at: Mapped[datetime]
    number: Mapped[Word]
    total: Mapped[Decimal | None] = mapped_column(Numeric(18, 4))
    currency: Mapped[Word]
    items: Mapped[JsonList]
    tracking_url: Mapped[Word]
    data: Mapped[Attributes]
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]


class OrderVersion(Base):
    """An order as it was after one applied change."""

    __tablename__ = "order_versions"

    order_id: Mapped[UUID] = mapped_column(
        ForeignKey("orders.id", ondelete="CASCADE"), primary_key=True
    )
    revision: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[Big | None]
    status: Mapped[Word]
    body: Mapped[Attributes]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[CreatedAt]
