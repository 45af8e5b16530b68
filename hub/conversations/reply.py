"""Sending to a customer: one transaction from the stale check to the queued deliveries."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Row, text

from hub.clock import rfc3339
from hub.conversations import answered, correct, drafts, joining, mentions, rich_text, subjects
from hub.conversations.chat_mail import expect_reading
from hub.conversations.draft import Draft, Note, Sender, checked
from hub.conversations.joining import Answer, Target
from hub.conversations.options import stored_files, weigh
from hub.conversations.reach import Channels, Reach
from hub.customers import consents
from hub.customers.naming import shown_locale
from hub.customers.roots import lock_roots
from hub.customers.streams import record_stream
from hub.db import event_log
from hub.db.engine import WriteSession
from hub.deliveries import decisions, planner
from hub.deliveries.compose import Message, contents, from_button
from hub.deliveries.decisions import NewDecision, verdict_json
from hub.deliveries.enqueue import NewDelivery, enqueue
from hub.deliveries.planner import Plan
from hub.deliveries.route import Choice
from hub.deliveries.status import Status
from hub.errors import Invalid
from hub.events import EventType, NewEvent
from hub.ids import new_id
from hub.ports import Quoted, StoredFile
from hub.rendering.language import PREFERENCES_URL
from hub.timeline.record import NewEntry, NewFile, Recorded, record

_LONGEST_FACT = 8_000
"""Bytes of JSON."""
_MOST_QUOTED = 20_000
"""Characters."""

_LOCALE = text(f"SELECT {shown_locale('root')} FROM customers AS root WHERE root.id = :root")  # noqa: S608


@dataclass(frozen=True, slots=True)
class SentDelivery:
    id: UUID
    contact_point_id: UUID
    scheme: str
    address: str
    inbox_id: UUID
    status: Status


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that was recorded and queued (or scheduled)."""

    entry_id: UUID
    stream_id: UUID
    position: int
    conversation_id: UUID | None
    deliveries: tuple[SentDelivery, ...]
    decision_id: UUID


@dataclass(frozen=True, slots=True)
class Suppressed:
    """Nothing was sent, and the decision says why. outcome: suppressed, no-route."""

    decision_id: UUID
    outcome: str
    reason: str


async def send(
    session: WriteSession,
    customer_id: UUID,
    draft: Draft,
    *,
    by: Sender,
    registry: Channels,
    now: datetime,
) -> Sent:
    """Send `draft`, in the caller's transaction.

    Raises Conflict `answered-meanwhile` (extra: missing, position), Invalid `no-route` (extra:
    candidates) and `frequency-cap` (extra: facts, candidates), Invalid for a faulty draft,
    NotFound for what is not there or not for the viewer.
    """
    job = await _prepare(session, customer_id, draft, by=by, registry=registry, now=now)
    if not job.plan.goes:
        raise _refused(job)
    return await _send(session, job, job.reach)


async def attempt_send(
    session: WriteSession,
    customer_id: UUID,
    draft: Draft,
    *,
    by: Sender,
    registry: Channels,
    now: datetime,
) -> Sent | Suppressed:
    """`send` for rules: where there is no way, the decision is kept and nothing is raised."""
    job = await _prepare(session, customer_id, draft, by=by, registry=registry, now=now)
    if job.plan.goes:
        return await _send(session, job, job.reach)
    decision_id = await decisions.keep(session, job.decision(), now)
    return Suppressed(decision_id, job.plan.outcome, job.plan.reason)


def _refused(job: "_Job") -> Invalid:
    if job.plan.reason == planner.FREQUENCY_CAP:
        return Invalid(
            "This customer has had as many messages of this kind as they are to have.",
            remedy="Wait, or let an administrator raise the cap in the settings of sending.",
            code=planner.FREQUENCY_CAP,
            extra={"facts": job.plan.facts, "candidates": job.shown()},
        )
    return Invalid(
        "There is no way to reach this customer with this message.",
        remedy="The candidates say why: choose another contact point, or force it.",
        code="no-route",
        extra={"candidates": job.shown()},
    )


