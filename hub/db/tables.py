"""Tables of the event log, its readers, and the leases of what only one node may do."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Identity, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.db.base import Attributes, Base, Big, CreatedAt, Id, Word


class EventFacts:
    """What an event says, numbered or not."""

    id: Mapped[UUID]
    type: Mapped[str]
    occurred_at: Mapped[datetime]
    customer_id: Mapped[UUID | None]
    conversation_id: Mapped[UUID | None]
    stream_id: Mapped[UUID | None]
    position: Mapped[Big | None]
    inbox_id: Mapped[UUID | None]
    data: Mapped[Attributes]
    rule_id: Mapped[UUID | None]
    depth: Mapped[int] = mapped_column(SmallInteger, server_default="0")


class PendingEvent(EventFacts, Base):
    """A committed event without a number yet; the relay moves it to `events`.

    xid: the transaction that wrote it: where the relay need not look again.
    """

    __tablename__ = "pending_events"
    __table_args__ = (Index(None, "xid"),)

    n: Mapped[Big] = mapped_column(Identity(always=True), primary_key=True)
    xid: Mapped[Big] = mapped_column(server_default=text("pg_current_xact_id()::text::bigint"))


class LoggedEvent(EventFacts, Base):
    """The event log: append-only, numbered without gaps in an order that respects every commit."""

    __tablename__ = "events"
    __table_args__ = (Index(None, "id"), Index(None, "occurred_at"))

    seq: Mapped[Big] = mapped_column(primary_key=True, autoincrement=False)


class SchemaFloor(Base):
    """One row: the oldest head of migrations whose code works on this schema."""

    __tablename__ = "schema_floor"

    oldest: Mapped[str] = mapped_column(primary_key=True)


class EventReader(Base):
    """How far a durable reader (rules, search) has come in the log."""

    __tablename__ = "event_readers"

    name: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[Big] = mapped_column(server_default="0")


class SkippedEvent(Base):
    """An event that a durable reader could not handle and had to pass."""

    __tablename__ = "skipped_events"

    reader: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[Big] = mapped_column(primary_key=True, autoincrement=False)
    event_id: Mapped[UUID]
    error: Mapped[str]
    at: Mapped[CreatedAt]


class Lease(Base):
    """What only one node does at a time (receiving from an inbox), until `until`."""

    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(primary_key=True)
    holder: Mapped[str]
    until: Mapped[datetime]


class LiveSignal(Base):
    """Typing and presence on their way to the other nodes; unlogged and swept, never history."""

    __tablename__ = "live_signals"
    __table_args__ = {"prefixes": ["UNLOGGED"]}  # noqa: RUF012

    id: Mapped[Id]
    origin: Mapped[Word]
    body: Mapped[Attributes]
    at: Mapped[datetime]


class KeptSetting(Base):
    """A setting of the whole installation (`hub.db.kept_settings`)."""

    __tablename__ = "kept_settings"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[Attributes]
    updated_at: Mapped[CreatedAt]
