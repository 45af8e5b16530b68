"""What a customer may see at one contact point: the messages of that stream through one inbox.

Never notes, activities or other channels; an outbound message only from the moment its sending
begins, so that nothing shows which is still planned, held back or taken back.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import text

from hub.customers.addresses import normalise
from hub.db.engine import Database
from hub.events import EventType
from hub.ports import Address, Button, Seen, Signal, StoredFile, TranscriptEntry
from hub.timeline.broadcast import ForContactPoint, LiveEvent, Missed, Subscription
from hub.timeline.live import LiveFeed
from hub.timeline.view import SHOWN, WITH_POINT, to_json

News = Sequence[TranscriptEntry] | Signal | Seen

MAX_LIMIT = 200
_LATE = 200
"""How many entries before `after` are looked at for messages nobody has acknowledged."""

_TOLD = ("sending", "sent", "delivered", "read", "unknown")
"""Statuses in which the customer has, or may have, been handed an outbound message."""

_NAMED = ("customer", "operator")

_THEIRS = """
    e.stream_id = :stream AND e.inbox_id = :inbox AND e.kind = 'message'
    AND (e.direction = 'inbound' OR e.status = ANY (CAST(:told AS text[])))
"""


def _as_seen(entries: str) -> str:
    """Entries as the customer sees them, of a query for entries."""
    return f"""
    SELECT {SHOWN}, ARRAY(
        SELECT delivery.id FROM deliveries AS delivery
        WHERE delivery.entry_id = e.id AND delivery.contact_point_id = e.contact_point_id
        ORDER BY delivery.number
    ) AS delivery_ids
    FROM ({entries}) AS e
    {WITH_POINT}
    ORDER BY e.position
    """  # noqa: S608 - constants


_NEWEST = text(
    _as_seen(
        f"""
            SELECT * FROM entries AS e WHERE {_THEIRS} AND e.position < :before
            ORDER BY e.position DESC LIMIT (SELECT CAST(:limit AS integer))
        """  # noqa: S608 - constants
    )
)
# A message planned long ago is sent today with its old position: whoever asks for what is newer
# gets it as well, until it is acknowledged.
_NEXT = text(
    _as_seen(
        f"""
            (SELECT * FROM (
                SELECT * FROM entries
                WHERE stream_id = :stream AND position <= :after
                ORDER BY position DESC LIMIT {_LATE}
             ) AS e
             WHERE {_THEIRS} AND e.direction = 'outbound' AND e.status IN ('sending', 'sent')
             ORDER BY e.position LIMIT (SELECT CAST(:limit AS integer)))
            UNION ALL
            (SELECT * FROM entries AS e WHERE {_THEIRS} AND e.position > :after
             ORDER BY e.position LIMIT (SELECT CAST(:limit AS integer)))
        """  # noqa: S608 - constants
    )
)
_SEEN = text("""
    SELECT r.seen_position FROM contact_points AS point
    JOIN reachability AS r ON r.contact_point_id = point.id AND r.inbox_id = :inbox
    WHERE point.scheme = :scheme AND point.value = :value
""")
_STREAM = text("""
    SELECT streams.id FROM contact_points AS point
    JOIN streams ON streams.contact_point_id = point.id
    WHERE point.scheme = :scheme AND point.value = :value
