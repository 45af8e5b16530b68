"""Following the event log for customers' answers: a button, or a word, about an appointment.

The answer changes the appointment, stops what else would be sent about it, and is answered in
words. What is no answer is left to people.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

import structlog

from hub.appointments import answer
from hub.appointments.answer import Answered
from hub.appointments.answers import Outcome, Verdict
from hub.appointments.tables import Appointment
from hub.clock import Clock
from hub.conversations import update
from hub.conversations.draft import Author, Cause, Sender
from hub.conversations.reach import Channels
from hub.conversations.reply import attempt_send
from hub.conversations.status import ConversationStatus, Patch
from hub.customers.roots import lock_roots, roots_of
from hub.db.engine import WriteSession
from hub.errors import HubError
from hub.events import Event, EventType
from hub.operators.access import SYSTEM
from hub.reminders import asked
from hub.reminders.asked import Ask, Reply
from hub.rules import context
from hub.rules.context import Subject
from hub.templates.message import said

log = structlog.get_logger(__name__)

READER = "answers"
_DONE = {Verdict.CONFIRMED, Verdict.CANCEL_REQUESTED}
_OPEN = {Verdict.CONFIRMED, Verdict.CANCEL_REQUESTED, Verdict.MOVED}
"""What is said then may be answered with a word again: minds change."""
_NOBODY = Author("system", None, "")


class AnswerReader:
    """The handler of the durable reader `answers`."""

    def __init__(self, registry: Channels, clock: Clock) -> None:
        self._registry = registry
        self._clock = clock

    async def __call__(self, session: WriteSession, events: Sequence[Event]) -> None:
        inbound = [
            event
            for event in events
            if event.type == EventType.MESSAGE_CREATED and event.data["direction"] == "inbound"
        ]
        if not inbound:
            return
        meant = [
            (reply, ask)
            for reply in await asked.replies(session, inbound)
            if (ask := await asked.ask(session, reply)) is not None
        ]
        if not meant:
            return
        await answer.hold(session, {ask.appointment_id for _, ask in meant})
        # A merge since they were read may have given them another root: that is who answers.
        roots = await lock_roots(session, {reply.root_id for reply, _ in meant})
        for reply, ask in meant:
            await self._take(session, replace(reply, root_id=roots[reply.root_id]), ask)

    async def _take(self, session: WriteSession, reply: Reply, ask: Ask) -> None:
        row = await answer.find(session, ask.appointment_id)
        # A merge may have been undone since they were asked.
        if row is None or await _root(session, row) != reply.root_id:
            return
        now = self._clock()
        given = Answered(row.id, reply.answer, ask.starts_at, reply.channel)
        outcome = await answer.take(session, row, given, now)
        # RFC 3834 2: what a machine says is not answered by a machine.
        told = not reply.automatic and await self._tell(session, reply, row, outcome)
        done = told and outcome.verdict in _DONE
        if done and reply.alone and reply.conversation_id is not None:
            # Nobody has to read what has been taken care of.
            closed = Patch(status=ConversationStatus.CLOSED)
            by = Sender(SYSTEM, _NOBODY)
            await update.update(session, reply.conversation_id, closed, by=by, now=now)

    async def _tell(
        self, session: WriteSession, reply: Reply, row: Appointment, outcome: Outcome
    ) -> bool:
        """`_say`; what fails there is undone and leaves the answer standing. False then."""
        appointment_id = row.id
        try:
            async with session.begin_nested():
                await self._say(session, reply, row, outcome)
        except HubError as error:
            # Not its words: they may quote the customer's.
            log.warning("answer.not_told", appointment_id=str(appointment_id), kind=error.kind)
            return False
        return True

    async def _say(
        self, session: WriteSession, reply: Reply, row: Appointment, outcome: Outcome
    ) -> None:
        """Tell them, where they answered, what has become of it."""
        now = self._clock()
        [seen] = await context.load(session, [Subject("appointment", row.id)], now)
        if seen is None:
            return
        words = await said(
            session,
            f"appointment-answer-{outcome.verdict}",
            seen.values,
            locale=str(seen.customer["locale"]),
            time_zone=str(seen.customer["time_zone"]),
        )
        if words is None:
            return
        draft = words.draft(
            contact_point=reply.contact_point_id, inbox_id=reply.inbox_id, automatic=True
        )
        if outcome.verdict in _OPEN:
            draft = replace(draft, data={**draft.data, **_ASKS})
        cause = Cause(object_kind="appointment", object_id=row.id)
        by = Sender(SYSTEM, _NOBODY, cause)
        await attempt_send(session, reply.root_id, draft, by=by, registry=self._registry, now=now)


_ASKS: Mapping[str, object] = {"asks": "appointment"}
"""Marks a message of ours that may be answered with a word."""


async def _root(session: WriteSession, row: Appointment) -> UUID:
    return (await roots_of(session, [row.customer_id]))[row.customer_id]
