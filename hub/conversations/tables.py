"""Tables of conversations, and of what comes in: ingress, quarantine, risky input."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Sequence,
    SmallInteger,
    Uuid,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from hub.db.base import Attributes, Base, Big, CreatedAt, Flag, Id, Word, Words

draft_revisions = Sequence("draft_revisions", metadata=Base.metadata)


class Conversation(Base):
    """A unit of work with one customer; it may cross channels.

    status: open, pending, snoozed, closed. priority: 0 none .. 4 urgent.
    Whose it is follows from `opening_stream_id`: the stream's root. So a merge, a split and their
    undo move all conversations without touching one.
    waiting_since: the oldest customer message nobody has answered; null when the ball is theirs.
    inbound_count, last_*: kept with every entry, never counted.
    """

    __tablename__ = "conversations"
    __table_args__ = (
        Index("conversations_inbox_idx", "status", text("updated_at DESC"), text("id DESC")),
        Index(
            "conversations_assignee_idx",
            "assignee_id",
            "status",
            text("updated_at DESC"),
            text("id DESC"),
        ),
        Index(
            "conversations_team_idx", "team_id", "status", text("updated_at DESC"), text("id DESC")
        ),
        Index(
            "conversations_waiting_idx",
            "status",
            text("coalesce(waiting_since, 'infinity'::timestamptz)"),
            "id",
        ),
        Index(
            "conversations_due_idx",
            "status",
            text("coalesce(due_at, 'infinity'::timestamptz)"),
            "id",
        ),
        Index("conversations_stream_idx", "opening_stream_id", text("updated_at DESC")),
        # Small, so that ingest finds the one to join also among a thousand streams.
        Index(
            "conversations_unfinished_idx",
            "opening_stream_id",
            postgresql_where=text("status <> 'closed'"),
        ),
        Index(
            "conversations_labelled_idx",
            text("updated_at DESC"),
            postgresql_where=text("labels <> '{}' AND status <> 'closed'"),
        ),
    )

    id: Mapped[Id]
    opening_stream_id: Mapped[UUID] = mapped_column(ForeignKey("streams.id"))
    inbox_id: Mapped[UUID] = mapped_column(ForeignKey("inboxes.id"))
    pool: Mapped[str]
    status: Mapped[str] = mapped_column(server_default="open")
    assignee_id: Mapped[UUID | None] = mapped_column(ForeignKey("operators.id"))
    team_id: Mapped[UUID | None] = mapped_column(ForeignKey("teams.id"))
    priority: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    labels: Mapped[Words]
    channels: Mapped[Words]
    snoozed_until: Mapped[datetime | None]
    waiting_since: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    """The nearest promised time of its reply timers, kept by `hub.timers`."""
    inbound_count: Mapped[int] = mapped_column(server_default="0")
    last_stream_id: Mapped[UUID | None]
    last_position: Mapped[Big | None]
    last_inbound_at: Mapped[datetime | None]
    first_replied_at: Mapped[datetime | None]
    opened_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    close_reason: Mapped[Word]
    """The word it was closed with (`spam`); empty while it is not closed."""
    score: Mapped[int | None] = mapped_column(SmallInteger)
    """What its customer answered last to the satisfaction question: 1 to 5."""
    scored_at: Mapped[datetime | None]
    merged_into_id: Mapped[UUID | None] = mapped_column(ForeignKey("conversations.id"))
    """The conversation that its messages stand in now; its own id leads there. Such a one is
    closed, and neither listed nor counted."""
    set_aside: Mapped[Attributes]
    """What it was when it was merged, and what it lent: given back by an undo."""


class ConversationMove(Base):
    """Two conversations made one by hand, or one made two. Rows are only ever ended.

    act: `merge` (from_id went into into_id), `split` (`entries` left from_id for into_id).
    position: of the line that tells of it, which orders the acts of a customer.
    streams: whose messages were moved; when those become two customers', the act is undone.
    """

    __tablename__ = "conversation_moves"
    __table_args__ = (Index(None, "from_id"), Index(None, "into_id"))

    id: Mapped[Id]
    act: Mapped[str]
    from_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id"))
    into_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id"))
    position: Mapped[Big]
    entries: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), server_default=text("'{}'"))
    streams: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), server_default=text("'{}'"))
    by_kind: Mapped[str]
    by_id: Mapped[UUID | None]
    at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None]


class EntryOrigin(Base):
    """The conversation that an entry came into, kept for those that stand elsewhere by hand."""

    __tablename__ = "entry_origins"

    stream_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[Big] = mapped_column(primary_key=True)
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id"), index=True)


class ConversationFollower(Base):
    """An operator who wants to hear of what customers write in a conversation."""

    __tablename__ = "conversation_followers"

    conversation_id: Mapped[UUID] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True
    )
    operator_id: Mapped[UUID] = mapped_column(
        ForeignKey("operators.id", ondelete="CASCADE"), primary_key=True
    )
    created_at: Mapped[CreatedAt]


class ChatMail(Base):
    """How far what was said in a chat, and not read there, has followed its visitor by mail."""

    __tablename__ = "chat_mails"

    contact_point_id: Mapped[UUID] = mapped_column(
        ForeignKey("contact_points.id", ondelete="CASCADE"), primary_key=True
    )
    inbox_id: Mapped[UUID] = mapped_column(
        ForeignKey("inboxes.id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[Big]
    mailed_at: Mapped[datetime]


class OperatorDraft(Base):
    """What an operator has begun to write in a conversation and not sent.

    note: it is to become a note. revision: from one sequence for all, so that it never comes twice
    for the same conversation, also after a draft was deleted.
    """

    __tablename__ = "drafts"

    conversation_id: Mapped[UUID] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True
    )
    operator_id: Mapped[UUID] = mapped_column(
        ForeignKey("operators.id", ondelete="CASCADE"), primary_key=True
    )
    # Before the column of the same name, which hides the function.
    files: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), server_default=text("'{}'"))
    text: Mapped[Word]
    note: Mapped[Flag]
    contact_point_id: Mapped[UUID | None]
    subject: Mapped[Word]
    letter: Mapped[Attributes]
    """What only a mail has: html, cc, bcc, quote."""
    revision: Mapped[Big]
    updated_at: Mapped[datetime]


class SavedView(Base):
    """A filter of the list of conversations under a name; without an owner it is everybody's."""

    __tablename__ = "saved_views"

    id: Mapped[Id]
    name: Mapped[str]
    filter: Mapped[Attributes]
    owner_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("operators.id", ondelete="CASCADE"), index=True
    )
    position: Mapped[int] = mapped_column(server_default="0")
    created_at: Mapped[CreatedAt]


