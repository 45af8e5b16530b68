"""Tables of inboxes.

Their settings and state, what a channel remembers, and how fast it may send.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.db.base import Attributes, Base, CreatedAt, Id, Word


class Inbox(Base):
    """One configured account of a channel. Secret settings are encrypted inside `settings`.

    state: opening, open, down, misconfigured (and `disabled` when not enabled).
    pool: conversations of a customer flow together over all inboxes of one pool.
    reopen_days: for so long an answer opens a closed conversation again; then it opens a new one.
    """

    __tablename__ = "inboxes"

    id: Mapped[Id]
    channel: Mapped[str]
    name: Mapped[str]
    pool: Mapped[str] = mapped_column(server_default="main")
    reopen_days: Mapped[int] = mapped_column(SmallInteger, server_default="7")
    enabled: Mapped[bool] = mapped_column(server_default=text("true"))
    settings: Mapped[Attributes]
    version: Mapped[int] = mapped_column(server_default="1")
    """Raised with every change of settings: each node reopens the inbox when it sees a new one."""
    state: Mapped[str] = mapped_column(server_default="opening")
    detail: Mapped[Word]
    remedy: Mapped[Word]
    state_at: Mapped[CreatedAt]
    created_at: Mapped[CreatedAt]


class ChannelStateRow(Base):
    """A channel's own durable facts (offsets, visit tokens), by inbox and key."""

    __tablename__ = "channel_state"
    __table_args__ = (Index(None, "expires_at", postgresql_where=text("expires_at IS NOT NULL")),)

    inbox_id: Mapped[UUID] = mapped_column(
        ForeignKey("inboxes.id", ondelete="CASCADE"), primary_key=True
    )
    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[Attributes]
    updated_at: Mapped[CreatedAt]
    expires_at: Mapped[datetime | None]
    """Past it the key counts as gone; the supervisor sweeps."""


class SendGate(Base):
    """When the next send may leave: of the whole inbox (`scope` empty) or to one contact point."""

    __tablename__ = "send_gates"

    inbox_id: Mapped[UUID] = mapped_column(
        ForeignKey("inboxes.id", ondelete="CASCADE"), primary_key=True
    )
    scope: Mapped[str] = mapped_column(primary_key=True)
    next_free_at: Mapped[datetime]
