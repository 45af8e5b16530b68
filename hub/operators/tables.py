"""Tables of the people of the company: operators, teams, sign-ins, tokens, and what they did."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.db.base import Attributes, Base, CreatedAt, Flag, Id, Json, Word, Words


class Operator(Base):
    """A human of the company. `email` is unique without regard to case."""

    __tablename__ = "operators"
    __table_args__ = (Index("operators_email_key", text("lower(email)"), unique=True),)

    id: Mapped[Id]
    email: Mapped[str]
    name: Mapped[Word]
    role: Mapped[str]
    locale: Mapped[Word]
    password_hash: Mapped[Word]
    disabled_at: Mapped[datetime | None]
    notify: Mapped[Attributes]
    """How they want to hear of what: {kind of notification: [`page`, `browser`, `sound`]}."""
    alert_to: Mapped[Word]
    """`scheme:value` where alerts are sent as well; empty for nowhere."""
    alerted_at: Mapped[datetime | None]
    """When something was last sent there."""
    capacity: Mapped[int | None]
    """Open conversations they are given in turn at most; null: as their team has it."""
    given_at: Mapped[datetime | None]
    """When they were last given one in turn."""
    created_at: Mapped[CreatedAt]


class Team(Base):
    """routing: by-hand, or round-robin: who is there and has room gets the next conversation."""

    __tablename__ = "teams"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(unique=True)
    routing: Mapped[str] = mapped_column(server_default="by-hand")
    capacity: Mapped[int] = mapped_column(server_default="20")
    """Open conversations that a member is given in turn at most."""
    created_at: Mapped[CreatedAt]


class TeamMember(Base):
    __tablename__ = "team_members"

    team_id: Mapped[UUID] = mapped_column(
        ForeignKey("teams.id", ondelete="CASCADE"), primary_key=True
    )
    operator_id: Mapped[UUID] = mapped_column(
        ForeignKey("operators.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class TeamInbox(Base):
    """An inbox with at least one row here is for these teams only.

    Without a row, for everybody.
    """

    __tablename__ = "team_inboxes"

    team_id: Mapped[UUID] = mapped_column(
        ForeignKey("teams.id", ondelete="CASCADE"), primary_key=True
    )
    inbox_id: Mapped[UUID] = mapped_column(
        ForeignKey("inboxes.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class SavedReply(Base):
    """A canned answer: everybody's, a team's, or (with an owner) one operator's own."""

    __tablename__ = "saved_replies"

    id: Mapped[Id]
    name: Mapped[str]
    shortcut: Mapped[Word]
    text: Mapped[str]
    team_id: Mapped[UUID | None] = mapped_column(ForeignKey("teams.id", ondelete="SET NULL"))
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("operators.id", ondelete="CASCADE"))
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]


class Notification(Base):
    """Something an operator wants to know of. kind: mention, assigned, reply, team, alert.

    inbox_id: of the conversation it is about: who no longer sees that no longer sees this.
    alert_id: of what is wrong with the hub itself; alert_over: that it is past.
    alert_sent_at: when it went to the operator's own address.
    """

    __tablename__ = "notifications"
    __table_args__ = (
        Index(None, "operator_id", "id"),
        Index(
            "notifications_unread_idx",
            "operator_id",
            "conversation_id",
            postgresql_where=text("read_at IS NULL"),
        ),
        Index(
            "notifications_alerts_idx",
            "operator_id",
            postgresql_where=text("alert_id IS NOT NULL"),
        ),
    )

    id: Mapped[Id]
    operator_id: Mapped[UUID] = mapped_column(ForeignKey("operators.id", ondelete="CASCADE"))
    kind: Mapped[str]
    at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    customer_id: Mapped[UUID | None] = mapped_column(ForeignKey("customers.id"))
    conversation_id: Mapped[UUID | None]
    inbox_id: Mapped[UUID | None]
    entry_id: Mapped[UUID | None]
    alert_id: Mapped[UUID | None]
    alert_over: Mapped[Flag]
    alert_sent_at: Mapped[datetime | None]
    by_kind: Mapped[Word]
    by_id: Mapped[UUID | None]
    by_name: Mapped[Word]


