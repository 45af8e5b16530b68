"""Tables of appointments pushed by booking systems, and of every version of them."""

from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hub.objects.tables import Pushed, PushedVersion


class Appointment(Pushed):
    """An appointment as its booking system last described it, or as its customer answered.

    starts_at: empty while the booking system has not set it.
    """

    __tablename__ = "appointments"
    __table_args__ = (
        UniqueConstraint("system", "external_id"),
        Index(None, "customer_id"),
        Index(None, "starts_at"),
    )


class AppointmentVersion(PushedVersion):
    """An appointment as it was after one applied change."""

    __tablename__ = "appointment_versions"

    object_id: Mapped[UUID] = mapped_column(
        "appointment_id", ForeignKey("appointments.id", ondelete="CASCADE"), primary_key=True
    )
