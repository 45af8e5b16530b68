"""Taking the answer to a question: once, and in its time; then the rule goes on with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from hub.db.engine import AnySession, WriteSession
from hub.db.rows import Query
from hub.due import queue
from hub.due.queue import Plan
from hub.rules.questions import Choice
from hub.rules.running import WAIT

_FIND = Query("""
    SELECT q.id, q.firing_id, c.root_id, q.choices, q.answer, q.closed_at IS NOT NULL AS closed,
           q.told_late_at IS NOT NULL AS told_late, q.entry_id,
           coalesce(CASE WHEN e.deleted_at IS NULL THEN e.text END, '') AS words
    FROM rule_questions AS q
    JOIN customers AS c ON c.id = q.customer_id
    LEFT JOIN entries AS e ON e.id = q.entry_id
    WHERE q.id = :id
""")
_ANSWER = Query("""
    UPDATE rule_questions SET answer = :answer, closed_at = :now
    WHERE id = :id AND closed_at IS NULL RETURNING id
""")
_WAITING = Query("SELECT data FROM due WHERE kind = :kind AND key = :key")
_EXPIRE = Query("""
    UPDATE rule_questions SET closed_at = :now
    WHERE firing_id = ANY (CAST(:firings AS uuid[])) AND closed_at IS NULL
""")
_TOLD = Query("UPDATE rule_questions SET told_late_at = :now WHERE id = :id")


@dataclass(frozen=True, slots=True)
class Question:
    """A question that was sent, with `entry_id` of its message and the words of that.

    answer: the value that was given.
    """

    id: UUID
    firing_id: UUID
    root_id: UUID
    choices: Sequence[Choice]
    answer: str
    closed: bool
    told_late: bool
    entry_id: UUID | None
    words: str

    @property
    def answered(self) -> str:
        """The label of the answer that was given; empty while there is none."""
        return next((one.label for one in self.choices if one.value == self.answer), "")


class Verdict(StrEnum):
    TAKEN = "taken"
    SAME = "same"
    """Given before: the same answer."""
    OTHER = "other"
    """Another one was given before: the first counts."""
    CLOSED = "closed"
    """Its time is over, or the rule asks no more."""


async def find(session: AnySession, question_id: UUID) -> Question | None:
    rows = await _FIND.rows(session, {"id": question_id})
    if not rows:
        return None
    facts = dict(rows[0])
    return Question(**{**facts, "choices": [Choice.of(one) for one in facts["choices"]]})


async def take(session: WriteSession, question: Question, number: int, now: datetime) -> Verdict:
    """The answer of that number, from 1; the customer's root is locked, `question` read after."""
    if not 0 < number <= len(question.choices):
        return Verdict.CLOSED
    choice = question.choices[number - 1]
    if question.closed:
        if not question.answer:
            return Verdict.CLOSED
        return Verdict.SAME if question.answer == choice.value else Verdict.OTHER
    key = str(question.firing_id)
    waiting = await _WAITING.rows(session, {"kind": WAIT, "key": key})
    if not waiting:
        return Verdict.CLOSED
    given = {"id": question.id, "answer": choice.value, "now": now}
    if not await _ANSWER.rows(session, given):
        return Verdict.CLOSED
    data = {**waiting[0]["data"], "step": choice.step, "answer": choice.value}
    # In place of the plan for the case that nobody answers, even if that is in hand just now.
    await queue.plan(session, [Plan(WAIT, key, now, data)])
    return Verdict.TAKEN


async def expire(session: WriteSession, firings: Sequence[UUID], now: datetime) -> None:
    """These go on without an answer: what comes now is too late."""
    await _EXPIRE.rows(session, {"firings": firings, "now": now})


async def told_late(session: WriteSession, question_id: UUID, now: datetime) -> None:
    """They have been told that their answer changes nothing: once is enough."""
    await _TOLD.rows(session, {"id": question_id, "now": now})
