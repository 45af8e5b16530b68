"""Tables of the reply timers: what was promised, and what runs."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, ForeignKey, Index, SmallInteger, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.db.base import Base, CreatedAt, Id


class TimerPolicy(Base):
    """Targets in minutes of business time; null: none. Of those that fit, the first one holds.

    inboxes, teams: empty fits all. priority: it fits conversations of this priority or a higher.
    warn_percent: of the target, when a warning is told.
    """

    __tablename__ = "timer_policies"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(unique=True)
    position: Mapped[int]
    inboxes: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), server_default=text("'{}'"))
    teams: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), server_default=text("'{}'"))
    priority: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    first_reply: Mapped[int | None]
    next_reply: Mapped[int | None]
    resolution: Mapped[int | None]
    warn_percent: Mapped[int] = mapped_column(SmallInteger, server_default="80")
    created_at: Mapped[CreatedAt]


class ConversationTimer(Base):
    """One that runs, or pauses. kind: as policies promise it; call_back, of no policy.

    running_since, due_at, warn_at: null while it pauses, and when a wait is over of which
    something was told. spent: seconds of business time before.
    """

    __tablename__ = "conversation_timers"
    __table_args__ = (Index(None, "due_at"),)

    conversation_id: Mapped[UUID] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True
    )
    kind: Mapped[str] = mapped_column(primary_key=True)
    policy_id: Mapped[UUID]
    started_at: Mapped[datetime]
    running_since: Mapped[datetime | None]
    spent: Mapped[int] = mapped_column(server_default="0")
    due_at: Mapped[datetime | None]
    warn_at: Mapped[datetime | None]
    warned_at: Mapped[datetime | None]
    breached_at: Mapped[datetime | None]