class ConversationRead(Base):
    """How many of a conversation's inbound messages an operator has seen."""

    __tablename__ = "conversation_reads"

    conversation_id: Mapped[UUID] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True
    )
    operator_id: Mapped[UUID] = mapped_column(
        ForeignKey("operators.id", ondelete="CASCADE"), primary_key=True
    )
    inbound_count: Mapped[int]


class ConversationTally(Base):
    """How many conversations there are, kept by a trigger; the sum over `shard` is the number.

    Shards keep concurrent transactions from queueing on one row. Nil ids stand for "nobody".
    """

    __tablename__ = "conversation_tallies"

    status: Mapped[str] = mapped_column(primary_key=True)
    inbox_id: Mapped[UUID] = mapped_column(primary_key=True)
    assignee_id: Mapped[UUID] = mapped_column(primary_key=True)
    team_id: Mapped[UUID] = mapped_column(primary_key=True)
    shard: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    count: Mapped[int] = mapped_column(Integer, server_default="0")


class Ingress(Base):
    """What an inbox has given us already: the guard against repeats.

    entry_id is null for a change (edit, reaction, ...) and for what went to quarantine.
    """

    __tablename__ = "ingress"

    inbox_id: Mapped[UUID] = mapped_column(ForeignKey("inboxes.id"), primary_key=True)
    external_id: Mapped[str] = mapped_column(primary_key=True)
    entry_id: Mapped[UUID | None]
    quarantine_id: Mapped[UUID | None]


class Quarantine(Base):
    """Input that could not be stored as a message: raw, with why, replayable."""

    __tablename__ = "quarantine"
    __table_args__ = (Index(None, "created_at"),)

    id: Mapped[Id]
    inbox_id: Mapped[UUID] = mapped_column(ForeignKey("inboxes.id"))
    external_id: Mapped[str]
    raw: Mapped[bytes] = mapped_column(LargeBinary)
    message: Mapped[Attributes]
    """The parsed message when there was one, so that a replay needs no channel."""
    error: Mapped[str]
    created_at: Mapped[CreatedAt]
    resolved_at: Mapped[datetime | None]
    resolution: Mapped[Word]
    entry_id: Mapped[UUID | None]


class RiskyInput(Base):
    """Input being parsed right now by code that may kill the process.

    A row that outlives it counts a death.
    """

    __tablename__ = "risky_inputs"

    inbox_id: Mapped[UUID] = mapped_column(
        ForeignKey("inboxes.id", ondelete="CASCADE"), primary_key=True
    )
    external_id: Mapped[str] = mapped_column(primary_key=True)
    starts: Mapped[int] = mapped_column(SmallInteger)
    started_at: Mapped[datetime]
    poison: Mapped[Flag]
