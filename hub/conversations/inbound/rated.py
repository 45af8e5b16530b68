"""Ratings: a bare number is told from a message, a score is kept, a low one is somebody's task."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from hub.clock import Clock, rfc3339
from hub.conversations import rating, update
from hub.conversations.activities import Activity, Place, tell
from hub.conversations.rating import CALL_BACK_WITHIN, RATED_LOW, Rating
from hub.conversations.status import ConversationStatus, Patch
from hub.customers.addresses import normalise
from hub.customers.roots import lock_roots
from hub.db.engine import Database, WriteSession
from hub.db.passing import Probe
from hub.db.rows import Query
from hub.errors import Invalid
from hub.events import Event, is_inbound, places
from hub.ports import InboundMessage

READER = "ratings"
URGENT = 4
"""The priority of a conversation that was rated low."""

# The newest thing said there decides: whoever was asked something else since answers that.
_ASKED = text("""
    SELECT e.conversation_id, e.purpose, e.recorded_at
    FROM contact_points AS p
    JOIN streams AS s ON s.contact_point_id = p.id
    JOIN entries AS e ON e.stream_id = s.id
    WHERE p.scheme = :scheme AND p.value = :value AND e.direction = 'outbound'
      AND e.inbox_id = :inbox AND e.deleted_at IS NULL
    ORDER BY e.position DESC LIMIT 1
""")

_PRESSED = Query("""
    SELECT e.data->>'button' AS value, s.root_id
    FROM unnest(CAST(:streams AS uuid[]), CAST(:positions AS bigint[])) AS k (stream_id, position)
    JOIN entries AS e ON (e.stream_id, e.position) = (k.stream_id, k.position)
    JOIN streams AS s ON s.id = e.stream_id
    WHERE e.direction = 'inbound' AND starts_with(e.data->>'button', 'rate:')
    ORDER BY e.position
""")

# Of the customer who answers, and of nobody else: what comes back from outside proves nothing.
_KEEP = text("""
    UPDATE conversations AS c SET score = :score, scored_at = :now
    FROM streams AS s
    WHERE c.id = (SELECT coalesce(merged_into_id, id) FROM conversations WHERE id = :id)
      AND s.id = c.opening_stream_id AND s.root_id = :root
    RETURNING c.id, c.inbox_id
""")


async def worded(database: Database, inbox_id: UUID, message: InboundMessage) -> InboundMessage:
    """The message, as a rating if it is nothing but a number and the question was the last word.

    A rating that is not low opens nothing, as if a machine had sent it.
    """
    score = None if message.imported else rating.number(message.text)
    if score is None or message.attachments:
        return message
    asked = await _asked(database, inbox_id, message)
    return message if asked is None else _as(message, Rating(asked, score))


def _as(message: InboundMessage, found: Rating) -> InboundMessage:
    return replace(
        message,
        data={**message.data, "button": found.value},
        conversation_id=found.conversation_id,
        automatic=message.automatic or not found.low,
    )


async def _asked(database: Database, inbox_id: UUID, message: InboundMessage) -> UUID | None:
    """The conversation whose question stands last at this address."""
    try:
        value = normalise(message.address.scheme, message.address.value)
    except Invalid:
        return None
    point = {"scheme": message.address.scheme, "value": value, "inbox": inbox_id}
    async with database.reading() as session:
        row = (await (await session.connection()).execute(_ASKED, point)).first()
    if row is None or row.purpose != "survey" or row.conversation_id is None:
        return None
    late = message.occurred_at - row.recorded_at > rating.ANSWERED_WITHIN
    return None if late else UUID(str(row.conversation_id))


class RatingReader:
    """The handler of the durable reader `ratings`: a score is kept once, with its line."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def __call__(self, session: WriteSession, events: Sequence[Event]) -> None:
        if not (said := _said(events)):
            return
        rows = await _PRESSED.rows(session, places(said))
        found = [(one, root) for value, root in rows if (one := rating.read(value)) is not None]
        if not found:
            return
        roots = await lock_roots(session, {root for _, root in found})
        for one, root in found:
            await _keep(session, one, roots[root], self._clock())


def look(events: Sequence[Event]) -> Probe | bool:
    """Whether any message may be a score (`hub.db.passing`)."""
    said = _said(events)
    return Probe(_PRESSED, places(said)) if said else False


def _said(events: Sequence[Event]) -> list[Event]:
    return [one for one in events if is_inbound(one) and not one.data.get("imported")]


async def _keep(session: WriteSession, one: Rating, root: UUID, now: datetime) -> None:
    row = {"id": one.conversation_id, "score": one.score, "root": root, "now": now}
    kept = (await (await session.connection()).execute(_KEEP, row)).first()
    if kept is None:
        return
    facts: dict[str, object] = {"score": one.score}
    if one.low:
        facts["by"] = rfc3339(now + CALL_BACK_WITHIN)
    name = RATED_LOW if one.low else "conversation.rated"
    place = Place(root, kept.id, kept.inbox_id)
    await tell(session, place, [Activity(name, facts)], update.HUB.author, now)
    if one.low:
        patch = Patch(status=ConversationStatus.OPEN, priority=URGENT)
        await update.update(session, one.conversation_id, patch, by=update.HUB, now=now)
