"""How news of deliveries reach the delivery, its message, the log and the contact point.

Everything that learns something about a delivery comes through here: the outbox after a send, the
provider's receipts, the customer's reading.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from hub.customers.roots import lock_roots
from hub.db import event_log
from hub.db.engine import WriteSession
from hub.deliveries import health, lane, turns
from hub.deliveries.status import ARRIVED, RANK, Status, merge, message_status
from hub.due import queue
from hub.due.queue import Plan
from hub.errors import Conflict
from hub.events import EventType, NewEvent

_LONGEST = 500
"""Characters kept of what a provider says."""


@dataclass(frozen=True, slots=True)
class News:
    """What was learnt about a delivery. Empty fields leave what is known."""

    delivery_id: UUID
    status: Status
    at: datetime
    external_id: str = ""
    provider_status: str = ""
    provider_code: str = ""
    reason: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Locked:
    """A delivery whose row, and whose customer's root, this transaction holds."""

    id: UUID
    status: Status
    entry_id: UUID
    stream_id: UUID
    position: int
    conversation_id: UUID | None
    contact_point_id: UUID
    inbox_id: UUID
    root_id: UUID
    reason: str
    detail: str
    turn: int
    turns: int
    """Of its message: with more than one, every change of it is looked at (`turns`)."""


_ROOTS = text("""
    SELECT DISTINCT streams.root_id FROM deliveries
    JOIN streams ON streams.id = deliveries.stream_id
    WHERE deliveries.id = ANY (CAST(:ids AS uuid[]))
""")

_LOCK = text("""
    SELECT d.id, d.status, d.entry_id, d.stream_id, d.position, d.conversation_id,
           d.contact_point_id, d.inbox_id, streams.root_id, d.reason, d.detail,
           d.turn, d.turns
    FROM deliveries AS d JOIN streams ON streams.id = d.stream_id
    WHERE d.id = ANY (CAST(:ids AS uuid[]))
    ORDER BY d.id FOR NO KEY UPDATE OF d
""")

# An external id that another delivery of the inbox has already is the provider's slip: the first
# keeps it, so that one odd answer cannot keep a whole batch from being recorded.
_UPDATE = text("""
    UPDATE deliveries AS d
    SET status = news.status,
        reason = CASE WHEN news.reason <> '' OR news.arrived THEN news.reason ELSE d.reason END,
        detail = CASE WHEN news.detail <> '' OR news.arrived THEN news.detail ELSE d.detail END,
        provider_status = coalesce(nullif(news.provider_status, ''), d.provider_status),
        provider_code = coalesce(nullif(news.provider_code, ''), d.provider_code),
        external_id = CASE WHEN d.external_id <> '' OR news.external_id = '' OR EXISTS (
                SELECT 1 FROM deliveries AS other
                WHERE other.inbox_id = d.inbox_id AND other.external_id = news.external_id
                  AND other.external_id <> '')
            THEN d.external_id ELSE news.external_id END,
        sent_at = coalesce(d.sent_at, news.sent_at),
        delivered_at = coalesce(d.delivered_at, news.delivered_at),
        read_at = coalesce(d.read_at, news.read_at),
        updated_at = :now
    FROM unnest(CAST(:ids AS uuid[]), CAST(:statuses AS text[]), CAST(:arrived AS boolean[]),
                CAST(:reasons AS text[]), CAST(:details AS text[]),
                CAST(:provider_statuses AS text[]),
                CAST(:provider_codes AS text[]), CAST(:external_ids AS text[]),
                CAST(:sent AS timestamptz[]), CAST(:delivered AS timestamptz[]),
                CAST(:read AS timestamptz[]))
         AS news(id, status, arrived, reason, detail, provider_status, provider_code,
                 external_id, sent_at, delivered_at, read_at)
    WHERE d.id = news.id
""")

_PARTS = text("""
    SELECT stream_id, position, turn, part, status FROM deliveries
    WHERE entry_id = ANY (CAST(:entries AS uuid[]))
""")