async def note(
    session: WriteSession, customer_id: UUID, new: Note, *, by: Sender, now: datetime
) -> Recorded:
    """A private note on the customer's record; in a conversation, as visible as that is."""
    draft = checked(Draft(new.text, files=new.files), now)
    root_id = (await lock_roots(session, [customer_id]))[customer_id]
    target = await joining.named(session, root_id, new.conversation_id, by.viewer)
    await stored_files(session, new.files, by.viewer)
    mentioned = await mentions.named(session, new.mentions, target.inbox_id if target else None)
    entry = NewEntry(
        await record_stream(session, root_id, now),
        "note",
        by.author.kind,
        now,
        inbox_id=target.inbox_id if target else None,
        conversation_id=new.conversation_id,
        author_id=by.author.id,
        author_name=by.author.name,
        text=draft.text,
        data={"mentions": mentioned} if mentioned else {},
        files=tuple(NewFile(one) for one in new.files),
    )
    (recorded,) = await record(session, [entry], now=now)
    if target is not None:
        await joining.touch(session, target.id, recorded, now)
    await event_log.append(
        session, [_created(EventType.NOTE_CREATED, entry, recorded, root_id, by)]
    )
    await drafts.said(session, new.conversation_id, by.viewer)
    return recorded


@dataclass(frozen=True, slots=True)
class _Job:
    """One send under way: the customer's root is locked, the draft checked, its way planned."""

    root_id: UUID
    draft: Draft
    by: Sender
    now: datetime
    files: tuple[StoredFile, ...]
    named: Target | None
    reaches: dict[tuple[UUID, UUID], Reach]
    plan: Plan

    @property
    def leaves_at(self) -> datetime:
        return self.draft.send_at or self.now

    @property
    def choice(self) -> Choice:
        return self.plan.choice

    @property
    def reach(self) -> Reach:
        """What was chosen."""
        assert self.choice.chosen is not None  # noqa: S101 - callers look first
        return self.reaches[self.choice.chosen.contact_point_id, self.choice.chosen.inbox_id]

    def decision(self, entry_id: UUID | None = None) -> NewDecision:
        return NewDecision(
            # Of the record the address hangs on: it goes where that goes.
            customer_id=self.reach.record_id if self.choice.chosen else self.root_id,
            outcome=self.plan.outcome,
            reason=self.plan.reason,
            facts=self.plan.facts,
            purpose=self.draft.purpose,
            choice=self.choice,
            by_kind=self.by.author.kind,
            by_id=self.by.author.id,
            entry_id=entry_id,
            rule_id=self.by.cause.rule_id,
            object_kind=self.by.cause.object_kind,
            object_id=self.by.cause.object_id,
        )

    def shown(self) -> list[dict[str, Any]]:
        """The candidates as the refused author sees them: with addresses, no secret here."""
        return [
            {
                **verdict_json(verdict),
                "contact_point": {
                    "id": str(verdict.candidate.contact_point_id),
                    "scheme": verdict.candidate.scheme,
                    "value": one.address,
                },
                "inbox": one.inbox_name,
            }
            for verdict in self.choice.verdicts
            for one in [
                self.reaches[verdict.candidate.contact_point_id, verdict.candidate.inbox_id]
            ]
        ]


async def _prepare(
    session: WriteSession,
    customer_id: UUID,
    draft: Draft,
    *,
    by: Sender,
    registry: Channels,
    now: datetime,
) -> _Job:
    draft = checked(draft, now)
    root_id = (await lock_roots(session, [customer_id]))[customer_id]
    await answered.check(session, root_id, draft.in_reply_to_position, by)
    target = await joining.named(session, root_id, draft.conversation_id, by.viewer)
    files = await stored_files(session, draft.files, by.viewer)
    options = await weigh(
        session, root_id, draft, files, viewer=by.viewer, registry=registry, now=now
    )
    draft = replace(draft, send_at=options.plan.leaves_at)
    return _Job(root_id, draft, by, now, files, target, options.reaches, options.plan)


