"""Tables of what was said.

Entries, their versions and files, the stored bytes, the search index.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    Sequence,
    SmallInteger,
    text,
)
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from hub.db.base import Attributes, Base, Big, CreatedAt, Flag, Id, Word

entry_positions = Sequence("entry_positions", metadata=Base.metadata)
"""Drawn while the root customer's row is locked: monotone per customer in commit order."""


class Entry(Base):
    """A message, a note or an activity, at its immutable place (stream_id, position).

    kind: message, note, activity. direction: inbound, outbound, or '' for the other kinds.
    author_kind: customer, operator, rule, integration, system.
    occurred_at: claimed by whoever wrote it; recorded_at: ours; sort_at: recorded for live
    entries, occurred for imported ones. Display order is (sort_at, position).
    status: of an outbound message, the best news of its deliveries; '' otherwise.
    data: subject, cc, bcc, buttons, in_reply_to, activity facts: shown, not interpreted.
    Its stream and its inbox are never deleted, and were read in its transaction: nothing checks
    them again, which would lock one inbox's row for every message of a crowd.
    """

    __tablename__ = "entries"
    __table_args__ = (
        Index("entries_timeline_idx", "stream_id", text("sort_at DESC"), text("position DESC")),
        # What rules send at large belongs to no conversation.
        Index(
            "entries_conversation_idx",
            "conversation_id",
            "sort_at",
            "position",
            postgresql_where=text("conversation_id IS NOT NULL"),
        ),
        Index("entries_id_key", "id", unique=True),
    )

    stream_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[Big] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[UUID]
    kind: Mapped[str]
    direction: Mapped[Word]
    channel: Mapped[Word]
    inbox_id: Mapped[UUID | None]
    contact_point_id: Mapped[UUID | None]
    conversation_id: Mapped[UUID | None] = mapped_column(ForeignKey("conversations.id"))
    author_kind: Mapped[str]
    author_id: Mapped[UUID | None]
    author_name: Mapped[Word]
    text: Mapped[Word]
    html: Mapped[Word]
    data: Mapped[Attributes]
    external_id: Mapped[Word]
    """Of an inbound message: what its inbox calls it."""
    status: Mapped[Word]
    purpose: Mapped[Word]
    automatic: Mapped[Flag]
    imported: Mapped[Flag]
    file_count: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    version: Mapped[int] = mapped_column(SmallInteger, server_default="1")
    deleted_at: Mapped[datetime | None]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    sort_at: Mapped[datetime]


class EntryVersion(Base):
    """What an entry said before an edit or a delete."""

    __tablename__ = "entry_versions"
    __table_args__ = (
        ForeignKeyConstraint(["stream_id", "position"], ["entries.stream_id", "entries.position"]),
    )

    stream_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[Big] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    text: Mapped[Word]
    html: Mapped[Word]
    ended_at: Mapped[datetime]
    ended_by_kind: Mapped[str]
    ended_by_id: Mapped[UUID | None]


class EntryReaction(Base):
    """An emoji that one side put on an entry; one per author."""

    __tablename__ = "entry_reactions"
    __table_args__ = (
        ForeignKeyConstraint(["stream_id", "position"], ["entries.stream_id", "entries.position"]),
    )

    stream_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[Big] = mapped_column(primary_key=True)
    author: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]
    at: Mapped[datetime]


class EntryRaw(Base):
    """The original bytes of an inbound message, zlib-compressed."""

    __tablename__ = "entry_raw"
    __table_args__ = (
        ForeignKeyConstraint(["stream_id", "position"], ["entries.stream_id", "entries.position"]),
    )

    stream_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[Big] = mapped_column(primary_key=True)
    raw: Mapped[bytes] = mapped_column(LargeBinary)


class Blob(Base):
    """Bytes by their SHA-256, stored once however often they are sent.

    Written whole or not at all.
    """

    __tablename__ = "blobs"

    sha256: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    size: Mapped[Big]
    content_type: Mapped[str]
    """Sniffed from the bytes."""
    created_at: Mapped[CreatedAt]


class BlobChunk(Base):
    """A piece of a blob (1 MiB), so that nobody has to hold a whole file in memory."""

    __tablename__ = "blob_chunks"

    sha256: Mapped[bytes] = mapped_column(
        ForeignKey("blobs.sha256", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class File(Base):
    """One upload.

    A name for a blob. `uploaded_by` is a caller's key (`operator:<id>`, `inbox:<id>`).
    """

    __tablename__ = "files"

    id: Mapped[Id]
    sha256: Mapped[bytes] = mapped_column(ForeignKey("blobs.sha256"), index=True)
    name: Mapped[str]
    uploaded_by: Mapped[Word]
    created_at: Mapped[CreatedAt]


class EntryFile(Base):
    """A file as part of an entry."""

    __tablename__ = "entry_files"
    __table_args__ = (
        ForeignKeyConstraint(["stream_id", "position"], ["entries.stream_id", "entries.position"]),
    )

    stream_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[Big] = mapped_column(primary_key=True)
    ordinal: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    file_id: Mapped[UUID] = mapped_column(ForeignKey("files.id"), index=True)
    inline: Mapped[Flag]
    content_id: Mapped[Word]


class Presence(Base):
    """An operator's open screen and the customer it shows; an old row's screen is gone."""

    __tablename__ = "presence"
    __table_args__ = {"prefixes": ["UNLOGGED"]}  # noqa: RUF012

    screen_id: Mapped[UUID] = mapped_column(primary_key=True)
    operator_id: Mapped[UUID] = mapped_column(ForeignKey("operators.id", ondelete="CASCADE"))
    state: Mapped[str]
    customer_id: Mapped[UUID | None]
    seen_at: Mapped[datetime]


class SearchDocument(Base):
    """The words of one entry, written behind the log by the indexer."""

    __tablename__ = "search_documents"
    __table_args__ = (
        Index("search_documents_words_idx", "words", postgresql_using="gin"),
        Index(None, "position"),
        Index(
            "search_documents_subject_trgm_idx",
            "subject",
            postgresql_using="gin",
            postgresql_ops={"subject": "gin_trgm_ops"},
            postgresql_where=text("subject <> ''"),
        ),
    )

    stream_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[Big] = mapped_column(primary_key=True)
    inbox_id: Mapped[UUID | None]
    words: Mapped[str] = mapped_column(TSVECTOR)
    subject: Mapped[Word]
    """As names are folded, so that it is found with a slip of the pen."""
