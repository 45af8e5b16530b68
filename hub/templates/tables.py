"""Tables of templates: what the installation wrote itself, and every version of it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from hub.db.base import Attributes, Base, CreatedAt, Id


class OwnTemplate(Base):
    """A template of the installation; under a shipped name, it stands before the shipped one."""

    __tablename__ = "templates"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(unique=True)
    version: Mapped[int]
    spec: Mapped[Attributes]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]


class TemplateVersion(Base):
    """A template as it was stored once. by_id: the operator, or null for a program."""

    __tablename__ = "template_versions"

    template_id: Mapped[UUID] = mapped_column(
        ForeignKey("templates.id", ondelete="CASCADE"), primary_key=True
    )
    version: Mapped[int] = mapped_column(primary_key=True)
    spec: Mapped[Attributes]
    by_id: Mapped[UUID | None]
    at: Mapped[datetime]
