"""Tables of webhooks: who is called, what each is told, and how every call went."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.db.base import Attributes, Base, Big, CreatedAt, Id, Word, Words


class Webhook(Base):
    """An address of another system that is told what happens. Keyed by name.

    events: the types it is told of; `*` = all; none = only what rules tell it.
    secret, old_secret: encrypted; both sign until `old_secret_until`.
    failing_since: of the first failure after the last success.
    disabled_reason: by-hand, failing, gone (it answered 410); empty while enabled.
    """

    __tablename__ = "webhooks"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(unique=True)
    url: Mapped[str]
    events: Mapped[Words]
    enabled: Mapped[bool] = mapped_column(server_default=text("true"))
    secret: Mapped[str]
    old_secret: Mapped[Word]
    old_secret_until: Mapped[datetime | None]
    failing_since: Mapped[datetime | None]
    last_success_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    disabled_reason: Mapped[Word]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]


class WebhookDelivery(Base):
    """One thing that one webhook is told. status: pending, delivered, failed.

    event_id: what the receiver knows it by, the same at every try.
    lane: the customer it is about, else the webhook's own id: told in the order of (seq, id).
    body: only of what a rule says, until it is delivered; events are read from the log.
    attempts: all of them; tries: since it was planned or replayed. next_at: not before.
    """

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        UniqueConstraint("webhook_id", "event_id"),
        Index(
            "webhook_deliveries_lane_idx",
            "webhook_id",
            "lane",
            "seq",
            "id",
            postgresql_where=text("status = 'pending'"),
        ),
        Index(
            "webhook_deliveries_undelivered_idx",
            "webhook_id",
            "status",
            postgresql_where=text("status <> 'delivered'"),
        ),
        Index(None, "webhook_id", "id"),
        Index(None, "created_at"),
    )

    id: Mapped[Id]
    webhook_id: Mapped[UUID] = mapped_column(ForeignKey("webhooks.id", ondelete="CASCADE"))
    event_id: Mapped[UUID]
    seq: Mapped[Big]
    type: Mapped[str]
    customer_id: Mapped[UUID | None]
    lane: Mapped[UUID]
    status: Mapped[str] = mapped_column(server_default="pending")
    body: Mapped[Attributes]
    attempts: Mapped[int] = mapped_column(server_default="0")
    tries: Mapped[int] = mapped_column(server_default="0")
    next_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]


class WebhookAttempt(Base):
    """One call. `code`: the HTTP status, when there was an answer; else `fault` says why not.

    said: the beginning of an answer that refused.
    """

    __tablename__ = "webhook_attempts"

    delivery_id: Mapped[UUID] = mapped_column(
        ForeignKey("webhook_deliveries.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    milliseconds: Mapped[int]
    code: Mapped[int | None]
    fault: Mapped[Word]
    said: Mapped[Word]
