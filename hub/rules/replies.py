"""Following the event log for answers to what rules ask: a button, a number, a word.

What is no answer is left to people; so is what an answer says beyond it: the message stands in
the inbox like any other, and the rule may close its conversation.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import asyncpg
import structlog

from hub.clock import Clock
from hub.conversations.credible import CREDIBLE
from hub.conversations.draft import Author, Sender
from hub.conversations.outbound.reach import Channels
from hub.conversations.outbound.reply import attempt_send
from hub.customers.roots import lock_roots
from hub.db.engine import AnySession, WriteSession, savepoint
from hub.db.passing import Probe
from hub.db.rows import Query
from hub.errors import HubError
from hub.events import Event, is_inbound, places
from hub.ids import parse_id
from hub.operators.access import SYSTEM
from hub.rules import context, questions, settling
from hub.rules.context import Subject
from hub.rules.settling import Question, Verdict
from hub.templates.message import said

log = structlog.get_logger(__name__)

READER = "questions"
_LATE = frozenset({Verdict.OTHER, Verdict.CLOSED})
_HUB = Sender(SYSTEM, Author("system", None, ""))

# The message that is answered by name, else the last thing that was said there. What has not left
# was not said: nobody answers it.
_MESSAGES = Query(f"""
    SELECT e.inbox_id, e.contact_point_id, e.text, e.data->>'button' AS button, s.root_id,
           coalesce(named.question, last.question) AS question
    FROM unnest(CAST(:streams AS uuid[]), CAST(:positions AS bigint[])) AS told(stream, place)
    JOIN entries AS e ON e.stream_id = told.stream AND e.position = told.place
    JOIN streams AS s ON s.id = e.stream_id
    LEFT JOIN LATERAL (
        SELECT o.data->>'question' AS question
        FROM deliveries AS d JOIN entries AS o ON o.id = d.entry_id
        WHERE d.inbox_id = e.inbox_id AND d.external_id = e.data->>'answers' LIMIT 1
    ) AS named ON e.data ? 'answers'
    LEFT JOIN LATERAL (
        SELECT o.data->>'question' AS question FROM entries AS o
        WHERE o.stream_id = e.stream_id AND o.position < e.position AND o.kind = 'message'
          AND o.direction = 'outbound'
          AND o.status NOT IN ('scheduled', 'waiting', 'cancelled', 'suppressed', 'failed')
        ORDER BY o.position DESC LIMIT 1
    ) AS last ON true
    WHERE e.kind = 'message' AND e.direction = 'inbound' AND NOT e.automatic AND NOT e.imported
      AND (e.data ? 'button' OR length(e.text) <= :longest) AND {CREDIBLE}
    ORDER BY e.position
""")  # noqa: S608 - a constant


_ANY = Query(f"""
    SELECT FROM ({_MESSAGES.clause.text}) AS reply
    WHERE EXISTS (SELECT FROM rule_questions) AND (button IS NOT NULL OR question IS NOT NULL)
""")  # noqa: S608 - a constant


def look(events: Sequence[Event]) -> Probe | bool:
    """Whether any message may answer a question (`hub.db.passing`)."""
    inbound = [*filter(is_inbound, events)]
    return Probe(_ANY, _places(inbound)) if inbound else False


@dataclass(frozen=True, slots=True)
class Reply:
    """A message that may answer a question. number: of the answer whose button was pressed."""

    root_id: UUID
    inbox_id: UUID
    contact_point_id: UUID
    question_id: UUID
    text: str
    number: int | None


class QuestionReader:
    """The handler of the durable reader `questions`: an answer counts once."""

    def __init__(self, registry: Channels, clock: Clock) -> None:
        self._registry = registry
        self._clock = clock

    async def __call__(self, session: WriteSession, events: Sequence[Event]) -> None:
        for one in await _held(session, [*filter(is_inbound, events)]):
            await self._take(session, one)

    async def _take(self, session: WriteSession, reply: Reply) -> None:
        question = await settling.find(session, reply.question_id)
        # Somebody else's button proves nothing; nor does one's own after a merge was undone.
        if question is None or question.root_id != reply.root_id:
            return
        number = reply.number or questions.meant(reply.text, question.choices)
        if number is None:
            return
        verdict = await settling.take(session, question, number, self._clock())
        if verdict in _LATE and not question.told_late:
            await settling.told_late(session, question.id, self._clock())
            await self._tell(session, reply, question)

    async def _tell(self, session: WriteSession, reply: Reply, question: Question) -> None:
        """Say that it is over; what fails there is undone."""
        try:
            async with savepoint(session):
                await self._say(session, reply, question)
        except HubError as error:
            # Not its words: they may quote the customer's.
            log.warning("question.not_told", question_id=str(question.id), kind=error.kind)

    async def _say(self, session: WriteSession, reply: Reply, question: Question) -> None:
        now = self._clock()
        [seen] = await context.load(session, [Subject("customer", reply.root_id)], now)
        if seen is None:
            return
        words = await said(
            session,
            "question-over",
            {**seen.values, "data": {"answer": question.answered}},
            locale=str(seen.customer["locale"]),
            time_zone=str(seen.customer["time_zone"]),
        )
        if words is None:
            return
        where = {"contact_point": reply.contact_point_id, "inbox_id": reply.inbox_id}
        draft = words.draft(**where, automatic=True)
        await attempt_send(
            session, reply.root_id, draft, by=_HUB, registry=self._registry, now=now
        )


async def _held(session: WriteSession, events: Sequence[Event]) -> list[Reply]:
    """The replies, as they are once their customers are locked.

    A split while we waited gives a message to another customer, who is locked then.
    """
    found, locked = await _replies(session, events), set[UUID]()
    while missing := {one.root_id for one in found} - locked:
        locked |= set((await lock_roots(session, missing)).values())
        found = await _replies(session, events)
    return found


def _places(events: Sequence[Event]) -> Mapping[str, object]:
    return {**places(events), "longest": questions.LONGEST}


async def _replies(session: AnySession, events: Sequence[Event]) -> list[Reply]:
    if not events:
        return []
    rows = await _MESSAGES.rows(session, _places(events))
    return [found for row in rows if (found := _reply(row)) is not None]


def _reply(row: asyncpg.Record) -> Reply | None:
    pressed = questions.of_button(row["button"])
    asked = pressed.question_id if pressed else parse_id(row["question"] or "")
    if asked is None or (row["button"] is not None and pressed is None):
        return None
    number = pressed.number if pressed else None
    place = (row["root_id"], row["inbox_id"], row["contact_point_id"])
    return Reply(*place, asked, row["text"], number)
