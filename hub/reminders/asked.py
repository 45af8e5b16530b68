"""Which appointments a customer's message answers: by the message it names, or the last one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from hub.appointments.answers import Answer, named_by, of_button, of_calendar, of_words
from hub.clock import rfc3339
from hub.conversations.credible import CREDIBLE
from hub.db.engine import AnySession
from hub.db.passing import Probe
from hub.db.rows import Query
from hub.events import Event, places
from hub.ids import parse_id
from hub.reminders.which import Ask, Asked, Given, Taken, number_of
from hub.rules.questions import LONGEST

# A calendar may say that it is a machine (Auto-Submitted): then its address has to be proven.
_MESSAGES = Query(f"""
    SELECT e.stream_id, e.position, e.inbox_id, e.contact_point_id, e.conversation_id, e.channel,
           e.text, e.data->>'button' AS button, coalesce(e.data->>'answers', '') AS answers,
           e.data->'calendar'->>'id' AS invite, e.data->'calendar'->>'answer' AS accepted,
           coalesce(e.data->'calendar'->>'sequence', '') AS sequence,
           e.automatic, s.root_id, coalesce(c.inbound_count, 0) AS heard
    FROM unnest(CAST(:streams AS uuid[]), CAST(:positions AS bigint[])) AS told(stream, place)
    JOIN entries AS e ON e.stream_id = told.stream AND e.position = told.place
    JOIN streams AS s ON s.id = e.stream_id
    LEFT JOIN contact_points AS p ON p.id = e.contact_point_id
    LEFT JOIN conversations AS c ON c.id = e.conversation_id
    WHERE e.kind = 'message' AND e.direction = 'inbound' AND NOT e.imported AND {CREDIBLE}
      AND (NOT e.automatic OR (e.data ? 'calendar' AND p.proof <> 'none'))
      AND (e.data <> '{{}}' OR length(e.text) <= :longest)
    ORDER BY e.position
""")  # noqa: S608 - a constant

# Whoever answers by name, button or calendar says so in the message's data; the others answer the
# last thing that was said to them.
_ANY = Query("""
    SELECT
    FROM unnest(CAST(:streams AS uuid[]), CAST(:positions AS bigint[])) AS told(stream, place)
    JOIN entries AS e ON e.stream_id = told.stream AND e.position = told.place
    WHERE EXISTS (SELECT FROM appointments) AND (e.data <> '{}' OR length(e.text) <= :longest AND (
        SELECT last.purpose = 'reminder' OR last.data ? 'asks' FROM entries AS last
        WHERE last.stream_id = e.stream_id AND last.position < e.position
          AND last.kind = 'message' AND last.direction = 'outbound'
        ORDER BY last.position DESC LIMIT 1))
""")

# A message names more than one appointment where reminders were joined: a decision for each.
_ASKED_AT = """
    SELECT d.object_id, e.data->'which' AS which, (
        SELECT v.starts_at FROM appointment_versions AS v
        WHERE v.appointment_id = d.object_id AND v.recorded_at <= d.at
        ORDER BY v.revision DESC LIMIT 1) AS starts_at
    FROM decisions AS d JOIN entries AS e ON e.id = d.entry_id
"""
# The message whose button was pressed, or that was answered by name.
_BY_NAME = Query(f"""
    {_ASKED_AT} JOIN deliveries AS sent ON sent.entry_id = d.entry_id
    WHERE sent.inbox_id = :inbox AND sent.external_id = :name AND d.object_kind = 'appointment'
    ORDER BY starts_at, d.object_id
""")
# The last thing that was said there: a word answers nothing older.
_LAST = Query(f"""
    {_ASKED_AT} WHERE d.object_kind = 'appointment' AND d.entry_id = (
        SELECT id FROM (
            SELECT id, purpose, data FROM entries
            WHERE stream_id = :stream AND position < :position AND kind = 'message'
              AND direction = 'outbound'
            ORDER BY position DESC LIMIT 1) AS last
        WHERE purpose = 'reminder' OR data ? 'asks')
    ORDER BY starts_at, d.object_id
