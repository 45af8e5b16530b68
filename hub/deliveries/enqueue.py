"""Putting deliveries into their lanes, or on the calendar when they are scheduled."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from hub.db.columns import by_field, column
from hub.db.engine import WriteSession
from hub.db.rows import Query
from hub.deliveries import lane, turns
from hub.deliveries.status import Status
from hub.due import queue
from hub.due.queue import Plan

RELEASE = "delivery.release"
"""Due kind of a scheduled delivery, keyed by its id."""
_LONG_ENOUGH = timedelta(minutes=30)
"""What is of use for so long is none the worse for a minute."""

_INSERT = Query("""
    INSERT INTO deliveries (
        id, entry_id, stream_id, position, conversation_id, customer_id, contact_point_id,
        inbox_id, decision_id, retry_of, part, parts, turn, turns, after, scheme, address,
        reply_address, content, status, deadline, send_at, created_at, updated_at)
    SELECT id, entry_id, stream_id, position,
           coalesce(conversation_id, CAST(:conversation_id_all AS uuid)), customer_id,
           contact_point_id, coalesce(inbox_id, CAST(:inbox_id_all AS uuid)),
           coalesce(decision_id, CAST(:decision_id_all AS uuid)),
           coalesce(retry_of, CAST(:retry_of_all AS uuid)),
           coalesce(part, CAST(:part_all AS smallint)),
           coalesce(parts, CAST(:parts_all AS smallint)),
           coalesce(turn, CAST(:turn_all AS smallint)),
           coalesce(turns, CAST(:turns_all AS smallint)),
           coalesce(after, CAST(:after_all AS interval)), coalesce(scheme, :scheme_all), address,
           coalesce(reply_address, :reply_address_all), content::jsonb,
           coalesce(status, :status_all), coalesce(deadline, CAST(:deadline_all AS timestamptz)),
           coalesce(send_at, CAST(:send_at_all AS timestamptz)), CAST(:now AS timestamptz),
           CAST(:now AS timestamptz)
    FROM (SELECT * FROM unnest(
            CAST(:id AS uuid[]), CAST(:entry_id AS uuid[]), CAST(:stream_id AS uuid[]),
            CAST(:position AS bigint[]), CAST(:conversation_id AS uuid[]),
            CAST(:customer_id AS uuid[]), CAST(:contact_point_id AS uuid[]),
            CAST(:inbox_id AS uuid[]), CAST(:decision_id AS uuid[]), CAST(:retry_of AS uuid[]),
            CAST(:part AS smallint[]), CAST(:parts AS smallint[]), CAST(:turn AS smallint[]),
            CAST(:turns AS smallint[]), CAST(:after AS interval[]), CAST(:scheme AS text[]),
            CAST(:address AS text[]), CAST(:reply_address AS text[]), CAST(:content AS text[]),
            CAST(:status AS text[]), CAST(:deadline AS timestamptz[]),
            CAST(:send_at AS timestamptz[]))
        WITH ORDINALITY AS one(
            id, entry_id, stream_id, position, conversation_id, customer_id, contact_point_id,
            inbox_id, decision_id, retry_of, part, parts, turn, turns, after, scheme, address,
            reply_address, content, status, deadline, send_at, ordinal)
        ORDER BY ordinal) AS listed
""")

_OWN = (
    "id",
    "entry_id",
    "stream_id",
    "position",
    "customer_id",
    "contact_point_id",
    "address",
)
_SHARED = (
    "conversation_id",
    "inbox_id",
    "decision_id",
    "retry_of",
    "part",
    "parts",
    "turn",
    "turns",
    "after",
    "scheme",
    "reply_address",
    "deadline",
    "send_at",
)
"""What the deliveries of one batch often agree on."""


class NewDelivery(NamedTuple):
    """A delivery about to be queued; the fields are those of `hub.deliveries.tables.Delivery`.

    Sending it reads nothing but its own row. With `send_at` it is scheduled; every turn but the
    first waits for its time (`hub.deliveries.turns`). A tuple: thousands are made at a time.
    """

    id: UUID
    entry_id: UUID
    stream_id: UUID
    position: int
    customer_id: UUID
    contact_point_id: UUID
    inbox_id: UUID
    scheme: str
    address: str
    content: Mapping[str, Any]
    deadline: datetime
    reply_address: str = ""
    conversation_id: UUID | None = None
    decision_id: UUID | None = None
    retry_of: UUID | None = None
    part: int = 1
    parts: int = 1
    turn: int = 0
    turns: int = 1
    after: timedelta | None = None
    send_at: datetime | None = None

    @property
    def status(self) -> Status:
        if self.turn and self.retry_of is None:
            return Status.WAITING
        return Status.QUEUED if self.send_at is None else Status.SCHEDULED


async def enqueue(session: WriteSession, deliveries: Sequence[NewDelivery], now: datetime) -> None:
    """Insert `deliveries`; within a contact point they are sent in list order."""
    if not deliveries:
        return
    fields = by_field(deliveries)
    columns: dict[str, object] = {name: fields[name] for name in _OWN}
    columns["now"] = now
    columns["content"] = [orjson.dumps(one).decode() for one in fields["content"]]
    for name in _SHARED:
        columns |= column(name, fields[name])
    statuses = [one.status for one in deliveries]
    columns |= column("status", [str(one) for one in statuses])
    await _INSERT.rows(session, columns)
    await _see_to(session, deliveries, statuses, now)


async def _see_to(
    session: WriteSession,
    deliveries: Sequence[NewDelivery],
    statuses: Sequence[Status],
    now: datetime,
) -> None:
    """What is queued is looked at by its lane, what waits when its time comes."""
    patient, others, waiting = list[UUID](), list[UUID](), list[NewDelivery]()
    for one, status in zip(deliveries, statuses, strict=True):
        if status is not Status.QUEUED:
            waiting.append(one)
        elif _may_wait(one, now):
            patient.append(one.contact_point_id)
        else:
            others.append(one.contact_point_id)
    await lane.hasten(session, others, now, patient=patient)
    if waiting:
        await queue.plan(session, [*_releases(waiting), *_looks(waiting, now)])


def _may_wait(one: NewDelivery, now: datetime) -> bool:
    """Whether it loses nothing by standing aside while there is a crowd: a machine wrote it, it is
    of use for long enough, and no other way of it is waiting for its time."""
    return (
        one.turns == 1
        and one.content.get("automatic", False)
        and one.deadline - now > _LONG_ENOUGH
    )


def _releases(deliveries: Sequence[NewDelivery]) -> list[Plan]:
    return [
        Plan(RELEASE, str(one.id), one.send_at)
        for one in deliveries
        if one.send_at is not None and one.status is Status.SCHEDULED
    ]


def _looks(deliveries: Sequence[NewDelivery], now: datetime) -> list[Plan]:
    """When to look whether a message needs its second way."""
    return [
        Plan(turns.KIND, str(one.entry_id), now + (one.after or timedelta()))
        for one in deliveries
        if one.status is Status.WAITING and (one.turn, one.part) == (1, 1)
    ]
