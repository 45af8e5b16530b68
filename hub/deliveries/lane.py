"""What to do with the head of a contact point's lane: the oldest delivery queued or being sent.

A lane is a due row of kind `lane`, keyed by the contact point: whoever claims it is the only one
that sends there, so messages arrive in the order they were queued. What is scheduled or waiting is
not in the lane yet and holds nothing up.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any
from uuid import UUID

from sqlalchemy import text

from hub.customers.consents import PERSONAL
from hub.db.engine import AnySession, WriteSession, crowd_of
from hub.deliveries.dispatch import Head
from hub.deliveries.route import Obstacle
from hub.deliveries.status import Status
from hub.due import queue
from hub.due.queue import Plan
from hub.ports import Reason

KIND = "lane"
IN_DOUBT = "in-doubt"
"""The reason of a delivery that may have been sent already and is, or was, tried again."""

_HEADS = text("""
    SELECT head.*, point.opted_out_at IS NOT NULL AS opted_out,
           CASE WHEN head.content ? 'purpose' THEN EXISTS (
               SELECT 1 FROM streams AS here JOIN streams AS s ON s.root_id = here.root_id
               CROSS JOIN LATERAL (
                   SELECT given FROM consents AS c
                   WHERE c.contact_point_id = s.contact_point_id
                     AND c.purpose = head.content->>'purpose'
                   ORDER BY c.at DESC, c.id DESC LIMIT 1
               ) AS said
               WHERE here.contact_point_id = lane.contact_point_id AND NOT said.given
                 AND (s.id = here.id OR head.content->>'purpose' = ANY (:personal))
           ) ELSE false END AS withdrawn
    FROM unnest(CAST(:contact_points AS uuid[])) AS lane(contact_point_id)
    JOIN contact_points AS point ON point.id = lane.contact_point_id
    CROSS JOIN LATERAL (
        SELECT id, contact_point_id, inbox_id, entry_id, conversation_id, scheme, address,
               reply_address, content, status, reason, attempts, deadline
        FROM deliveries AS d
        WHERE d.contact_point_id = lane.contact_point_id AND d.status IN ('queued', 'sending')
        ORDER BY d.number LIMIT 1
    ) AS head
""")

_OCCUPIED = text("""
    SELECT lane.contact_point_id
    FROM unnest(CAST(:contact_points AS uuid[])) AS lane(contact_point_id)
    WHERE EXISTS (SELECT 1 FROM deliveries AS d
                  WHERE d.contact_point_id = lane.contact_point_id
                    AND d.status IN ('queued', 'sending'))
""")

# A delivery that was cancelled since the head was read is not marked, and so not sent.
_MARK = text("""
    WITH marked AS (
        UPDATE deliveries
        SET status = 'sending', attempts = attempts + 1, updated_at = :now,
            reason = CASE WHEN status = 'sending' THEN 'in-doubt' ELSE reason END
        WHERE id = ANY (CAST(:ids AS uuid[])) AND status IN ('queued', 'sending')
        RETURNING id, attempts
    ), tried AS (
        INSERT INTO attempts (delivery_id, number, started_at)
        SELECT id, attempts, :now FROM marked
        ON CONFLICT (delivery_id, number) DO UPDATE
           SET started_at = excluded.started_at, finished_at = NULL, outcome = '',
               provider_code = '', detail = ''
    )
    SELECT id, attempts FROM marked
""")

_OF_INBOX = text("""
    SELECT DISTINCT contact_point_id FROM deliveries
    WHERE inbox_id = :inbox AND status IN ('queued', 'sending')