""")  # noqa: S608 - a constant


# A calendar answers an invitation by its number: for the time that it had then.
_INVITED = Query("""
    SELECT a.id AS object_id,
           CASE WHEN a.sequence::text = :sequence THEN a.starts_at END AS starts_at,
           NULL::jsonb AS which
    FROM appointments AS a WHERE a.id = :id
""")


@dataclass(frozen=True, slots=True)
class Reply:
    """A message that may be an answer. alone: the conversation holds nothing else of theirs.

    invite: the appointment whose invitation a calendar answered, as of its `sequence`.
    automatic: a machine says it for them, and reads no answer.
    """

    root_id: UUID
    stream_id: UUID
    position: int
    inbox_id: UUID
    contact_point_id: UUID
    conversation_id: UUID | None
    channel: str
    given: Given
    answers: str
    pressed: bool
    alone: bool
    invite: UUID | None = None
    sequence: str = ""
    automatic: bool = False


def any_reply(events: Sequence[Event]) -> Probe:
    """Finds nothing when none of these messages answers anything."""
    return Probe(_ANY, _places(events))


def _places(events: Sequence[Event]) -> Mapping[str, Any]:
    return {**places(events), "longest": LONGEST}


async def replies(session: AnySession, events: Sequence[Event]) -> list[Reply]:
    """Those messages that could be answers, in order."""
    rows = await _MESSAGES.rows(session, _places(events))
    found = []
    for row in rows:
        pressed, invite = row["button"] is not None, parse_id(row["invite"] or "")
        given = _meant(row, invite)
        if given.answer is not None or given.number is not None:
            found.append(
                Reply(
                    row["root_id"],
                    row["stream_id"],
                    row["position"],
                    row["inbox_id"],
                    row["contact_point_id"],
                    row["conversation_id"],
                    row["channel"],
                    given,
                    row["answers"],
                    pressed,
                    row["heard"] == 1,
                    invite,
                    row["sequence"],
                    row["automatic"],
                )
            )
    return found


def _meant(row: asyncpg.Record, invite: UUID | None) -> Given:
    """What the message says, by calendar, button or word; of a machine only by calendar."""
    if invite is not None:
        return Given(of_calendar(row["accepted"]))
    if row["automatic"]:
        return Given(None)
    if row["button"] is None:
        return Given(of_words(row["text"]), number_of(row["text"]))
    return Given(of_button(row["button"]), named=named_by(row["button"]))


async def asked(session: AnySession, reply: Reply) -> Asked | None:
    """What the reply answers; None when nobody had asked anything there."""
    if reply.invite is not None:
        named = {"id": reply.invite, "sequence": reply.sequence}
        return _asked(await _INVITED.rows(session, named))
    if reply.answers:
        rows = await _BY_NAME.rows(session, {"inbox": reply.inbox_id, "name": reply.answers})
        if rows or reply.pressed:
            return _asked(rows)
    last = {"stream": reply.stream_id, "position": reply.position}
    return _asked(await _LAST.rows(session, last))


def _asked(rows: Sequence[asyncpg.Record]) -> Asked | None:
    if not rows:
        return None
    if rows[0]["which"] is not None:
        return which_of(rows[0]["which"])
    asks = {row["object_id"]: Ask(row["object_id"], row["starts_at"]) for row in rows}
    return Asked([*asks.values()])


def which(taken: Taken) -> dict[str, object]:
    """What our question "which one?" keeps of what it is about: `data.which` of its message."""
    about = [
        [str(one.appointment_id), rfc3339(one.starts_at) if one.starts_at else None]
        for one in taken.asks
    ]
    return {"answer": str(taken.answer), "of": about}


def which_of(kept: Mapping[str, Any]) -> Asked:
    """`which`, read again."""
    asks = [
        Ask(UUID(id_), datetime.fromisoformat(starts_at) if starts_at else None)
        for id_, starts_at in kept["of"]
    ]
    return Asked(asks, Answer(kept["answer"]))
