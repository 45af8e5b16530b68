"""Tables of people and addresses.

Customers, contact points, streams and the edges of the identity forest.
"""

from datetime import datetime, time
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.db.base import Attributes, Base, Big, CreatedAt, Id, Word, Words


class Customer(Base):
    """A person's record. `root_id` is the record at the top of its tree: itself unless merged.

    Locking a root row (`FOR NO KEY UPDATE`) is what serialises everything of one customer.
    """

    __tablename__ = "customers"
    __table_args__ = (
        Index(None, "root_id"),
        Index(
            "customers_folded_trgm_idx",
            "folded",
            postgresql_using="gin",
            postgresql_ops={"folded": "gin_trgm_ops"},
        ),
        Index(None, "updated_at", "id"),
    )

    id: Mapped[Id]
    root_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"))
    name: Mapped[Word]
    folded: Mapped[Word]
    """The name, case-folded, ё as е: for sorting and for search."""
    locale: Mapped[Word]
    time_zone: Mapped[Word]
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("operators.id"))
    attributes: Mapped[Attributes]
    labels: Mapped[Words]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]


class ExternalRef(Base):
    """What another system calls the customer."""

    __tablename__ = "external_refs"

    system: Mapped[str] = mapped_column(primary_key=True)
    external_id: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"), index=True)
    created_at: Mapped[CreatedAt]


class ContactPoint(Base):
    """An address: scheme + normalised value, unique; the raw spelling kept.

    health: `ok`, or a `hub.ports.Reason` (with `health_until` when it expires).
    opted_out_at: the customer asked for silence here.
    """

    __tablename__ = "contact_points"
    __table_args__ = (
        UniqueConstraint("scheme", "value"),
        Index(
            "contact_points_value_trgm_idx",
            "value",
            postgresql_using="gin",
            postgresql_ops={"value": "gin_trgm_ops"},
        ),
        Index("contact_points_loose_idx", "loose", postgresql_where=text("loose <> ''")),
        Index(
            "contact_points_claimed_loose_idx",
            "claimed_loose",
            postgresql_where=text("claimed_loose <> ''"),
        ),
    )

    id: Mapped[Id]
    scheme: Mapped[str]
    value: Mapped[str]
    raw: Mapped[Word]
    label: Mapped[Word]
    proof: Mapped[str] = mapped_column(server_default="none")
    health: Mapped[str] = mapped_column(server_default="ok")
    health_detail: Mapped[Word]
    health_until: Mapped[datetime | None]
    opted_out_at: Mapped[datetime | None]
    shut_out_at: Mapped[datetime | None]
    shut_out_reason: Mapped[Word]
    """Since when, and why, operators do not want to hear from here: what comes opens nothing."""
    loose: Mapped[Word]
    """What its likely other spellings have in common (`hub.customers.likeness`); empty when that
    is the value itself. For suggestions: nobody is identified by it."""
    claimed_loose: Mapped[Word]
    """The same of the mail address it claims."""
    claimed: Mapped[Attributes]
    """What whoever writes from here says of himself: `name`, `email`, `by`. It proves nothing."""
    created_at: Mapped[CreatedAt]


class Reachability(Base):
    """A contact point as seen from one inbox.

    The provider's name for it, when it last wrote, whether it blocked us.
    """

    __tablename__ = "reachability"

    contact_point_id: Mapped[UUID] = mapped_column(
        ForeignKey("contact_points.id"), primary_key=True
    )
    inbox_id: Mapped[UUID] = mapped_column(ForeignKey("inboxes.id"), primary_key=True)
    reply_address: Mapped[Word]
    blocked_at: Mapped[datetime | None]
    last_inbound_at: Mapped[datetime | None]
    last_inbound_position: Mapped[Big | None]
    read_position: Mapped[Big | None]
    """How far the customer has read here."""
    seen_position: Mapped[Big | None]
    """How far an operator has read what came from here."""


class Stream(Base):
    """The immutable home of entries: one per contact point, one per customer record.

    `record_id` caches the record its active edge leads to, `root_id` that record's root: the
    customer it belongs to now.
    """

    __tablename__ = "streams"
    __table_args__ = (
        CheckConstraint("(contact_point_id IS NULL) <> (customer_id IS NULL)", name="one_home"),
        Index(None, "root_id"),
        # Room on every page for each of its rows once more, as when a rule writes to everybody:
        # keeping the span stays a heap-only update that touches no index.
        {"postgresql_with": {"fillfactor": "45"}},
    )

    id: Mapped[Id]
    contact_point_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("contact_points.id"), unique=True
    )
    customer_id: Mapped[UUID | None] = mapped_column(ForeignKey("customers.id"), unique=True)
    record_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"))
    root_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"))
    first_sort_at: Mapped[datetime | None]
    last_sort_at: Mapped[datetime | None]
    """The span of its entries, kept by `hub.timeline.record`; null while there are none."""
    created_at: Mapped[CreatedAt]