""")


@dataclass(frozen=True, slots=True)
class Hold:
    """Until when a lane may not go on, and whether its send has a slot then (`due.data`).

    Kept beside `ready_at`, which `hasten` brings forward when another message is queued.
    """

    until: datetime | None = None
    has_slot: bool = False

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> "Hold":
        until = data.get("until")
        return cls(datetime.fromisoformat(until) if until else None, data.get("has_slot", False))

    @property
    def data(self) -> dict[str, object]:
        if self.until is None:
            return {}
        return {"until": self.until.isoformat(), "has_slot": self.has_slot}


@dataclass(frozen=True, slots=True)
class Send:
    """Hand it over; `needs_slot`: once the inbox's and the recipient's gates give one."""

    needs_slot: bool


@dataclass(frozen=True, slots=True)
class Wait:
    """Look again at `until`, or earlier when somebody hastens the lane."""

    until: datetime
    hold: Hold = Hold()


@dataclass(frozen=True, slots=True)
class Rest:
    """Its inbox is closed on this node: wait to be told that it opened; `rests` is the net."""


@dataclass(frozen=True, slots=True)
class End:
    """It is not tried (again): failed, suppressed, or unknown when it may have been sent."""

    status: Status
    reason: str


def decide(
    head: Head,
    hold: Hold,
    *,
    repeat_is_safe: bool | None,
    paused_until: datetime | None,
    now: datetime,
) -> Send | Wait | Rest | End:
    """The next step for a lane's head. `repeat_is_safe`: None while its inbox is not open."""
    if end := _end(head, repeat_is_safe=repeat_is_safe, now=now):
        return end
    if repeat_is_safe is None:
        return Rest()
    if paused_until is not None:
        return Wait(min(paused_until, head.deadline))
    if hold.until is not None and hold.until > now:
        return Wait(min(hold.until, head.deadline), hold)
    return Send(needs_slot=not hold.has_slot)


def _end(head: Head, *, repeat_is_safe: bool | None, now: datetime) -> End | None:
    abandoned = head.status == Status.SENDING
    in_doubt = abandoned or head.reason == IN_DOUBT
    if now >= head.deadline:
        return End(Status.UNKNOWN if in_doubt else Status.FAILED, Reason.EXPIRED)
    if abandoned and repeat_is_safe is False:
        return End(Status.UNKNOWN, IN_DOUBT)
    if in_doubt:
        return None
    if head.opted_out and not head.content.get("forced", False):
        return End(Status.SUPPRESSED, Reason.OPTED_OUT)
    return End(Status.SUPPRESSED, Obstacle.NO_CONSENT) if head.withdrawn else None


async def heads(session: AnySession, contact_points: Sequence[UUID]) -> dict[UUID, Head]:
    """The head of each lane that has one."""
    rows = await (await session.connection()).execute(
        _HEADS, {"contact_points": list(contact_points), "personal": sorted(PERSONAL)}
    )
    return {row.contact_point_id: Head(**row._asdict()) for row in rows}


async def occupied(session: AnySession, contact_points: Sequence[UUID]) -> set[UUID]:
    """Which of these lanes have something left."""
    rows = await (await session.connection()).execute(
        _OCCUPIED, {"contact_points": list(contact_points)}
    )
    return set(rows.scalars())


async def mark_sending(
    session: WriteSession, delivery_ids: Sequence[UUID], now: datetime
) -> dict[UUID, int]:
    """Begin an attempt of each; {delivery: number of the attempt}."""
    if not delivery_ids:
        return {}
    rows = await (await session.connection()).execute(
        _MARK, {"ids": list(delivery_ids), "now": now}
    )
    return {row.id: row.attempts for row in rows}


async def hasten(
    session: WriteSession,
    contact_points: Collection[UUID],
    now: datetime,
    *,
    patient: Collection[UUID] = (),
) -> None:
    """See to it that these lanes are looked at: something was queued, or an inbox opened.

    patient: those of what may wait: beside a crowd (`hub.db.crowd`) a few of them go each second,
    unless somebody hastens them meanwhile.
    """
    later = now + timedelta(seconds=ceil(crowd_of(session).aside(len(patient))))
    plans = [Plan(KIND, str(one), now) for one in contact_points]
    await queue.hasten(session, [*plans, *(Plan(KIND, str(one), later) for one in patient)])


async def hasten_inbox(session: WriteSession, inbox_id: UUID, now: datetime) -> None:
    """All lanes that have something for this inbox."""
    rows = await (await session.connection()).execute(_OF_INBOX, {"inbox": inbox_id})
    await hasten(session, list(rows.scalars()), now)
