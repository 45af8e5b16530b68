"""Writing planned messages down: entries, decisions, deliveries and events, each kind at once.

One message or five hundred: what differs is decided before the first row is written.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from hub.clock import rfc3339
from hub.conversations import rich_text
from hub.conversations.draft import Draft, Sender
from hub.conversations.outbound import drafts, joining, mentions
from hub.conversations.outbound.chat_mail import expect_reading
from hub.conversations.outbound.job import Job
from hub.conversations.outbound.joining import Answer, Target
from hub.conversations.outbound.reach import Reach
from hub.conversations.outbound.wording import message_of, worded
from hub.db import event_log
from hub.db.engine import WriteSession
from hub.deliveries import decisions
from hub.deliveries.compose import Message, contents, from_button
from hub.deliveries.enqueue import NewDelivery, enqueue
from hub.deliveries.status import Status
from hub.events import EventType, NewEvent
from hub.ids import new_id
from hub.ports import Capabilities, StoredFile
from hub.timeline.record import NewEntry, NewFile, Recorded, record

_AT_ONCE = timedelta()


class SentDelivery(NamedTuple):
    """A tuple, as all below: thousands are made at a time."""

    id: UUID
    contact_point_id: UUID
    scheme: str
    address: str
    inbox_id: UUID
    status: Status


class Sent(NamedTuple):
    """A message that was recorded and queued (or scheduled)."""

    entry_id: UUID
    stream_id: UUID
    position: int
    conversation_id: UUID | None
    deliveries: tuple[SentDelivery, ...]
    decision_id: UUID


class _Way(NamedTuple):
    """What the message says on one of its ways, and how long the way before it is given."""

    where: Reach
    message: Message
    after: timedelta


class _Ready(NamedTuple):
    """A message that needs only be written. job: with the words of the first way."""

    job: Job
    target: Target | None
    ways: Sequence[_Way]
    entry: NewEntry

    @property
    def where(self) -> Reach:
        return self.ways[0].where


async def post(session: WriteSession, jobs: Sequence[Job]) -> list[Sent]:
    """Record and queue messages that go, in order, each to another customer.

    Raises before anything is written where one of them has no words for its way.
    """
    if not jobs:
        return []
    now = jobs[0].now
    ready = [await _ready(session, job) for job in jobs]
    recorded = await record(session, [one.entry for one in ready], now=now)
    places = list(zip(ready, recorded, strict=True))
    decided = await decisions.keep_all(
        session, [one.job.decision(place.id) for one, place in places], now
    )
    deliveries = [
        _deliveries(one, place, decision)
        for (one, place), decision in zip(places, decided, strict=True)
    ]
    await enqueue(session, [delivery for parts in deliveries for delivery in parts], now)
    await event_log.append(
        session,
        [
            created(EventType.MESSAGE_CREATED, one.entry, place, one.job.root_id, one.job.by)
            for one, place in places
        ],
    )
    for one, place in places:
        if one.target is not None:
            await _keep_conversation(session, one, one.target, place)
    return [
        _sent(one, place, parts, decision)
        for (one, place), parts, decision in zip(places, deliveries, decided, strict=True)
    ]


async def _ready(session: WriteSession, asked: Job) -> _Ready:
    where = asked.reach
    job, target = asked.saying(worded(asked.draft, where)), asked.named
    if target is None and job.draft.answers:
        target = await joining.join_or_open(session, job.root_id, where, job.by.viewer, job.now)
    first = await message_of(session, job, where, target)
    ways = [_Way(where, first, _AT_ONCE)]
    for leg in job.plan.choice.legs[1:]:
        way = job.reaches[leg.candidate.contact_point_id, leg.candidate.inbox_id]
        here = asked.saying(worded(asked.draft, way))
        ways.append(_Way(way, await message_of(session, here, way, target), leg.after))
    return _Ready(job, target, ways, _entry(job, where, first, target))


def _entry(job: Job, where: Reach, message: Message, target: Target | None) -> NewEntry:
    draft, author, chosen = job.draft, job.by.author, where.candidate
    return NewEntry(
        where.stream_id,
        "message",
        author.kind,
        job.now,
        new_id(),
        direction="outbound",
        channel=chosen.channel,
        inbox_id=chosen.inbox_id,
        contact_point_id=chosen.contact_point_id,
        conversation_id=target.id if target else None,
        author_id=author.id,
        author_name=author.name,
        text=draft.text,
        html=draft.html,
        data=_data(draft, chosen.capabilities, message, target),
        status=str(Status.SCHEDULED if draft.send_at else Status.QUEUED),
        purpose=draft.purpose,
        automatic=draft.automatic,
        files=_placed(job.files, draft.html) if job.files else (),
    )


def _data(
    draft: Draft, can: Capabilities, message: Message, target: Target | None
) -> dict[str, object]:
    facts: dict[str, object] = {
        "subject": can.subject and message.subject,
        "cc": draft.cc,
        "bcc": draft.bcc,
        "buttons": can.buttons and [from_button(one) for one in draft.buttons],
        "answers": message.reply_to,
        "send_at": draft.send_at and rfc3339(draft.send_at),
        "then": target and _then(draft, target),
    }
    return {**{name: fact for name, fact in facts.items() if fact}, **draft.data}


def _placed(files: Sequence[StoredFile], html: str) -> tuple[NewFile, ...]:
    """The files, those inline that the HTML shows among its words."""
    shown = rich_text.images(html)
    return tuple(
        NewFile(one.id, inline=True, content_id=str(one.id))
        if str(one.id) in shown
        else NewFile(one.id)
        for one in files
    )


def _then(draft: Draft, target: Target) -> dict[str, str]:
    """What a message that leaves later has done to its conversation, for who takes it back."""
    if draft.send_at is None or draft.status in (None, target.status):
        return {}
    return {"from": target.status, "to": str(draft.status)}


def _deliveries(one: _Ready, recorded: Recorded, decision_id: UUID) -> list[NewDelivery]:
    """Those of the first way, and of the ways after it, which wait for their turns."""
    found, draft, begins = [], one.job.draft, one.job.leaves_at
    for turn, way in enumerate(one.ways):
        begins += way.after
        chosen = way.where.candidate
        parts = contents(way.message, chosen.capabilities)
        found += [
            NewDelivery(
                id=new_id(),
                entry_id=recorded.id,
                stream_id=recorded.stream_id,
                position=recorded.position,
                conversation_id=one.target.id if one.target else None,
                customer_id=way.where.record_id,
                contact_point_id=chosen.contact_point_id,
                inbox_id=chosen.inbox_id,
                decision_id=decision_id,
                scheme=chosen.scheme,
                address=way.where.address,
                reply_address=way.where.reply_address,
                content=content,
                deadline=draft.useful_until or begins + draft.deliver_within,
                send_at=None if turn else draft.send_at,
                part=number,
                parts=len(parts),
                turn=turn,
                turns=len(one.ways),
                after=way.after if turn else None,
            )
            for number, content in enumerate(parts, start=1)
        ]
    return found


def _sent(
    one: _Ready, recorded: Recorded, deliveries: Sequence[NewDelivery], decision_id: UUID
) -> Sent:
    parts = [
        SentDelivery(it.id, it.contact_point_id, it.scheme, it.address, it.inbox_id, it.status)
        for it in deliveries
    ]
    conversation_id = one.target.id if one.target else None
    place = recorded.id, recorded.stream_id, recorded.position
    return Sent(*place, conversation_id, tuple(parts), decision_id)


def created(
    kind: EventType, entry: NewEntry, recorded: Recorded, root_id: UUID, by: Sender
) -> NewEvent:
    """The event of a message or a note that was written."""
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
    session: WriteSession, one: _Ready, target: Target, recorded: Recorded
) -> None:
    """What the message means for the conversation it is part of, and for its author's draft."""
    job = one.job
    if job.draft.answers:
        await expect_reading(session, one.where, job.leaves_at)
        said = Answer(job.root_id, target, job.draft, one.where.candidate.channel, recorded)
        await joining.answered(session, said, job.by, job.now)
    else:
        await joining.touch(session, target.id, recorded, job.now)
    await drafts.said(session, job.draft.conversation_id, job.by.viewer)