async def _send(session: WriteSession, job: _Job, where: Reach) -> Sent:
    asked, job = job, replace(job, draft=_worded(job.draft, where))
    target = job.named
    if target is None and job.draft.answers:
        target = await joining.join_or_open(session, job.root_id, where, job.by.viewer, job.now)
    message = await _message(session, job, where, target)
    entry = _entry(job, where, message, target)
    (recorded,) = await record(session, [entry], now=job.now)
    decision_id = await decisions.keep(session, job.decision(recorded.id), job.now)
    deliveries = _deliveries(job, (where, message), recorded, (target, decision_id))
    deliveries += await _further(session, asked, recorded, (target, decision_id))
    deliveries = [replace(one, turns=len(job.choice.legs)) for one in deliveries]
    await enqueue(session, deliveries, job.now)
    if job.draft.answers:
        await expect_reading(session, where, job.draft.send_at or job.now)
    created = _created(EventType.MESSAGE_CREATED, entry, recorded, job.root_id, job.by)
    await event_log.append(session, [created])
    await _keep_conversation(session, job, where, target, recorded)
    await drafts.said(session, job.draft.conversation_id, job.by.viewer)
    return Sent(
        recorded.id,
        recorded.stream_id,
        recorded.position,
        target.id if target else None,
        tuple(
            SentDelivery(
                one.id, one.contact_point_id, one.scheme, one.address, one.inbox_id, one.status
            )
            for one in deliveries
        ),
        decision_id,
    )


async def _message(
    session: WriteSession, job: _Job, where: Reach, target: Target | None
) -> Message:
    locale = await (await session.connection()).scalar(_LOCALE, {"root": job.root_id})
    last = await joining.last_inbound(session, target.id if target else None, where)
    draft, chat = job.draft, where.candidate.inbox_id
    return Message(
        text=draft.text,
        html=draft.html,
        subject=draft.subject or subjects.answering(_subject(last)),
        cc=draft.cc,
        bcc=draft.bcc,
        files=job.files,
        buttons=draft.buttons,
        in_reply_to=last.external_id if last else "",
        # The name of a rule or a program says nothing to a customer.
        author_name=job.by.author.name if job.by.author.kind == "operator" else "",
        automatic=draft.automatic,
        forced=draft.force,
        purpose="" if draft.answers else consents.kind_of(draft.purpose),
        locale=locale or "",
        answered=_facts(last),
        quoted=_quoted(last) if draft.quote else None,
        reply_to=await correct.name_in(session, draft.reply_to, where.stream_id, chat)
        if draft.reply_to
        else "",
    )


def _worded(draft: Draft, where: Reach) -> Draft:
    """The draft as it is said on this way, with this customer's own addresses."""
    said = draft.on(where.candidate.channel)
    if draft.preferences_page is None:
        return said
    url = draft.preferences_page(where.candidate.contact_point_id)
    return replace(
        said,
        text=said.text.replace(PREFERENCES_URL, url),
        html=said.html.replace(PREFERENCES_URL, url),
    )


def _facts(last: Row[Any] | None) -> dict[str, object]:
    """What its channel said of the answered message, without what is long: the words of a mail."""
    facts: dict[str, object] = last.data if last else {}
    return {name: one for name, one in facts.items() if len(orjson.dumps(one)) <= _LONGEST_FACT}


def _subject(last: Row[Any] | None) -> str:
    found = last.data.get("subject") if last else ""
    return found if isinstance(found, str) else ""


def _quoted(last: Row[Any] | None) -> Quoted | None:
    """The words that are answered; nobody scrolls through more of them."""
    if last is None or not last.text:
        return None
    return Quoted(last.text[:_MOST_QUOTED], last.author_name, last.occurred_at)