class SignIn(Base):
    """An operator's browser that is signed in; the cookie holds the token, we hold its hash.

    vouched: by a provider that asks for a second factor itself.
    """

    __tablename__ = "sign_ins"

    id: Mapped[Id]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    operator_id: Mapped[UUID] = mapped_column(
        ForeignKey("operators.id", ondelete="CASCADE"), index=True
    )
    user_agent: Mapped[Word]
    address: Mapped[Word]
    created_at: Mapped[CreatedAt]
    seen_at: Mapped[CreatedAt]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    vouched: Mapped[Flag]


class OperatorIdentity(Base):
    """Who an operator is at a sign-in provider: by its own name for them, never by an address."""

    __tablename__ = "operator_identities"
    __table_args__ = (UniqueConstraint("operator_id", "issuer"),)

    issuer: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)
    operator_id: Mapped[UUID] = mapped_column(ForeignKey("operators.id", ondelete="CASCADE"))
    created_at: Mapped[CreatedAt]
    used_at: Mapped[CreatedAt]


class SecondFactor(Base):
    """The secret an operator's phone makes codes from, encrypted; in use once confirmed.

    last_step: of the last code that was taken (`hub.operators.totp`): none holds twice.
    """

    __tablename__ = "second_factors"

    operator_id: Mapped[UUID] = mapped_column(
        ForeignKey("operators.id", ondelete="CASCADE"), primary_key=True
    )
    secret: Mapped[str]
    created_at: Mapped[CreatedAt]
    confirmed_at: Mapped[datetime | None]
    last_step: Mapped[int]


class RecoveryCode(Base):
    """A code that stands in once for a lost phone; we hold its hash."""

    __tablename__ = "recovery_codes"

    operator_id: Mapped[UUID] = mapped_column(
        ForeignKey("operators.id", ondelete="CASCADE"), primary_key=True
    )
    code_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    used_at: Mapped[datetime | None]


class SignInFailure(Base):
    """Wrong passwords and codes, counted per account and per address: guessing slows down."""

    __tablename__ = "sign_in_failures"

    key: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int]
    last_at: Mapped[datetime]
    locked_until: Mapped[datetime | None]


class SetupLink(Base):
    """A one-time link: the first administrator, or an invited operator choosing a password."""

    __tablename__ = "setup_links"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    operator_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("operators.id", ondelete="CASCADE")
    )
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class ApiToken(Base):
    """A program's key. `system` is the name its orders and appointments carry."""

    __tablename__ = "api_tokens"

    id: Mapped[Id]
    name: Mapped[str]
    system: Mapped[str]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    scopes: Mapped[Words]
    created_at: Mapped[CreatedAt]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class AuditRecord(Base):
    """Who changed what, from where: ids and facts, never text or addresses of customers."""

    __tablename__ = "audit"
    __table_args__ = (
        Index(None, "at"),
        Index(None, "object_id"),
        Index(None, "actor_id", "id"),
    )

    id: Mapped[Id]
    at: Mapped[datetime]
    actor_kind: Mapped[str]
    actor_id: Mapped[UUID | None]
    action: Mapped[str]
    object_kind: Mapped[Word]
    object_id: Mapped[UUID | None]
    detail: Mapped[Attributes]
    address: Mapped[Word]


class IdempotentCall(Base):
    """The answer of a POST that carried an Idempotency-Key, kept for a day."""

    __tablename__ = "idempotent_calls"

    caller: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[int | None]
    body: Mapped[Json | None]
    created_at: Mapped[CreatedAt] = mapped_column(server_default=func.now(), index=True)
    finished: Mapped[Flag]
