"""The table of reminders: what is planned, and what became of it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.db.base import Base, CreatedAt, Id, Word


class Reminder(Base):
    """A planned firing of a rule, bound to one version of an order or appointment.

    moment: the object's time it counts from; due_at: when it fires. status: planned, sent,
    dropped, with a reason when dropped. decision_id: of its message; of one that is planned, the
    decision about a message that was taken back. At most one is planned for a rule and an object.
    """

    __tablename__ = "reminders"
    __table_args__ = (
        Index(
            "reminders_planned_key",
            "object_id",
            "rule_id",
            unique=True,
            postgresql_where=text("status = 'planned'"),
        ),
        Index(None, "object_id"),
        Index(None, "rule_id"),
        Index(
            "reminders_next_key",
            "rule_id",
            "due_at",
            "id",
            postgresql_where=text("status = 'planned'"),
        ),
        Index(
            "reminders_failed_key",
            "ended_at",
            postgresql_where=text("status = 'dropped' AND reason = 'failed'"),
        ),
    )

    id: Mapped[Id]
    rule_id: Mapped[UUID] = mapped_column(ForeignKey("rules.id", ondelete="CASCADE"))
    rule_version: Mapped[int]
    object_kind: Mapped[str]
    object_id: Mapped[UUID]
    object_revision: Mapped[int]
    moment: Mapped[datetime]
    due_at: Mapped[datetime]
    status: Mapped[str]
    reason: Mapped[Word]
    decision_id: Mapped[UUID | None]
    planned_at: Mapped[CreatedAt]
    ended_at: Mapped[datetime | None]
