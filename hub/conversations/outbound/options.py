"""How a message could go: the plan for it, before it is sent and when it is."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text

from hub.clock import zone_of
from hub.conversations.draft import Draft
from hub.conversations.outbound import joining, reach
from hub.conversations.outbound.reach import Channels, Reach, Reaches, Sought
from hub.customers import consents, preferences
from hub.customers.consents import Standing
from hub.customers.preferences import Preferences
from hub.customers.quiet import Quiet
from hub.customers.roots import roots_of
from hub.db.base import Json
from hub.db.engine import AnySession, ReadSession
from hub.db.rows import Query
from hub.deliveries import policy as policies
from hub.deliveries import turns
from hub.deliveries.planner import Letter, Plan, Recipient, plan
from hub.deliveries.policy import Policy
from hub.deliveries.route import Candidate, Verdict, Wish
from hub.errors import NotFound
from hub.mappings import NOTHING
from hub.operators.access import Viewer
from hub.ports import Capabilities, StoredFile
from hub.timeline.files import may_see

_FILES = text("""
    SELECT files.id, files.name, blobs.content_type, blobs.size
    FROM files JOIN blobs ON blobs.sha256 = files.sha256
    WHERE files.id = ANY (CAST(:ids AS uuid[]))
""")

# What was decided to go and did not come to nothing.
_HAD = Query("""
    SELECT asked.root_id, asked.purpose, count(*) AS had
    FROM unnest(CAST(:roots AS uuid[]), CAST(:purposes AS text[]), CAST(:since AS timestamptz[]))
         AS asked(root_id, purpose, since)
    JOIN customers AS record ON record.root_id = asked.root_id
    JOIN decisions AS d ON d.customer_id = record.id AND d.at > asked.since
    LEFT JOIN entries AS e ON e.id = d.entry_id
    WHERE d.purpose = asked.purpose AND d.outcome IN ('sent', 'waiting')
      AND d.reason <> ALL (CAST(:again AS text[]))
      AND coalesce(e.status, '') NOT IN ('cancelled', 'suppressed', 'failed')
    GROUP BY asked.root_id, asked.purpose
