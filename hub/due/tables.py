"""The one table of waiting work."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Identity, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hub.db.base import Attributes, Base, Big


class Due(Base):
    """One piece of work that waits.

    due_at: when it should happen, kept for lateness and for nearest-deadline-first.
    ready_at: when it may be claimed: `due_at` at first, the next try after a failure.
    lease: the claim that may complete it; a claimer that lost its lease completes nothing.
    lease_until: nobody else may claim it before. It is in no index, so that a claim is an update
    in place (HOT); the pages keep room for that, for all of their rows at once.
    """

    __tablename__ = "due"
    __table_args__ = (
        UniqueConstraint("kind", "key"),
        Index(None, "kind", "ready_at"),
        {
            "postgresql_with": {
                "fillfactor": 45,
                # A million reminders may wait: a fifth of them is too many dead rows to step over.
                "autovacuum_vacuum_scale_factor": 0.01,
                "autovacuum_vacuum_cost_delay": 0,
            }
        },
    )

    id: Mapped[Big] = mapped_column(Identity(always=True), primary_key=True)
    kind: Mapped[str]
    key: Mapped[str]
    due_at: Mapped[datetime]
    ready_at: Mapped[datetime]
    lease: Mapped[UUID | None]
    lease_until: Mapped[datetime | None]
    attempt: Mapped[int] = mapped_column(server_default="0")
    data: Mapped[Attributes]
