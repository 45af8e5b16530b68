"""Whether a colleague or a bot has answered since the author last looked."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from hub.conversations.draft import Author, Sender
from hub.db.engine import WriteSession
from hub.errors import Conflict
from hub.timeline.view import load

SHOWN = 20
"""Missed replies that are shown; more would not be read anyway."""


@dataclass(frozen=True, slots=True)
class Since:
    """An entry recorded after the position the author has seen."""

    kind: str
    direction: str
    author_kind: str
    author_id: UUID | None
    purpose: str
    automatic: bool
    imported: bool
    status: str


_REPLIERS = frozenset({"operator", "integration"})
_TAKEN_BACK = frozenset({"cancelled", "suppressed"})

_SINCE = text("""
    SELECT e.kind, e.direction, e.author_kind, e.author_id, e.purpose, e.automatic, e.imported,
           e.status, e.stream_id, e.position, e.inbox_id
    FROM streams AS s
    JOIN entries AS e ON e.stream_id = s.id AND e.position > :position
    WHERE s.root_id = :root AND e.direction = 'outbound'
    ORDER BY e.position
""")

_NEWEST = text("""
    SELECT max(last.position) FROM streams AS s CROSS JOIN LATERAL (
        SELECT position FROM entries AS e WHERE e.stream_id = s.id ORDER BY position DESC LIMIT 1
    ) AS last
    WHERE s.root_id = :root
""")


def is_reply_of_another(entry: Since, author: Author) -> bool:
    """Another operator's or bot's reply; never inbound, a note, an activity, a notice, an import,
    one's own, or one that was taken back."""
    return (
        entry.kind == "message"
        and entry.direction == "outbound"
        and entry.author_kind in _REPLIERS
        and (entry.author_kind, entry.author_id) != (author.kind, author.id)
        and entry.purpose in {"", "service"}
        and not entry.automatic
        and not entry.imported
        and entry.status not in _TAKEN_BACK
    )


async def check(session: WriteSession, root_id: UUID, position: int, by: Sender) -> None:
    """Raises Conflict `answered-meanwhile` with what was missed; the root is locked."""
    connection = await session.connection()
    rows = await connection.execute(_SINCE, {"root": root_id, "position": position})
    missing = [
        row
        for row in rows
        if is_reply_of_another(
            Since(
                row.kind,
                row.direction,
                row.author_kind,
                row.author_id,
                row.purpose,
                row.automatic,
                row.imported,
                row.status,
            ),
            by.author,
        )
    ]
    if not missing:
        return
    newest = await connection.scalar(_NEWEST, {"root": root_id})
    seen = [(row.stream_id, row.position) for row in missing if by.viewer.sees(row.inbox_id)]
    raise Conflict(
        "Somebody else has answered this customer meanwhile.",
        remedy="Read their answer; if yours is still due, send it with the new position.",
        code="answered-meanwhile",
        extra={"missing": await load(session, seen[-SHOWN:]), "position": newest},
    )
