"""Tables of sending: decisions, deliveries, attempts and early receipts."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ForeignKey, Identity, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.db.base import Attributes, Base, Big, CreatedAt, Id, JsonList, Word


class Decision(Base):
    """Why a message went, waits, or did not go: every candidate with its reason.

    outcome: sent, waiting, suppressed, no-route, superseded.
    candidates: [{"contact_point_id", "inbox_id", "channel", "chosen", "reason"}].
    object_kind/object_id: the order or appointment it was about.
    Nothing checks what it names: customers are never deleted, and theirs is held (`lock_roots`).
    """

    __tablename__ = "decisions"
    __table_args__ = (
        Index(None, "customer_id", "at"),
        Index(None, "rule_id", "at"),
        Index(None, "object_id"),
        Index(None, "entry_id"),
    )

    id: Mapped[Id]
    at: Mapped[datetime]
    customer_id: Mapped[UUID]
    outcome: Mapped[str]
    reason: Mapped[Word]
    purpose: Mapped[Word]
    candidates: Mapped[JsonList]
    facts: Mapped[Attributes]
    """What it rests on beside the candidates: quiet hours, a cap (`hub.deliveries.planner`)."""
    entry_id: Mapped[UUID | None]
    rule_id: Mapped[UUID | None]
    object_kind: Mapped[Word]
    object_id: Mapped[UUID | None]
    by_kind: Mapped[str]
    by_id: Mapped[UUID | None]


class Delivery(Base):
    """One outbound message to one contact point, self-contained: sending it reads nothing else.

    What it names is never deleted, and was read in its transaction. Only `retry_of` is checked:
    each check locks the row that is named, and a crowd's deliveries all name the same inbox.
    status: scheduled, waiting, queued, sending, sent, delivered, read, failed, unknown, cancelled,
    suppressed. It moves forward by rank (`hub.deliveries.status`).
    number: the order within a contact point.
    content: subject, text, html, files, buttons, cc, bcc, in_reply_to, author_name, automatic,
    locale.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        Index(
            "deliveries_lane_idx",
            "contact_point_id",
            "number",
            postgresql_where=text("status IN ('queued', 'sending')"),
        ),
        Index(
            "deliveries_external_key",
            "inbox_id",
            "external_id",
            unique=True,
            postgresql_where=text("external_id <> ''"),
        ),
        Index(
            "deliveries_trouble_idx",
            "updated_at",
            postgresql_where=text("status IN ('failed', 'unknown')"),
        ),
        Index(
            "deliveries_waiting_idx",
            "stream_id",
            postgresql_where=text("status = 'waiting'"),
        ),
        Index(None, "entry_id"),
        Index(None, "number", unique=True),
    )

    id: Mapped[Id]
    number: Mapped[Big] = mapped_column(Identity(always=True))
    entry_id: Mapped[UUID]
    stream_id: Mapped[UUID]
    position: Mapped[Big]
    conversation_id: Mapped[UUID | None]
    customer_id: Mapped[UUID]
    contact_point_id: Mapped[UUID]
    inbox_id: Mapped[UUID]
    decision_id: Mapped[UUID | None]
    retry_of: Mapped[UUID | None] = mapped_column(ForeignKey("deliveries.id"))
    part: Mapped[int] = mapped_column(SmallInteger, server_default="1")
    parts: Mapped[int] = mapped_column(SmallInteger, server_default="1")
    turn: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    turns: Mapped[int] = mapped_column(SmallInteger, server_default="1")
    """Which of the message's ways it is, and how many there are (`hub.deliveries.turns`)."""
    after: Mapped[timedelta | None]
    """How long the turn before it is given."""
    scheme: Mapped[str]
    address: Mapped[str]
    reply_address: Mapped[Word]
    content: Mapped[Attributes]
    status: Mapped[str]
    reason: Mapped[Word]
    """A `hub.ports.Reason`, or a word of ours (`expired`, `order-changed`, ...)."""
    detail: Mapped[Word]
    """The provider's words, readable by an operator."""
    external_id: Mapped[Word]
    provider_status: Mapped[Word]
    provider_code: Mapped[Word]
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    deadline: Mapped[datetime]
    """Not tried again after this.

    A transient fault blocks the contact point at most until then.
    """
    send_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    read_at: Mapped[datetime | None]
    dismissed_at: Mapped[datetime | None]
    """An operator has seen that it failed, and leaves it at that."""
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]


class Attempt(Base):
    """One try to hand a delivery to the provider.

    Finished_at is null while it runs or after a crash.
    """

    __tablename__ = "attempts"

    delivery_id: Mapped[UUID] = mapped_column(
        ForeignKey("deliveries.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    outcome: Mapped[Word]
    """sent, transient, rate-limited, permanent, unknown, misconfigured."""
    provider_code: Mapped[Word]
    detail: Mapped[Word]


class EarlyReceipt(Base):
    """A receipt that came before we knew the provider's id of the delivery; matched when we do."""

    __tablename__ = "early_receipts"
    __table_args__ = (Index(None, "inbox_id", "external_id"), Index(None, "created_at"))

    id: Mapped[Id]
    inbox_id: Mapped[UUID] = mapped_column(ForeignKey("inboxes.id", ondelete="CASCADE"))
    external_id: Mapped[str]
    receipt: Mapped[Attributes]
    created_at: Mapped[CreatedAt]