_MESSAGES = text("""
    UPDATE entries SET status = news.status
    FROM unnest(CAST(:streams AS uuid[]), CAST(:positions AS bigint[]), CAST(:statuses AS text[]))
         AS news(stream_id, position, status)
    WHERE entries.stream_id = news.stream_id AND entries.position = news.position
      AND entries.status <> news.status
""")

_OF_ENTRY = text("SELECT id FROM deliveries WHERE entry_id = :entry")

_TRIES = 10


async def lock(session: WriteSession, delivery_ids: Collection[UUID]) -> dict[UUID, Locked]:
    """Lock the customers' roots, then the deliveries; those that do not exist are left out."""
    connection = await session.connection()
    ids = {"ids": list(delivery_ids)}
    for _ in range(_TRIES):
        roots = set((await connection.execute(_ROOTS, ids)).scalars())
        await lock_roots(session, roots)
        rows = (await connection.execute(_LOCK, ids)).all()
        # A merge may have moved a stream between the reading and the locking.
        if roots.issuperset(row.root_id for row in rows):
            return {row.id: _locked(row) for row in rows}
    raise Conflict("These customers are being merged again and again; try once more.")


async def lock_entry(session: WriteSession, entry_id: UUID) -> dict[UUID, Locked]:
    """`lock` of all deliveries of a message; none for an id that nothing was sent under."""
    found = await (await session.connection()).execute(_OF_ENTRY, {"entry": entry_id})
    return await lock(session, found.scalars().all())


def _locked(row: Row[Any]) -> Locked:
    return Locked(**{**row._asdict(), "status": Status(row.status)})


async def apply(
    session: WriteSession, held: Mapping[UUID, Locked], news: Sequence[News], now: datetime
) -> None:
    """Merge `news`, in any order, into the deliveries `held` (see `lock`); others are skipped."""
    known = [clean(one) for one in news if one.delivery_id in held]
    if not known:
        return
    after = {one.delivery_id: held[one.delivery_id].status for one in known}
    for one in known:
        after[one.delivery_id] = merge(after[one.delivery_id], one.status)
    await _update(session, held, known, after, now)
    changed = [held[key] for key, status in after.items() if status != held[key].status]
    await settle(session, changed, after, known, now)


async def settle(
    session: WriteSession,
    changed: Sequence[Locked],
    after: Mapping[UUID, Status],
    known: Sequence[News],
    now: datetime,
) -> None:
    """What follows from changed deliveries: their messages' status, events, health."""
    messages = await refresh_messages(session, {one.entry_id for one in changed})
    reasons = {one.delivery_id: one for one in known if one.reason}
    events = []
    for one in changed:
        why = reasons.get(one.id)
        reason = why.reason if why else ""
        message = messages[one.stream_id, one.position]
        events.append(status_changed(one, after[one.id], message, reason, now))
        if why and after[one.id] is Status.FAILED:
            await health.mark(
                session,
                contact_point_id=one.contact_point_id,
                inbox_id=one.inbox_id,
                reason=reason,
                detail=why.detail,
                at=why.at,
            )
    await event_log.append(session, events)
    looks = [Plan(turns.KIND, str(one.entry_id), now) for one in changed if one.turns > 1]
    await queue.hasten(session, looks)
    # What stood behind it may go on: the lane may rest for an inbox that only this one needed.
    gone = [
        one.contact_point_id
        for one in changed
        if one.status is Status.QUEUED and after[one.id] is Status.CANCELLED
    ]
    await lane.hasten(session, gone, now)


def status_changed(
    one: Locked, status: Status, message: Status, reason: str, now: datetime
) -> NewEvent:
    return NewEvent(
        EventType.MESSAGE_STATUS_CHANGED,
        now,
        customer_id=one.root_id,
        conversation_id=one.conversation_id,
        stream_id=one.stream_id,
        position=one.position,
        inbox_id=one.inbox_id,
        data={
            "delivery_id": str(one.id),
            "status": str(status),
            "message_status": str(message),
            "reason": reason,
        },
    )


