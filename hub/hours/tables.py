"""Tables of the business hours: calendars, and which inboxes and teams have one of their own."""

from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.db.base import Base, CreatedAt, Flag, Id, JsonList


class BusinessCalendar(Base):
    """week: [{"days": ["mon"], "from": "09:00", "until": "18:00"}].

    holidays: [{"date": "2026-12-25", "yearly": true, "name": "Christmas"}].
    """

    __tablename__ = "calendars"
    __table_args__ = (
        Index(
            "calendars_default_key",
            "is_default",
            unique=True,
            postgresql_where=text("is_default"),
        ),
    )

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(unique=True)
    time_zone: Mapped[str]
    week: Mapped[JsonList]
    holidays: Mapped[JsonList]
    is_default: Mapped[Flag]
    """Of every inbox and team that names none."""
    created_at: Mapped[CreatedAt]


class CalendarInbox(Base):
    __tablename__ = "calendar_inboxes"

    inbox_id: Mapped[UUID] = mapped_column(
        ForeignKey("inboxes.id", ondelete="CASCADE"), primary_key=True
    )
    calendar_id: Mapped[UUID] = mapped_column(
        ForeignKey("calendars.id", ondelete="CASCADE"), index=True
    )


class CalendarTeam(Base):
    """A team's hours go before its inbox's."""

    __tablename__ = "calendar_teams"

    team_id: Mapped[UUID] = mapped_column(
        ForeignKey("teams.id", ondelete="CASCADE"), primary_key=True
    )
    calendar_id: Mapped[UUID] = mapped_column(
        ForeignKey("calendars.id", ondelete="CASCADE"), index=True
    )
