"""Tables of rules: what is stored, and every firing with its outcome."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.db.base import Attributes, Base, Big, CreatedAt, Id, Word


class Rule(Base):
    """Trigger + conditions + actions (`spec`, as `hub rules apply` reads them). Keyed by name."""

    __tablename__ = "rules"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(unique=True)
    enabled: Mapped[bool] = mapped_column(server_default=text("true"))
    version: Mapped[int] = mapped_column(server_default="1")
    spec: Mapped[Attributes]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]


class RuleVersion(Base):
    """A rule as it was stored once; firings name the version that decided."""

    __tablename__ = "rule_versions"

    rule_id: Mapped[UUID] = mapped_column(
        ForeignKey("rules.id", ondelete="CASCADE"), primary_key=True
    )
    version: Mapped[int] = mapped_column(primary_key=True)
    spec: Mapped[Attributes]
    at: Mapped[CreatedAt]


class RuleFiring(Base):
    """One firing, unique per key: a rule never fires twice for the same thing.

    outcome: fired, skipped (conditions), superseded (the object moved on), failed.
    """

    __tablename__ = "rule_firings"
    __table_args__ = (
        UniqueConstraint("rule_id", "key"),
        Index(None, "rule_id", "at"),
        Index(None, "customer_id", "at"),
    )

    id: Mapped[Id]
    rule_id: Mapped[UUID] = mapped_column(ForeignKey("rules.id", ondelete="CASCADE"))
    rule_version: Mapped[int]
    key: Mapped[str]
    event_seq: Mapped[Big]
    customer_id: Mapped[UUID | None]
    outcome: Mapped[str]
    reason: Mapped[Word]
    decision_id: Mapped[UUID | None]
    at: Mapped[datetime]