class IdentityEdge(Base):
    """Why a stream, or a merged customer, belongs to `parent_id`.

    At most one active edge per child. One that was ended by a newer one of the same child
    (`replaced_by`) comes back when that is undone; one ended without it is undone itself.
    """

    __tablename__ = "identity_edges"
    __table_args__ = (
        CheckConstraint("(stream_id IS NULL) <> (customer_id IS NULL)", name="one_child"),
        Index(
            "identity_edges_active_stream_key",
            "stream_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL AND stream_id IS NOT NULL"),
        ),
        Index(
            "identity_edges_active_customer_key",
            "customer_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL AND customer_id IS NOT NULL"),
        ),
        Index(None, "parent_id"),
        # Few edges ever end: the past of a child costs nothing to keep findable.
        Index(
            "identity_edges_ended_stream_idx",
            "stream_id",
            postgresql_where=text("ended_at IS NOT NULL"),
        ),
        Index(
            "identity_edges_ended_customer_idx",
            "customer_id",
            postgresql_where=text("ended_at IS NOT NULL"),
        ),
        Index(
            "identity_edges_replaced_idx",
            "replaced_by",
            postgresql_where=text("replaced_by IS NOT NULL"),
        ),
    )

    id: Mapped[Id]
    stream_id: Mapped[UUID | None] = mapped_column(ForeignKey("streams.id"))
    customer_id: Mapped[UUID | None] = mapped_column(ForeignKey("customers.id"))
    parent_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"))
    act: Mapped[Word]
    """`merge`, `split`, `added` (an address an operator wrote down), `return` (the empty record
    an undone split leaves behind); empty for how a stream began."""
    evidence: Mapped[str]
    """A `hub.customers.evidence.Evidence`."""
    since: Mapped[Big | None]
    """The newest position when it began: only later entries can mix both sides."""
    detail: Mapped[Attributes]
    by_kind: Mapped[str]
    by_id: Mapped[UUID | None]
    at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None]
    replaced_by: Mapped[UUID | None] = mapped_column(ForeignKey("identity_edges.id"))


class LinkCode(Base):
    """A one-time code that links the address it comes back from to a customer.

    code_hash: of the code as `hub.customers.link_codes` spells it. channel, inbox_id: where it
    has to come from; inbox_id null: any inbox of the channel.
    used_by: the contact point it came back from; edge_id: the merge that made, null when what
    came was not proven to be from there.
    """

    __tablename__ = "link_codes"
    __table_args__ = (Index(None, "customer_id"), Index(None, "expires_at"))

    id: Mapped[Id]
    code_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"))
    channel: Mapped[str]
    inbox_id: Mapped[UUID | None] = mapped_column(ForeignKey("inboxes.id", ondelete="CASCADE"))
    purpose: Mapped[Word]
    by_kind: Mapped[str]
    by_id: Mapped[UUID | None]
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    used_by: Mapped[UUID | None] = mapped_column(ForeignKey("contact_points.id"))
    edge_id: Mapped[UUID | None] = mapped_column(ForeignKey("identity_edges.id"))


class LinkCodeTry(Base):
    """Wrong link codes, counted per contact point and inbox, so that guessing is hopeless."""

    __tablename__ = "link_code_tries"

    key: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int]
    since: Mapped[datetime]


class Visitor(Base):
    """Somebody who looks at a chat, as one node has said; an old row's visitor is gone."""

    __tablename__ = "visitors"
    __table_args__ = {"prefixes": ["UNLOGGED"]}  # noqa: RUF012

    contact_point_id: Mapped[UUID] = mapped_column(primary_key=True)
    inbox_id: Mapped[UUID] = mapped_column(primary_key=True)
    node_id: Mapped[UUID] = mapped_column(primary_key=True)
    seen_at: Mapped[datetime]


class DismissedSuggestion(Base):
    """Two records somebody has looked at and found to be two people; `one_id` < `other_id`."""

    __tablename__ = "dismissed_suggestions"

    one_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"), primary_key=True)
    other_id: Mapped[UUID] = mapped_column(
        ForeignKey("customers.id"), primary_key=True, index=True
    )
    by_kind: Mapped[str]
    by_id: Mapped[UUID | None]
    at: Mapped[datetime]


class Consent(Base):
    """What a customer said to a purpose at a contact point. Lines are only ever added."""

    __tablename__ = "consents"
    __table_args__ = (
        Index(
            "consents_standing_idx",
            "contact_point_id",
            "purpose",
            text("at DESC"),
            text("id DESC"),
        ),
    )

    id: Mapped[Id]
    contact_point_id: Mapped[UUID] = mapped_column(ForeignKey("contact_points.id"))
    purpose: Mapped[str]
    """A `hub.customers.consents.Purpose`."""
    given: Mapped[bool]
    source: Mapped[str]
    wording: Mapped[Word]
    """What the customer was asked, as it was put."""
    by_kind: Mapped[str]
    by_id: Mapped[UUID | None]
    at: Mapped[datetime]
    created_at: Mapped[CreatedAt]


class Preference(Base):
    """How a customer wants to be written to, as said on one record; the newest of a tree counts.

    quiet: `own` (quiet_from to quiet_until), `none`, or empty: as the installation has it.
    """

    __tablename__ = "preferences"

    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"), primary_key=True)
    channels: Mapped[Words]
    """In the order they are preferred; others come after."""
    quiet: Mapped[Word]
    quiet_from: Mapped[time | None]
    quiet_until: Mapped[time | None]
    source: Mapped[str]
    """`operator`, `integration`, `link` (the customer's own page)."""
    updated_at: Mapped[CreatedAt]
