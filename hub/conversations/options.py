"""How a message could go: the plan for it, before it is sent and when it is."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from hub.conversations import joining, reach
from hub.conversations.draft import Draft
from hub.conversations.reach import Channels, Reach
from hub.customers import consents, preferences
from hub.customers.preferences import Preferences
from hub.customers.quiet import Quiet, zone_of
from hub.customers.roots import roots_of
from hub.db.base import Json
from hub.db.engine import AnySession, ReadSession
from hub.deliveries import policy as policies
from hub.deliveries import turns
from hub.deliveries.planner import Letter, Plan, Recipient, plan
from hub.deliveries.policy import Policy
from hub.deliveries.route import Verdict, Wish
from hub.errors import NotFound
from hub.operators.access import Viewer
from hub.ports import Capabilities, StoredFile
from hub.timeline.files import may_see

_FILES = text("""
    SELECT files.id, files.name, blobs.content_type, blobs.size
    FROM files JOIN blobs ON blobs.sha256 = files.sha256
    WHERE files.id = ANY (CAST(:ids AS uuid[]))
""")

# What was decided to go and did not come to nothing.
_HAD = text("""
    SELECT count(*) FROM customers AS record
    JOIN decisions AS d ON d.customer_id = record.id AND d.at > :since
    LEFT JOIN entries AS e ON e.id = d.entry_id
    WHERE record.root_id = :root AND d.purpose = :purpose AND d.outcome IN ('sent', 'waiting')
      AND d.reason <> ALL (:again)
      AND coalesce(e.status, '') NOT IN ('cancelled', 'suppressed', 'failed')
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


_AGAIN = [turns.NO_RECEIPT, turns.WAY_FAILED]
"""Reasons of decisions about a message that had been decided before."""


@dataclass(frozen=True, slots=True)
class Options:
    """Every way to the customer, by (contact point, inbox), and which ones the message takes."""

    reaches: dict[tuple[UUID, UUID], Reach]
    plan: Plan

    def reach(self, verdict: Verdict) -> Reach:
        return self.reaches[verdict.candidate.contact_point_id, verdict.candidate.inbox_id]


async def weigh(  # noqa: PLR0913 - what a route depends on
    session: AnySession,
    root_id: UUID,
    draft: Draft,
    files: Sequence[StoredFile],
    *,
    viewer: Viewer,
    registry: Channels,
    now: datetime,
) -> Options:
    """The ways `draft` could go; raises Invalid for a contact point of somebody else."""
    last = await joining.last_inbound(session, draft.conversation_id)
    point = await reach.named_contact_point(session, root_id, draft.contact_point)
    reaches = await reach.candidates(session, root_id, viewer, registry, point)
    if draft.inbox_id is not None:
        reaches = {key: one for key, one in reaches.items() if key[1] == draft.inbox_id}
    wants, policy = await preferences.of(session, root_id), await policies.load(session)
    wish = Wish(
        contact_point_id=point,
        channel=draft.channel,
        conversation_last=(last.contact_point_id, last.inbox_id) if last else None,
        largest_file=max((one.size for one in files), default=None),
        buttons=bool(draft.buttons) and draft.variants is None,
        cc=bool(draft.cc or draft.bcc),
        force=draft.force,
        fallback=draft.fallback,
        preferred=wants.channels,
        # An answer goes where the customer is; the order is for what is sent of its own accord.
        order=() if draft.answers else policy.channels,
        costs=policy.costs,
    )
    said = await consents.standing(session, [root_id])
    candidates = [
        replace(
            one.candidate,
            refusal=consents.refusal(draft.purpose, one.candidate.contact_point_id, said),
        )
        for one in reaches.values()
    ]
    letter = Letter(
        purpose=draft.purpose,
        by_hand=viewer.kind == "operator",
        automatic=draft.automatic,
        send_at=draft.send_at,
        useful_until=draft.useful_until,
    )
    recipient = await _recipient(session, root_id, draft.purpose, (wants, policy), now)
    return Options(reaches, plan(candidates, wish, letter, recipient, now))


async def _recipient(
    session: AnySession,
    root_id: UUID,
    purpose: str,
    held: tuple[Preferences, Policy],
    now: datetime,
) -> Recipient:
    """What limits messages of this purpose to the customer."""
    wants, policy = held
    cap = policy.caps.get(purpose)
    had = 0
    if cap is not None:
        values = {"root": root_id, "purpose": purpose, "since": now - cap.span, "again": _AGAIN}
        had = (await (await session.connection()).execute(_HAD, values)).scalar_one()
    return Recipient(
        zone_of(wants.time_zone, policy.time_zone), quiet_hours(wants, policy), cap, had
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
) -> list[Json]:
    """Where `draft` would go if it were sent now, the best first; nothing is locked or kept.

    `{"contact_point": {"id", "scheme", "value"}, "inbox": {"id", "name"}, "channel", "possible",
    "reason", "obstacles", "overridden", "facts", "chosen", "capabilities", "segments"}`. Raises
    NotFound for what is not the customer's, or not for the viewer.
    """
    root_id = (await roots_of(session, [customer_id]))[customer_id]
    await joining.named(session, root_id, draft.conversation_id, viewer)
    files = await stored_files(session, draft.files, viewer)
    options = await weigh(
        session, root_id, draft, files, viewer=viewer, registry=registry, now=now
    )
    return [_shown(one, options.reach(one)) for one in options.plan.choice.verdicts]


def _shown(verdict: Verdict, where: Reach) -> Json:
    candidate = verdict.candidate
    return {
        "contact_point": {
            "id": candidate.contact_point_id,
            "scheme": candidate.scheme,
            "value": where.address,
        },
        "inbox": {"id": candidate.inbox_id, "name": where.inbox_name},
        "channel": candidate.channel,
        "possible": not verdict.obstacles,
        "reason": verdict.reason,
        "obstacles": verdict.obstacles,
        "overridden": verdict.overridden,
        "facts": verdict.facts,
        "chosen": verdict.chosen,
        "capabilities": _capabilities(candidate.capabilities),
        "segments": candidate.capabilities.segments,
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
