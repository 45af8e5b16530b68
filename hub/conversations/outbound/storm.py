"""Whether a rule may still answer a mail: two machines must not go on writing to each other.

A machine that hides what it is (no Auto-Submitted, a person's address) answers each answer of
ours, and each of its mails would be answered by a rule. So: ten answers to one address in three
hours, two under one subject, none to ourselves (the limits FreeScout has found to hold). And none
to what calls itself a machine: an auto-reply, a list, a bounce. Who wrote one mail to two inboxes
of ours is answered by a rule once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import text

from hub.conversations.outbound.subjects import plain
from hub.db.engine import AnySession
from hub.db.rows import Query

WITHIN = timedelta(hours=3)
MOST = 10
MOST_OF_A_SUBJECT = 2

# The newest of the stream are looked at, and no more: it may be long. A mailbox's own name for a
# mail says nothing of its copies: they have one Message-ID. A rule that greets what a mail opens
# decides about the conversation, and has answered what came last there.
_ABOUT = text("""
    SELECT e.data->>'subject' AS subject, e.automatic,
           EXISTS (SELECT 1 FROM inboxes AS i
                   WHERE i.channel = 'email' AND lower(i.settings->>'address') = p.value) AS ours,
           lately.answered, lately.copied
    FROM entries AS e JOIN contact_points AS p ON p.id = e.contact_point_id
    CROSS JOIN LATERAL (
        SELECT coalesce(array_agg(coalesce(o.data->>'subject', '')) FILTER (
                   WHERE o.direction = 'outbound' AND o.automatic AND o.recorded_at > :since),
                   '{}') AS answered,
               coalesce(bool_or(o.direction = 'inbound' AND o.inbox_id <> e.inbox_id
                   AND o.data->>'message_id' = nullif(e.data->>'message_id', '')
                   AND EXISTS (
                       SELECT FROM decisions AS d JOIN entries AS said ON said.id = d.entry_id
                       JOIN rules AS r ON r.id = d.rule_id
                       WHERE d.rule_id = :rule AND said.status <> 'cancelled'
                         AND d.object_id IN (o.id, o.conversation_id)
                         AND (d.object_id = o.id OR said.position > o.position
                              AND r.spec->'trigger'->>'on' = 'conversation.opened'))),
                   false) AS copied
        FROM (SELECT * FROM entries WHERE stream_id = e.stream_id
              ORDER BY position DESC LIMIT 500) AS o
    ) AS lately
    WHERE e.stream_id = :stream AND e.position = :position AND e.channel = 'email'
""")

_NEWEST = Query("""
    SELECT stream_id, position FROM entries
    WHERE conversation_id = :conversation AND kind = 'message' AND direction = 'inbound'
    ORDER BY sort_at DESC, position DESC LIMIT 1
""")


class Calm(StrEnum):
    """Why a rule does not answer."""

    OURS = "own-mailbox"
    MACHINE = "automatic-mail"
    MANY = "too-many-answers"
    SAME = "same-subject"
    COPY = "copy-answered"


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail that a rule would answer.

    answered: subjects of what machines have sent lately. copied: the rule has answered its copy in
    another inbox.
    """

    subject: str
    ours: bool
    answered: Sequence[str]
    automatic: bool = False
    copied: bool = False


def calm(mail: Mail) -> Calm | None:
    """Why this mail is answered by no rule; None when it may be."""
    if mail.ours:
        return Calm.OURS
    if mail.automatic:
        return Calm.MACHINE
    if mail.copied:
        return Calm.COPY
    if len(mail.answered) >= MOST:
        return Calm.MANY
    subject = plain(mail.subject).casefold()
    same = [one for one in mail.answered if plain(one).casefold() == subject]
    return Calm.SAME if subject and len(same) >= MOST_OF_A_SUBJECT else None


async def storming(
    session: AnySession, stream_id: UUID, position: int, rule_id: UUID, now: datetime
) -> Calm | None:
    """Why the rule may not answer the message at that place; None for what is no mail as well.

    Asked with the customer's root locked: then what the rule before has sent is counted.
    """
    row = (
        await (await session.connection()).execute(
            _ABOUT,
            {
                "stream": stream_id,
                "position": position,
                "rule": rule_id,
                "since": now - WITHIN,
            },
        )
    ).first()
    if row is None:
        return None
    return calm(Mail(row.subject or "", row.ours, row.answered, row.automatic, row.copied))


async def newest(session: AnySession, conversation_id: UUID) -> tuple[UUID, int] | None:
    """(stream, position) of what the customer said last there: what a machine would answer."""
    rows = await _NEWEST.rows(session, {"conversation": conversation_id})
    return (rows[0]["stream_id"], rows[0]["position"]) if rows else None
