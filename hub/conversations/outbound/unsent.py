"""Taking back and changing what has not left yet, and repeating what failed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from hub.clock import rfc3339
from hub.conversations.draft import DELIVER_WITHIN, Draft, Sender, checked
from hub.conversations.outbound import revise
from hub.conversations.outbound.reach import Channels
from hub.conversations.outbound.revise import By, Place
from hub.conversations.status import ConversationStatus, Patch
from hub.conversations.update import update
from hub.db.engine import WriteSession
from hub.deliveries import lane, news, turns
from hub.deliveries.compose import contents, message_of
from hub.deliveries.enqueue import RELEASE, NewDelivery, enqueue
from hub.deliveries.lane import IN_DOUBT
from hub.deliveries.news import Locked, News
from hub.deliveries.status import RETRIABLE, UNSENT, Status
from hub.due import queue
from hub.errors import Conflict, Invalid, NotFound
from hub.ids import new_id
from hub.operators.access import Viewer

_ROWS = text("""
    SELECT d.*, inboxes.channel FROM deliveries AS d JOIN inboxes ON inboxes.id = d.inbox_id
    WHERE d.id = ANY (CAST(:ids AS uuid[])) ORDER BY d.turn, d.part, d.number
""")

_DROP = text("DELETE FROM deliveries WHERE id = ANY (CAST(:ids AS uuid[]))")

_REPEATABLE = text("""
    SELECT p.opted_out_at, r.reply_address,
           (SELECT later.id FROM deliveries AS later WHERE later.retry_of = d.id LIMIT 1) AS repeat
    FROM deliveries AS d
    JOIN contact_points AS p ON p.id = d.contact_point_id
    LEFT JOIN reachability AS r
      ON r.contact_point_id = d.contact_point_id AND r.inbox_id = d.inbox_id
    WHERE d.id = :id
""")

# Who waits, who was answered and what was said last, without the message that was taken back.
_UNANSWER = text("""
    WITH answers AS (
        SELECT min(recorded_at) AS first, max(position) AS last FROM entries
        WHERE conversation_id = :conversation AND direction = 'outbound' AND NOT automatic
          AND purpose IN ('', 'service') AND status NOT IN ('cancelled', 'suppressed')
    )
    UPDATE conversations AS c
    SET last_stream_id = newest.stream_id, last_position = newest.position,
        first_replied_at = answers.first,
        waiting_since = CASE WHEN c.status <> 'closed' THEN (
            SELECT min(recorded_at) FROM entries
            WHERE conversation_id = :conversation AND direction = 'inbound'
              AND NOT automatic AND NOT imported AND position > coalesce(answers.last, 0)) END
    FROM answers LEFT JOIN LATERAL (
        SELECT stream_id, position FROM entries
        WHERE conversation_id = :conversation AND kind <> 'activity' AND status <> 'cancelled'
        ORDER BY sort_at DESC, position DESC LIMIT 1
    ) AS newest ON true
    WHERE c.id = :conversation
""")


# What a message shows of when it leaves, and until when it may.
_RESCHEDULE = text("""
    WITH moved AS (
        UPDATE deliveries SET send_at = :send_at, deadline = :deadline, updated_at = :now
        WHERE id = ANY (CAST(:ids AS uuid[]))
    )
    UPDATE entries SET data = data || jsonb_build_object('send_at', CAST(:shown AS text))
    WHERE stream_id = :stream AND position = :position
""")

_THEN = text("""
    SELECT data -> 'then' AS said, c.status FROM entries AS e
    JOIN conversations AS c ON c.id = e.conversation_id
    WHERE e.stream_id = :stream AND e.position = :position AND e.data ? 'then'
