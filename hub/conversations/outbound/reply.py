"""Sending to a customer: one transaction from the stale check to the queued deliveries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from hub.conversations.draft import Draft, Note, Sender, checked
from hub.conversations.outbound import answered, drafts, joining, mentions, options
from hub.conversations.outbound.job import Job
from hub.conversations.outbound.joining import Target
from hub.conversations.outbound.options import stored_files
from hub.conversations.outbound.posting import Sent, created, post
from hub.conversations.outbound.reach import Channels
from hub.customers.roots import lock_roots
from hub.customers.streams import record_stream
from hub.db import event_log
from hub.db.engine import WriteSession
from hub.deliveries import decisions, planner
from hub.errors import Invalid
from hub.events import EventType
from hub.ids import new_id
from hub.timeline.record import NewEntry, NewFile, Recorded, record


@dataclass(frozen=True, slots=True)
class Suppressed:
    """Nothing was sent, and the decision says why. outcome: suppressed, no-route."""

    decision_id: UUID
    outcome: str
    reason: str


class Asked(NamedTuple):
    """A message that somebody wants to send to a customer. A tuple: thousands are made."""

    customer_id: UUID
    draft: Draft
    by: Sender


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
    asked = Asked(customer_id, draft, by)
    [job] = await _prepare(session, [asked], registry=registry, now=now)
    if not job.plan.goes:
        raise _refused(job)
    [sent] = await post(session, [job])
    return sent


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
    asked = Asked(customer_id, draft, by)
    [done] = await attempt_all(session, [asked], registry=registry, now=now)
    return done


async def attempt_all(
    session: WriteSession, asked: Sequence[Asked], *, registry: Channels, now: datetime
) -> list[Sent | Suppressed]:
    """`attempt_send` for many, in order, with the statements of one.

    Each to another customer: what the first brings counts against the cap of the second. What
    `attempt_send` raises for one of them is raised for all, before anything is written.
    """
    jobs = await _prepare(session, asked, registry=registry, now=now)
    refused = [job for job in jobs if not job.plan.goes]
    decided = iter(await decisions.keep_all(session, [one.decision() for one in refused], now))
    sent = iter(await post(session, [job for job in jobs if job.plan.goes]))
    return [
        next(sent)
        if job.plan.goes
        else Suppressed(next(decided), job.plan.outcome, job.plan.reason)
        for job in jobs
    ]


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
        new_id(),
        inbox_id=target.inbox_id if target else None,
        conversation_id=target.id if target else None,
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
        session, [created(EventType.NOTE_CREATED, entry, recorded, root_id, by)]
    )
    await drafts.said(session, entry.conversation_id, by.viewer)
    return recorded


async def _prepare(
    session: WriteSession, asked: Sequence[Asked], *, registry: Channels, now: datetime
) -> list[Job]:
    """Their customers locked, their drafts checked, their ways planned."""
    drafts_ = [checked(one.draft, now) for one in asked]
    roots = await lock_roots(session, {one.customer_id for one in asked})
    targets, weighed = [], []
    for one, draft in zip(asked, drafts_, strict=True):
        root_id, viewer = roots[one.customer_id], one.by.viewer
        if draft.in_reply_to_position is not None:
            await answered.check(session, root_id, draft.in_reply_to_position, one.by)
        target = None
        if draft.conversation_id is not None:
            target = await joining.named(session, root_id, draft.conversation_id, viewer)
        targets.append(target)
        # It may have been named by what has become part of it.
        there = _within(draft, target)
        files = await stored_files(session, draft.files, viewer) if draft.files else ()
        weighed.append(options.Asked(root_id, there, files, viewer))
    found = await options.weigh(session, weighed, registry=registry, now=now)
    return [
        Job(
            root_id=it.root_id,
            draft=_leaving(it.draft, ways.plan.leaves_at),
            by=one.by,
            now=now,
            files=tuple(it.files),
            named=target,
            reaches=ways.reaches,
            plan=ways.plan,
            locale=ways.locale,
        )
        for one, target, it, ways in zip(asked, targets, weighed, found, strict=True)
    ]


def _within(draft: Draft, target: Target | None) -> Draft:
    place = target.id if target else None
    return draft if draft.conversation_id == place else draft._replace(conversation_id=place)


def _leaving(draft: Draft, at: datetime | None) -> Draft:
    return draft if draft.send_at == at else draft._replace(send_at=at)
