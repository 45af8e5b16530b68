"""The table of alerts: what is wrong with the hub, from its first sign until it is over."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.db.base import Base, Id, Word


class Alert(Base):
    """One incident. kind: see `hub.alerts.incidents`; subject: id or name of what it is about.

    since: when it began; seen_at: when it was last found; latest: the newest thing it is about.
    told_at: when the operators were last told; null while nobody was. number: how many things.
    ended_at: when it was over; at most one of a subject is open.
    """

    __tablename__ = "alerts"
    __table_args__ = (
        Index(
            "alerts_open_key",
            "kind",
            "subject",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index(None, "ended_at"),
    )

    id: Mapped[Id]
    kind: Mapped[str]
    subject: Mapped[Word]
    inbox_id: Mapped[UUID | None]
    since: Mapped[datetime]
    seen_at: Mapped[datetime]
    latest: Mapped[datetime]
    number: Mapped[int] = mapped_column(server_default="1")
    told_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