""")


@dataclass(frozen=True, slots=True)
class Change:
    """Other words for a message that has not left; `send_at`: another time to leave at."""

    text: str
    html: str = ""
    send_at: datetime | None = None


async def cancel(session: WriteSession, entry_id: UUID, *, by: Sender, now: datetime) -> None:
    """Take a message back before it leaves; raises Conflict `already-sent` when it has left.

    A conversation it has closed, or made pending, on its way is again what it was.
    """
    held = await _unsent(session, entry_id, by.viewer)
    await news.apply(
        session, held, [News(one, Status.CANCELLED, now, reason="taken-back") for one in held], now
    )
    await queue.cancel(session, RELEASE, [str(one) for one in held])
    await queue.cancel(session, turns.KIND, [str(entry_id)])
    await _undo_status(session, next(iter(held.values())), by, now)
    for conversation_id in {one.conversation_id for one in held.values()} - {None}:
        await (await session.connection()).execute(_UNANSWER, {"conversation": conversation_id})


async def edit(
    session: WriteSession,
    entry_id: UUID,
    change: Change,
    *,
    by: Sender,
    registry: Channels,
    now: datetime,
) -> None:
    """Say something else instead; what was said before stays in the entry's versions.

    The message goes to the end of its contact point's lane. Raises Conflict `already-sent`.
    """
    held = await _unsent(session, entry_id, by.viewer)
    ways = _by_turn(await _rows(session, held))
    draft = checked(Draft(change.text, html=change.html, files=_files(ways[0])), now)
    one = next(iter(held.values()))
    place = Place(one.stream_id, one.position, one.root_id, one.conversation_id, one.inbox_id)
    author = By(by.author.kind, by.author.id)
    await revise.edit(session, place, (draft.text, draft.html), author, now)
    # They never left and nothing refers to them: the new parts take their place.
    await (await session.connection()).execute(_DROP, {"ids": list(held)})
    await queue.cancel(session, RELEASE, [str(key) for key in held])
    first_at = ways[0][0].send_at
    again_at = change.send_at if change.send_at and change.send_at > now else first_at
    anew = [
        [one._replace(send_at=None if one.turn else again_at) for one in again]
        for again in (_said_anew(rows, draft, registry) for rows in ways)
    ]
    await enqueue(session, [one for again in anew for one in again], now)
    if again_at is not None:
        fresh = await news.lock(session, [one.id for one in anew[0]])
        await _reschedule(session, list(fresh.values()), again_at, now)
    await news.refresh_messages(session, {entry_id})


def _by_turn(rows: Sequence[Row[Any]]) -> list[list[Row[Any]]]:
    """The rows of each of the message's ways, in order."""
    turns_ = sorted({row.turn for row in rows})
    return [[row for row in rows if row.turn == turn] for turn in turns_]


def _said_anew(rows: Sequence[Row[Any]], draft: Draft, registry: Channels) -> list[NewDelivery]:
    """The deliveries of one way, with the draft's words."""
    can = registry.capabilities(rows[0].channel)
    if can is None:
        raise Conflict(f"The channel {rows[0].channel} cannot be used now; try again later.")
    message = message_of([row.content for row in rows], draft.text, draft.html)
    parts = contents(message, can)
    return [
        _copy(rows[0])._replace(content=content, part=number, parts=len(parts))
        for number, content in enumerate(parts, start=1)
    ]


async def send_now(session: WriteSession, entry_id: UUID, *, by: Sender, now: datetime) -> None:
    """Let a scheduled message leave at once; raises Conflict `already-sent`, `not-scheduled`."""
    held = await _unsent(session, entry_id, by.viewer)
    waiting = [key for key, one in held.items() if one.status is Status.SCHEDULED]
    if not waiting:
        raise Conflict("This message is not scheduled: it is on its way.", code="not-scheduled")
    await queue.cancel(session, RELEASE, [str(key) for key in waiting])
    await _reschedule(session, [held[key] for key in waiting], now, now)
    await news.apply(session, held, [News(key, Status.QUEUED, now) for key in waiting], now)
    await lane.hasten(session, [held[key].contact_point_id for key in waiting], now)


async def _reschedule(
    session: WriteSession, held: Sequence[Locked], send_at: datetime, now: datetime
) -> None:
    await (await session.connection()).execute(
        _RESCHEDULE,
        {
            "ids": [one.id for one in held],
            "stream": held[0].stream_id,
            "position": held[0].position,
            "send_at": send_at,
            "shown": rfc3339(send_at),
            "deadline": send_at + DELIVER_WITHIN,
            "now": now,
        },
    )