def _entry(job: _Job, where: Reach, message: Message, target: Target | None) -> NewEntry:
    draft, author, can = job.draft, job.by.author, where.candidate.capabilities
    facts: dict[str, object] = {
        "subject": message.subject if can.subject else "",
        "cc": list(draft.cc),
        "bcc": list(draft.bcc),
        "buttons": [from_button(one) for one in draft.buttons] if can.buttons else [],
        "answers": message.reply_to,
        "send_at": rfc3339(draft.send_at) if draft.send_at else "",
        "then": _then(draft, target),
    }
    return NewEntry(
        where.stream_id,
        "message",
        author.kind,
        job.now,
        direction="outbound",
        channel=where.candidate.channel,
        inbox_id=where.candidate.inbox_id,
        contact_point_id=where.candidate.contact_point_id,
        conversation_id=target.id if target else None,
        author_id=author.id,
        author_name=author.name,
        text=draft.text,
        html=draft.html,
        data={**{name: fact for name, fact in facts.items() if fact}, **draft.data},
        status=str(Status.SCHEDULED if draft.send_at else Status.QUEUED),
        purpose=draft.purpose,
        automatic=draft.automatic,
        files=_placed(job.files, draft.html),
    )


def _placed(files: Sequence[StoredFile], html: str) -> tuple[NewFile, ...]:
    """The files, those inline that the HTML shows among its words."""
    shown = rich_text.images(html)
    return tuple(
        NewFile(one.id, inline=True, content_id=str(one.id))
        if str(one.id) in shown
        else NewFile(one.id)
        for one in files
    )


def _then(draft: Draft, target: Target | None) -> dict[str, str]:
    """What a message that leaves later has done to its conversation, for who takes it back."""
    if draft.send_at is None or target is None or draft.status in (None, target.status):
        return {}
    return {"from": target.status, "to": str(draft.status)}


def _deliveries(
    job: _Job,
    way: tuple[Reach, Message],
    recorded: Recorded,
    context: tuple[Target | None, UUID],
) -> list[NewDelivery]:
    (where, message), (target, decision_id) = way, context
    chosen = where.candidate
    parts = contents(message, chosen.capabilities)
    return [
        NewDelivery(
            id=new_id(),
            entry_id=recorded.id,
            stream_id=recorded.stream_id,
            position=recorded.position,
            conversation_id=target.id if target else None,
            customer_id=where.record_id,
            contact_point_id=chosen.contact_point_id,
            inbox_id=chosen.inbox_id,
            decision_id=decision_id,
            scheme=chosen.scheme,
            address=where.address,
            reply_address=where.reply_address,
            content=content,
            deadline=job.draft.useful_until or job.leaves_at + job.draft.deliver_within,
            send_at=job.draft.send_at,
            part=number,
            parts=len(parts),
        )
        for number, content in enumerate(parts, start=1)
    ]


async def _further(
    session: WriteSession, job: _Job, recorded: Recorded, context: tuple[Target | None, UUID]
) -> list[NewDelivery]:
    """The deliveries of the ways after the first, which wait for their turns."""
    found, begins = [], job.leaves_at
    for turn, leg in enumerate(job.choice.legs[1:], start=1):
        begins += leg.after
        way = job.reaches[leg.candidate.contact_point_id, leg.candidate.inbox_id]
        here = replace(job, draft=_worded(job.draft, way))
        said = await _message(session, here, way, context[0])
        deadline = job.draft.useful_until or begins + job.draft.deliver_within
        found += [
            replace(one, turn=turn, after=leg.after, send_at=None, deadline=deadline)
            for one in _deliveries(job, (way, said), recorded, context)
        ]
    return found


def _created(
    kind: EventType, entry: NewEntry, recorded: Recorded, root_id: UUID, by: Sender
) -> NewEvent:
    facts = {"direction": entry.direction, "imported": False, "automatic": entry.automatic}
    return NewEvent(
        kind,
        recorded.recorded_at,
        customer_id=root_id,
        conversation_id=entry.conversation_id,
        stream_id=recorded.stream_id,
        position=recorded.position,
        inbox_id=entry.inbox_id,
        data=facts if kind is EventType.MESSAGE_CREATED else mentions.facts(entry.data),
        rule_id=by.cause.rule_id,
        depth=by.cause.depth,
    )


async def _keep_conversation(
    session: WriteSession, job: _Job, where: Reach, target: Target | None, recorded: Recorded
) -> None:
    if target is None:
        return
    if job.draft.answers:
        one = Answer(job.root_id, target, job.draft, where.candidate.channel, recorded)
        await joining.answered(session, one, job.by, job.now)
    else:
        await joining.touch(session, target.id, recorded, job.now)