""")


class Transcripts:
    """Makes `hub.ports.Transcript` for each inbox."""

    def __init__(self, database: Database, feed: LiveFeed) -> None:
        self._database = database
        self._feed = feed

    def for_inbox(self, inbox_id: UUID) -> "InboxTranscript":
        return InboxTranscript(self._database, self._feed, inbox_id)


class InboxTranscript:
    """`hub.ports.Transcript` of one inbox."""

    def __init__(self, database: Database, feed: LiveFeed, inbox_id: UUID) -> None:
        self._database = database
        self._feed = feed
        self._inbox_id = inbox_id

    async def page(
        self,
        address: Address,
        /,
        *,
        after: int | None = None,
        before: int | None = None,
        limit: int = 50,
    ) -> Sequence[TranscriptEntry]:
        """Oldest first; the newest `limit` ones (before `before`), or the next ones after `after`.

        With `after` come also messages before it that were sent late and are not acknowledged yet.
        """
        async with self._database.reading() as session:
            connection = await session.connection()
            stream = await connection.scalar(
                _STREAM,
                {"scheme": address.scheme, "value": normalise(address.scheme, address.value)},
            )
            if stream is None:
                return []
            rows = await connection.execute(
                _NEWEST if after is None else _NEXT,
                {
                    "stream": stream,
                    "inbox": self._inbox_id,
                    "told": list(_TOLD),
                    "limit": min(max(limit, 1), MAX_LIMIT),
                }
                | ({"before": before or 2**62} if after is None else {"after": after}),
            )
            return [to_transcript(to_json(row), tuple(row.delivery_ids)) for row in rows]

    async def seen(self, address: Address, /) -> int | None:
        """How far an operator has read what this address wrote to this inbox."""
        where = {
            "inbox": self._inbox_id,
            "scheme": address.scheme,
            "value": normalise(address.scheme, address.value),
        }
        async with self._database.reading() as session:
            position: int | None = await (await session.connection()).scalar(_SEEN, where)
        return position

    @asynccontextmanager
    async def follow(self, address: Address, /) -> AsyncIterator[AsyncIterator[News]]:
        """What is new or changed from now on, on whichever node it is written.

        Whoever takes too slowly is given the newest page again instead of every step of it.
        """
        wanted = ForContactPoint((address.scheme, normalise(address.scheme, address.value)))
        async with self._feed.subscribe(wanted) as subscription:
            yield self._news(address, subscription)

    async def _news(self, address: Address, subscription: Subscription) -> AsyncIterator[News]:
        while True:
            try:
                events = await subscription.take()
            except Missed:
                yield await self.page(address)
                if (position := await self.seen(address)) is not None:
                    yield Seen(position)
            else:
                for news in self._told(address, events):
                    yield news

    def _told(self, address: Address, events: Sequence[LiveEvent]) -> list[News]:
        entries: dict[str, TranscriptEntry] = {}
        seen, typing = 0, False
        for event in events:
            if event.entry is not None and self._is_theirs(event.entry):
                if event.type == EventType.MESSAGE_SEEN:
                    seen = max(seen, event.entry["position"])
                else:
                    entries[event.entry["id"]] = to_transcript(event.entry, event.delivery_ids)
            elif event.type == "typing" and event.author_kind != "customer":
                typing = True
        told: list[News] = []
        if entries:
            told.append(sorted(entries.values(), key=lambda entry: entry.position))
        elif typing:
            # What was typed has arrived when there are entries: the sign of it is out of date.
            told.append(Signal("typing", address))
        if seen:
            told.append(Seen(seen))
        return told

    def _is_theirs(self, entry: Mapping[str, Any]) -> bool:
        return (
            entry["kind"] == "message"
            and entry["inbox_id"] == str(self._inbox_id)
            and (entry["direction"] == "inbound" or entry["status"] in _TOLD)
        )


def to_transcript(entry: Mapping[str, Any], delivery_ids: tuple[UUID, ...]) -> TranscriptEntry:
    """An entry as JSON, as the customer may see it: no ids of operators, no internal data.

    What rules and tokens are called is the company's own business: people alone are named.
    """
    author = entry["author"]
    return TranscriptEntry(
        id=UUID(entry["id"]),
        position=entry["position"],
        direction=entry["direction"],
        text=entry["text"],
        html=entry["html"],
        author_name=author["name"] if author["kind"] in _NAMED else "",
        files=tuple(
            StoredFile(UUID(file["id"]), file["name"], file["content_type"], file["size"])
            for file in entry["files"]
        ),
        buttons=tuple(
            Button(button["label"], button["value"])
            for button in cast("list[dict[str, str]]", entry["data"].get("buttons", []))
        ),
        external_id=entry["external_id"] if entry["direction"] == "inbound" else "",
        status=entry["status"],
        deleted=entry["deleted"],
        occurred_at=datetime.fromisoformat(entry["occurred_at"]),
        recorded_at=datetime.fromisoformat(entry["recorded_at"]),
        delivery_ids=delivery_ids,
    )