async def _undo_status(session: WriteSession, one: Locked, by: Sender, now: datetime) -> None:
    """Unless somebody has changed the status since."""
    place = {"stream": one.stream_id, "position": one.position}
    row = (await (await session.connection()).execute(_THEN, place)).first()
    if row is None or one.conversation_id is None or row.status != row.said["to"]:
        return
    # Whoever was asleep is awake: the hour it slept until is no longer known.
    before = row.said["from"]
    status = ConversationStatus.OPEN if before == ConversationStatus.SNOOZED else before
    await update(session, one.conversation_id, Patch(status=status), by=by, now=now)


async def retry(
    session: WriteSession, delivery_id: UUID, *, by: Sender, now: datetime, force: bool = False
) -> UUID:
    """Send again what failed, or what may not have arrived; returns the new delivery's id.

    Raises Conflict `not-retriable` or `already-retried`, Invalid `no-route` after an opt-out.
    """
    held = await news.lock(session, [delivery_id])
    if delivery_id not in held or not by.viewer.sees(held[delivery_id].inbox_id):
        raise NotFound(f"There is no delivery {delivery_id}.")
    await _check_repeat(session, held[delivery_id], force=force)
    (row,) = await _rows(session, held)
    again = _copy(row)._replace(
        content=row.content | ({"forced": True} if force else {}),
        retry_of=row.id,
        send_at=None,
        deadline=now + DELIVER_WITHIN,
    )
    await enqueue(session, [again], now)
    fresh = await news.lock(session, [again.id])
    await news.settle(session, list(fresh.values()), {again.id: Status.QUEUED}, [], now)
    return again.id


async def _unsent(session: WriteSession, entry_id: UUID, viewer: Viewer) -> dict[UUID, Locked]:
    """The deliveries of a message none of which has left, or may have; locked."""
    held = await news.lock_entry(session, entry_id)
    if not held or not all(viewer.sees(one.inbox_id) for one in held.values()):
        raise NotFound(f"There is no outbound message {entry_id}.")
    if any(one.status not in UNSENT or one.reason == IN_DOUBT for one in held.values()):
        raise Conflict(
            "This message has left already, or was taken back.",
            remedy="Send another message to correct it.",
            code="already-sent",
        )
    return held


async def _rows(session: WriteSession, held: dict[UUID, Locked]) -> list[Row[Any]]:
    rows = await (await session.connection()).execute(_ROWS, {"ids": list(held)})
    return list(rows)


def _files(rows: list[Row[Any]]) -> tuple[UUID, ...]:
    return tuple(UUID(file["id"]) for row in rows for file in row.content.get("files", ()))


async def _check_repeat(session: WriteSession, one: Locked, *, force: bool) -> None:
    if one.status not in RETRIABLE:
        raise Conflict(
            f"Only what failed, or may not have arrived, is sent again; this is {one.status}.",
            code="not-retriable",
        )
    row = (await (await session.connection()).execute(_REPEATABLE, {"id": one.id})).one()
    if row.repeat is not None:
        raise Conflict(
            "This has been sent again already.",
            code="already-retried",
            extra={"id": str(row.repeat)},
        )
    if row.opted_out_at is not None and not force:
        raise Invalid(
            "The customer has asked for silence at this contact point.",
            remedy="Choose another contact point, or force it.",
            code="no-route",
        )


def _copy(row: Row[Any]) -> NewDelivery:
    """A new delivery of the same message to the same place."""
    return NewDelivery(
        id=new_id(),
        entry_id=row.entry_id,
        stream_id=row.stream_id,
        position=row.position,
        customer_id=row.customer_id,
        contact_point_id=row.contact_point_id,
        inbox_id=row.inbox_id,
        scheme=row.scheme,
        address=row.address,
        reply_address=row.reply_address,
        content=row.content,
        deadline=row.deadline,
        conversation_id=row.conversation_id,
        decision_id=row.decision_id,
        part=row.part,
        parts=row.parts,
        turn=row.turn,
        turns=row.turns,
        after=row.after,
        send_at=row.send_at,
    )
