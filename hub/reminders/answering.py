"""Following the event log for customers' answers: a button, or a word, about an appointment.

The answer changes the appointment, stops what else would be sent about it, and is answered in
words. What is no answer is left to people.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from uuid import UUID

import structlog

from hub.appointments import answer
from hub.appointments.answer import Answered
from hub.appointments.answers import Answer, Outcome, Verdict, button, weigh
from hub.appointments.tables import Appointment
from hub.clock import Clock
from hub.conversations import update
from hub.conversations.draft import Author, Cause, Sender
from hub.conversations.outbound.reach import Channels
from hub.conversations.outbound.reply import attempt_send
from hub.conversations.status import ConversationStatus, Patch
from hub.customers.roots import lock_roots, roots_of
from hub.db.engine import WriteSession, savepoint
from hub.db.passing import Probe
from hub.errors import HubError
from hub.events import Event, is_inbound
from hub.operators.access import SYSTEM
from hub.ports import Button
from hub.reminders import asked, joining
from hub.reminders.asked import Reply
from hub.reminders.which import Ask, Asked, Given, Taken, resolve
from hub.rules import context
from hub.rules.actions import filled
from hub.rules.context import Context, Subject
from hub.templates.message import said

log = structlog.get_logger(__name__)

READER = "answers"
_DONE = {Verdict.CONFIRMED, Verdict.CANCEL_REQUESTED}
_OPEN = {Verdict.CONFIRMED, Verdict.CANCEL_REQUESTED, Verdict.MOVED}
"""What is said then may be answered with a word again: minds change."""
_NOBODY = Author("system", None, "")


def look(events: Sequence[Event]) -> Probe | bool:
    """Whether any message may answer a question about an appointment (`hub.db.passing`)."""
    inbound = [*filter(is_inbound, events)]
    return asked.any_reply(inbound) if inbound else False


class AnswerReader:
    """The handler of the durable reader `answers`."""

    def __init__(self, registry: Channels, clock: Clock) -> None:
        self._registry = registry
        self._clock = clock

    async def __call__(self, session: WriteSession, events: Sequence[Event]) -> None:
        inbound = [*filter(is_inbound, events)]
        if not inbound:
            return
        meant = [
            (reply, about)
            for reply in await asked.replies(session, inbound)
            if (about := await asked.asked(session, reply)) is not None
        ]
        if not meant:
            return
        ids = {one.appointment_id for _, about in meant for one in about.asks}
        await answer.hold(session, ids)
        # A merge since they were read may have given them another root: that is who answers.
        roots = await lock_roots(session, {reply.root_id for reply, _ in meant})
        for reply, about in meant:
            await self._take(session, replace(reply, root_id=roots[reply.root_id]), about)

    async def _take(self, session: WriteSession, reply: Reply, about: Asked) -> None:
        rows = await _own(session, reply.root_id, about)
        about = replace(about, asks=[one for one in about.asks if one.appointment_id in rows])
        taken = resolve(about, reply.given, self._changing(about, reply.given, rows))
        if taken is None:
            return
        if taken.unclear:
            await self._tell(session, reply, partial(self._ask_which, session, reply, taken))
            return
        told = [await self._one(session, reply, taken.answer, one, rows) for one in taken.asks]
        if all(told) and reply.alone and reply.conversation_id is not None:
            # Nobody has to read what has been taken care of.
            closed = Patch(status=ConversationStatus.CLOSED)
            by = Sender(SYSTEM, _NOBODY)
            await update.update(session, reply.conversation_id, closed, by=by, now=self._clock())

    def _changing(self, about: Asked, given: Given, rows: Mapping[UUID, Appointment]) -> set[UUID]:
        """Those that the answer would change, as they are now."""
        if given.answer is None:
            return set()
        now, said = self._clock(), given.answer
        return {
            one.appointment_id
            for one in about.asks
            for row in (rows[one.appointment_id],)
            if weigh(
                said,
                asked_for=one.starts_at,
                status=row.status,
                starts_at=row.starts_at,
                now=now,
            ).status
        }

    async def _one(
        self,
        session: WriteSession,
        reply: Reply,
        said_: Answer,
        ask: Ask,
        rows: Mapping[UUID, Appointment],
    ) -> bool:
        """Take the answer for one of them. Whether there is nothing left to do about it."""
        row = rows[ask.appointment_id]
        given = Answered(row.id, said_, ask.starts_at, reply.channel)
        outcome = await answer.take(session, row, given, self._clock())
        # RFC 3834 2: what a machine says is not answered by a machine.
        told = not reply.automatic and await self._tell(
            session, reply, partial(self._say, session, reply, row.id, outcome)
        )
        return told and outcome.verdict in _DONE

    async def _tell(
        self, session: WriteSession, reply: Reply, say: Callable[[], Awaitable[None]]
    ) -> bool:
        """Say it; what fails there is undone and leaves the answer standing. False then."""
        try:
            async with savepoint(session):
                await say()
        except HubError as error:
            # Not its words: they may quote the customer's.
            log.warning("answer.not_told", customer_id=str(reply.root_id), kind=error.kind)
            return False
        return True

    async def _say(
        self, session: WriteSession, reply: Reply, appointment_id: UUID, outcome: Outcome
    ) -> None:
        """Tell them, where they answered, what has become of it."""
        asks = _ASKS if outcome.verdict in _OPEN else {}
        name = f"appointment-answer-{outcome.verdict}"
        [seen] = await context.load(
            session, [Subject("appointment", appointment_id)], self._clock()
        )
        if seen is not None:
            await self._send(session, reply, name, seen, asks)

    async def _ask_which(self, session: WriteSession, reply: Reply, taken: Taken) -> None:
        """They have answered a message that named several: which one do they mean?"""
        about = [Subject("appointment", one.appointment_id) for one in taken.asks]
        found = await context.load(session, about, self._clock())
        seen = [one for one in found if one is not None]
        buttons = tuple(Button(_named(one), button(taken.answer, one.object_id)) for one in seen)
        # All of them, the first too: a template counts what it goes through.
        first = joining.naming(seen[0], seen)
        asks = {**_ASKS, "which": asked.which(taken)}
        await self._send(session, reply, "appointment-answer-which", first, asks, buttons=buttons)

    async def _send(
        self,
        session: WriteSession,
        reply: Reply,
        template: str,
        seen: Context,
        data: Mapping[str, object],
        **more: object,
    ) -> None:
        words = await said(
            session,
            template,
            seen.values,
            locale=str(seen.customer["locale"]),
            time_zone=str(seen.customer["time_zone"]),
        )
        if words is None:
            return
        draft = words.draft(
            contact_point=reply.contact_point_id,
            inbox_id=reply.inbox_id,
            automatic=True,
            **more,
        )
        draft = draft._replace(data={**draft.data, **data})
        cause = Cause(object_kind="appointment", object_id=seen.object_id)
        by, now = Sender(SYSTEM, _NOBODY, cause), self._clock()
        await attempt_send(session, reply.root_id, draft, by=by, registry=self._registry, now=now)


def _named(seen: Context) -> str:
    """What a button calls an appointment: its time on the customer's clock."""
    return filled(seen, "{{ appointment.starts_at | datetime }}")


_ASKS: Mapping[str, object] = {"asks": "appointment"}
"""Marks a message of ours that may be answered with a word."""


async def _own(session: WriteSession, root_id: UUID, about: Asked) -> Mapping[UUID, Appointment]:
    """Those that are this customer's still: a merge may have been undone since."""
    found: dict[UUID, Appointment] = {}
    for one in about.asks:
        row = await answer.find(session, one.appointment_id)
        if row is not None:
            roots = await roots_of(session, [row.customer_id])
            if roots[row.customer_id] == root_id:
                found[row.id] = row
    return found
