"""Tables of rules: what is stored, and every firing with its outcome."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.db.base import Attributes, Base, Big, CreatedAt, Id, JsonList, Word


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

    outcome: fired, waiting (goes on at `continues_at`), suppressed, no-route, failed, ended (after
    a wait its conditions held no more, or it was too late).
    object_*: what set it off. actions: [{"action", "outcome", "reason", "decision_id"}].
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
    object_kind: Mapped[Word]
    object_id: Mapped[UUID | None]
    outcome: Mapped[str]
    reason: Mapped[Word]
    decision_id: Mapped[UUID | None]
    actions: Mapped[JsonList] = mapped_column(server_default=text("'[]'"))
    continues_at: Mapped[datetime | None]
    at: Mapped[datetime]


class RuleQuestion(Base):
    """A question that a rule sent, and waits for an answer to: one at a time in a firing.

    choices: [{"value", "label", "words", "step"}] in the order of their numbers. answer: the value
    given, empty when nobody answered. told_late_at: when somebody was told that it is over.
    """

    __tablename__ = "rule_questions"
    __table_args__ = (Index(None, "firing_id"), Index(None, "customer_id"))

    id: Mapped[Id]
    # A firing is kept at its end, with what came of it.
    firing_id: Mapped[UUID] = mapped_column(
        ForeignKey("rule_firings.id", ondelete="CASCADE", deferrable=True, initially="DEFERRED")
    )
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"))
    entry_id: Mapped[UUID | None]
    choices: Mapped[JsonList]
    answer: Mapped[Word]
    asked_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    told_late_at: Mapped[datetime | None]


class RuleSkip(Base):
    """Why a rule did nothing for a customer when it was last set off in vain: the newest alone.

    Conditions that did not hold for an event leave none here: `RuleOccasion` tells them.
    outcome: skipped (conditions), superseded, late, loop, repeated, capped.
    """

    __tablename__ = "rule_skips"
    __table_args__ = (Index(None, "rule_id", "at"), Index(None, "customer_id"))

    rule_id: Mapped[UUID] = mapped_column(
        ForeignKey("rules.id", ondelete="CASCADE"), primary_key=True
    )
    customer_id: Mapped[UUID] = mapped_column(primary_key=True)
    rule_version: Mapped[int]
    object_kind: Mapped[Word]
    object_id: Mapped[UUID | None]
    outcome: Mapped[str]
    reason: Mapped[Word]
    at: Mapped[datetime]


class RuleOccasion(Base):
    """The newest event of each name that rules were asked about for a customer, and about what.

    One row, however many rules look at such events: whichever of them left no firing and no skip
    there had conditions that did not hold.
    """

    __tablename__ = "rule_occasions"
    __table_args__ = (Index(None, "event", "at"),)

    event: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(primary_key=True)
    object_kind: Mapped[Word]
    object_id: Mapped[UUID | None]
    at: Mapped[datetime]


class CustomEvent(Base):
    """Something that another system told of a customer: `name` and whatever `data` it sent."""

    __tablename__ = "custom_events"
    __table_args__ = (Index(None, "customer_id", "at"),)

    id: Mapped[Id]
    system: Mapped[Word]
    name: Mapped[str]
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"))
    data: Mapped[Attributes]
    occurred_at: Mapped[datetime]
    at: Mapped[datetime]
