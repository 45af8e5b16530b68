"""Tables of orders pushed by shops and ERP systems, and of every version of them."""

from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hub.objects.tables import Pushed, PushedVersion


class Order(Pushed):
    """An order as its system last described it."""

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


class OrderVersion(PushedVersion):
    """An order as it was after one applied change."""

    __tablename__ = "order_versions"

    object_id: Mapped[UUID] = mapped_column(
        "order_id", ForeignKey("orders.id", ondelete="CASCADE"), primary_key=True
    )