async def refresh_messages(
    session: WriteSession, entry_ids: Collection[UUID]
) -> dict[tuple[UUID, int], Status]:
    """Set the messages' statuses anew from their deliveries: {(stream, position): status}."""
    if not entry_ids:
        return {}
    connection = await session.connection()
    parts: dict[tuple[UUID, int], list[tuple[int, int, Status]]] = {}
    for row in await connection.execute(_PARTS, {"entries": list(entry_ids)}):
        one = (row.turn, row.part, Status(row.status))
        parts.setdefault((row.stream_id, row.position), []).append(one)
    statuses = {place: message_status(pairs) for place, pairs in parts.items()}
    await connection.execute(
        _MESSAGES,
        {
            "streams": [stream for stream, _ in statuses],
            "positions": [position for _, position in statuses],
            "statuses": [str(status) for status in statuses.values()],
        },
    )
    return statuses


async def _update(
    session: WriteSession,
    held: Mapping[UUID, Locked],
    news: Sequence[News],
    after: Mapping[UUID, Status],
    now: datetime,
) -> None:
    folded = {key: _worth(one, held[key].status) for key, one in _fold(news).items()}
    await (await session.connection()).execute(
        _UPDATE,
        {
            "now": now,
            "ids": list(folded),
            "statuses": [str(after[key]) for key in folded],
            "arrived": [after[key] in ARRIVED for key in folded],
            "reasons": [one.reason for one in folded.values()],
            "details": [one.detail for one in folded.values()],
            "provider_statuses": [one.provider_status for one in folded.values()],
            "provider_codes": [one.provider_code for one in folded.values()],
            "external_ids": _distinct(
                (held[key].inbox_id, one.external_id) for key, one in folded.items()
            ),
            "sent": [_first(news, key, Status.SENT) for key in folded],
            "delivered": [_first(news, key, Status.DELIVERED) for key in folded],
            "read": [_first(news, key, Status.READ) for key in folded],
        },
    )


def _fold(news: Sequence[News]) -> dict[UUID, News]:
    """One piece of news per delivery: the words of the highest rank, the first external id."""
    folded: dict[UUID, News] = {}
    for one in sorted(news, key=lambda one: RANK[one.status]):
        before = folded.get(one.delivery_id, one)
        folded[one.delivery_id] = News(
            one.delivery_id,
            one.status,
            one.at,
            external_id=before.external_id or one.external_id,
            provider_status=one.provider_status or before.provider_status,
            provider_code=one.provider_code or before.provider_code,
            reason=one.reason or before.reason,
            detail=one.detail or before.detail,
        )
    return folded


def _worth(news: News, known: Status) -> News:
    """Without the words of what has been overtaken: they belong to a status left behind."""
    if RANK[news.status] >= RANK[known]:
        return news
    return replace(news, provider_status="", provider_code="", reason="", detail="")


def _distinct(names: Iterable[tuple[UUID, str]]) -> list[str]:
    """The external ids, with nothing in place of the second of one inbox."""
    seen: set[tuple[UUID, str]] = set()
    distinct = []
    for name in names:
        distinct.append("" if name in seen else name[1])
        seen.add(name)
    return distinct


def _first(news: Sequence[News], delivery_id: UUID, status: Status) -> datetime | None:
    moments = [one.at for one in news if one.delivery_id == delivery_id and one.status is status]
    return min(moments, default=None)


def clean(news: News) -> News:
    """What a provider says, made fit for PostgreSQL: no NUL, no lone surrogate, no novel."""
    return News(
        news.delivery_id,
        news.status,
        news.at,
        **{name: words(getattr(news, name)) for name in _WORDS},
    )


_WORDS = ("external_id", "provider_status", "provider_code", "reason", "detail")


def words(text_: str) -> str:
    return text_.encode("utf-8", "replace").decode().replace("\0", "")[:_LONGEST]