""")

_SHOWN = (
    "max_text_length",
    "files",
    "max_files",
    "max_file_bytes",
    "html",
    "subject",
    "cc",
    "buttons",
)
"""What whoever writes has to know of a channel."""


_NO_WISHES = Preferences()

_AGAIN = [turns.NO_RECEIPT, turns.WAY_FAILED, "joined"]
"""Reasons of decisions about a message that had been decided before, or that names more."""


class Options(NamedTuple):
    """Every way to the customer, and which ones the message takes. locale: the customer's.

    A tuple, as all below: thousands are made at a time.
    """

    reaches: Reaches
    plan: Plan
    locale: str = ""

    def reach(self, verdict: Verdict) -> Reach:
        return self.reaches[verdict.candidate.contact_point_id, verdict.candidate.inbox_id]


class Asked(NamedTuple):
    """A checked draft whose ways are wanted."""

    root_id: UUID
    draft: Draft
    files: Sequence[StoredFile]
    viewer: Viewer


class _Known(NamedTuple):
    """What the database says of one that was asked for. last: (contact point, inbox) of the
    conversation's last inbound message; had: messages of the purpose, within its cap's span."""

    reaches: Reaches
    wants: Preferences
    said: Standing
    named: UUID | None
    last: tuple[UUID, UUID] | None
    had: int


async def weigh(
    session: AnySession, asked: Sequence[Asked], *, registry: Channels, now: datetime
) -> list[Options]:
    """The ways each draft could go; raises Invalid for a contact point of somebody else."""
    policy = await policies.load(session)
    known = await _look(session, asked, policy, registry, now)
    return [_options(one, it, policy, now) for one, it in zip(asked, known, strict=True)]


async def _look(
    session: AnySession,
    asked: Sequence[Asked],
    policy: Policy,
    registry: Channels,
    now: datetime,
) -> list[_Known]:
    roots = list({one.root_id for one in asked})
    named = [await _named(session, one) if one.draft.contact_point else None for one in asked]
    last = [await _last(session, one) if one.draft.conversation_id else None for one in asked]
    sought = [
        Sought(one.root_id, point, one.viewer.hidden_inboxes)
        for one, point in zip(asked, named, strict=True)
    ]
    reaches = await reach.all_candidates(session, sought, registry)
    wants = await preferences.of_all(session, roots)
    said = await consents.standing_of(session, roots)
    had = await _had(session, asked, policy, now)
    return [
        _Known(
            reaches[n],
            wants.get(one.root_id, _NO_WISHES),
            said.get(one.root_id, NOTHING),
            named[n],
            last[n],
            had.get((one.root_id, one.draft.purpose), 0),
        )
        for n, one in enumerate(asked)
    ]


async def _named(session: AnySession, one: Asked) -> UUID | None:
    return await reach.named_contact_point(session, one.root_id, one.draft.contact_point)


async def _last(session: AnySession, one: Asked) -> tuple[UUID, UUID] | None:
    last = await joining.last_inbound(session, one.draft.conversation_id)
    return (last.contact_point_id, last.inbox_id) if last else None


async def _had(
    session: AnySession, asked: Sequence[Asked], policy: Policy, now: datetime
) -> dict[tuple[UUID, str], int]:
    """By customer and purpose: what they had within the span of its cap."""
    pairs = {(one.root_id, one.draft.purpose) for one in asked if one.draft.purpose in policy.caps}
    if not pairs:
        return {}
    rows = await _HAD.rows(
        session,
        {
            "roots": [root for root, _ in pairs],
            "purposes": [purpose for _, purpose in pairs],
            "since": [now - policy.caps[purpose].span for _, purpose in pairs],
            "again": _AGAIN,
        },
    )
    return {(row["root_id"], row["purpose"]): row["had"] for row in rows}


def _options(one: Asked, known: _Known, policy: Policy, now: datetime) -> Options:
    draft, reaches, said = one.draft, known.reaches, known.said
    if draft.inbox_id is not None:
        reaches = {key: way for key, way in reaches.items() if key[1] == draft.inbox_id}
    candidates = [way.candidate for way in reaches.values()]
    if consents.may_refuse(draft.purpose, said):
        candidates = [_judged(it, draft.purpose, said) for it in candidates]
    recipient = Recipient(
        zone_of(known.wants.time_zone, policy.time_zone),
        quiet_hours(known.wants, policy),
        policy.caps.get(draft.purpose),
        known.had,
    )
    planned = plan(candidates, _wish(one, known, policy), _letter(one), recipient, now)
    return Options(reaches, planned, known.wants.locale)


def _judged(candidate: Candidate, purpose: str, said: Standing) -> Candidate:
    refusal = consents.refusal(purpose, candidate.contact_point_id, said)
    return candidate._replace(refusal=refusal) if refusal else candidate


def _wish(one: Asked, known: _Known, policy: Policy) -> Wish:
    draft = one.draft
    return Wish(
        contact_point_id=known.named,
        channel=draft.channel,
        conversation_last=known.last,
        largest_file=max([file.size for file in one.files]) if one.files else None,
        buttons=bool(draft.buttons) and draft.variants is None and draft.choices is None,
        cc=bool(draft.cc or draft.bcc),
        force=draft.force,
        fallback=draft.fallback,
        preferred=known.wants.channels,
        # An answer goes where the customer is; the order is for what is sent of its own accord.
        order=() if draft.answers else policy.channels,
        costs=policy.costs,
    )


def _letter(one: Asked) -> Letter:
    return Letter(
        purpose=one.draft.purpose,
        by_hand=one.viewer.kind == "operator",
        automatic=one.draft.automatic,
        send_at=one.draft.send_at,
        useful_until=one.draft.useful_until,
    )


def quiet_hours(wants: Preferences, policy: Policy) -> Quiet | None:
    """The customer's own, if they said anything of them; else the installation's."""
    if isinstance(wants.quiet, Quiet):
        return wants.quiet
    return policy.quiet if wants.quiet == "default" else None


async def dry_run(
    session: ReadSession,
    customer_id: UUID,
    draft: Draft,
    *,
    viewer: Viewer,
    registry: Channels,
    now: datetime,
) -> Json:
    """Where `draft` would go if it were sent now, and when; nothing is locked or kept.

    `{"outcome", "reason", "ways": [{"contact_point", "inbox", "channel", "after", "at"}],
    "candidates": [{"contact_point": {"id", "scheme", "value"}, "inbox": {"id", "name"}, "channel",
    "possible", "reason", "obstacles", "overridden", "facts", "chosen", "capabilities",
    "segments"}]}`, the best first. Raises NotFound for what is not the customer's, or not for the
    viewer.
    """
    root_id = (await roots_of(session, [customer_id]))[customer_id]
    target = await joining.named(session, root_id, draft.conversation_id, viewer)
    draft = draft._replace(conversation_id=target.id if target else None)
    files = await stored_files(session, draft.files, viewer)
    asked = Asked(root_id, draft, files, viewer)
    [options] = await weigh(session, [asked], registry=registry, now=now)
    return {
        "outcome": options.plan.outcome,
        "reason": options.plan.reason,
        "ways": _ways(options, now) if options.plan.goes else [],
        "candidates": [_shown(one, options.reach(one)) for one in options.plan.choice.verdicts],
    }


def _ways(options: Options, now: datetime) -> list[Json]:
    """The ways in order, each with the moment at which it begins unless one before it arrived."""
    at, ways = options.plan.leaves_at or now, []
    for leg in options.plan.choice.legs:
        at += leg.after
        where = options.reaches[leg.candidate.contact_point_id, leg.candidate.inbox_id]
        ways.append({**_place(leg.candidate, where), "after": leg.after.total_seconds(), "at": at})
    return ways


def _shown(verdict: Verdict, where: Reach) -> Json:
    candidate = verdict.candidate
    return {
        **_place(candidate, where),
        "possible": not verdict.obstacles,
        "reason": verdict.reason,
        "obstacles": verdict.obstacles,
        "overridden": verdict.overridden,
        "facts": verdict.facts,
        "chosen": verdict.chosen,
        "capabilities": _capabilities(candidate.capabilities),
        "segments": candidate.capabilities.segments,
    }


def _place(candidate: Candidate, where: Reach) -> Json:
    return {
        "contact_point": {
            "id": candidate.contact_point_id,
            "scheme": candidate.scheme,
            "value": where.address,
        },
        "inbox": {"id": candidate.inbox_id, "name": where.inbox_name},
        "channel": candidate.channel,
    }


def _capabilities(can: Capabilities) -> Json:
    return {name: getattr(can, name) for name in _SHOWN}


async def stored_files(
    session: AnySession, ids: Sequence[UUID], viewer: Viewer
) -> tuple[StoredFile, ...]:
    """The files, in order; one the viewer may not see is as missing as one that never was."""
    found = await files_of(session, ids)
    for one in ids:
        if one not in found or not await may_see(session, viewer, one):
            raise NotFound(f"There is no file {one}.")
    return tuple(found[one] for one in ids)


async def files_of(session: AnySession, ids: Sequence[UUID]) -> dict[UUID, StoredFile]:
    """The files that exist, by id."""
    if not ids:
        return {}
    rows = await (await session.connection()).execute(_FILES, {"ids": list(ids)})
    return {row.id: StoredFile(row.id, row.name, row.content_type, row.size) for row in rows}
