"""Sending to a customer: one transaction from the stale check to the queued deliveries."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from hub.clock import rfc3339
from hub.conversations import answered, drafts, joining, mentions, rich_text
from hub.conversations.chat_mail import expect_reading
from hub.conversations.draft import Draft, Note, Sender, checked
from hub.conversations.job import Job
from hub.conversations.joining import Answer, Target
from hub.conversations.options import stored_files, weigh
from hub.conversations.reach import Channels, Reach
from hub.conversations.wording import message_of, worded
from hub.customers.roots import lock_roots
from hub.customers.streams import record_stream
from hub.db import event_log
from hub.db.engine import WriteSession
from hub.deliveries import decisions, planner
from hub.deliveries.compose import Message, contents, from_button
from hub.deliveries.enqueue import NewDelivery, enqueue
from hub.deliveries.status import Status
from hub.errors import Invalid
from hub.events import EventType, NewEvent
from hub.ids import new_id
from hub.ports import StoredFile
from hub.timeline.record import NewEntry, NewFile, Recorded, record


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


def _refused(job: Job) -> Invalid:
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


async def _prepare(
    session: WriteSession,
    customer_id: UUID,
    draft: Draft,
    *,
    by: Sender,
    registry: Channels,
    now: datetime,
) -> Job:
    draft = checked(draft, now)
    root_id = (await lock_roots(session, [customer_id]))[customer_id]
    await answered.check(session, root_id, draft.in_reply_to_position, by)
    target = await joining.named(session, root_id, draft.conversation_id, by.viewer)
    files = await stored_files(session, draft.files, by.viewer)
    options = await weigh(
        session, root_id, draft, files, viewer=by.viewer, registry=registry, now=now
    )
    draft = replace(draft, send_at=options.plan.leaves_at)
    return Job(root_id, draft, by, now, files, target, options.reaches, options.plan)


async def _send(session: WriteSession, job: Job, where: Reach) -> Sent:
    asked, job = job, replace(job, draft=worded(job.draft, where))
    target = job.named
    if target is None and job.draft.answers:
        target = await joining.join_or_open(session, job.root_id, where, job.by.viewer, job.now)
    message = await message_of(session, job, where, target)
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


def _entry(job: Job, where: Reach, message: Message, target: Target | None) -> NewEntry:
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
    job: Job,
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
    session: WriteSession, job: Job, recorded: Recorded, context: tuple[Target | None, UUID]
) -> list[NewDelivery]:
    """The deliveries of the ways after the first, which wait for their turns."""
    found, begins = [], job.leaves_at
    for turn, leg in enumerate(job.choice.legs[1:], start=1):
        begins += leg.after
        way = job.reaches[leg.candidate.contact_point_id, leg.candidate.inbox_id]
        here = replace(job, draft=worded(job.draft, way))
        said = await message_of(session, here, way, context[0])
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
    session: WriteSession, job: Job, where: Reach, target: Target | None, recorded: Recorded
) -> None:
    if target is None:
        return
    if job.draft.answers:
        one = Answer(job.root_id, target, job.draft, where.candidate.channel, recorded)
        await joining.answered(session, one, job.by, job.now)
    else:
        await joining.touch(session, target.id, recorded, job.now)
