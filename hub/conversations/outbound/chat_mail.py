"""A chat that goes on by mail: looks at what its visitor has not read, and writes the mail.

Due work, planned in the transaction of each answer: it outlives restarts, and of several nodes one
does it. What was mailed is kept in the same transaction, under the lock of the customer, so that a
second look finds nothing left to send.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text

from hub.clock import Clock
from hub.conversations.outbound import chat_letter, joining, reach
from hub.conversations.outbound.reach import Channels, Reach
from hub.conversations.outbound.stop_links import StopLinks
from hub.conversations.outbound.unread_chat import (
    UNREAD_FOR,
    Mail,
    Nothing,
    OwnAddress,
    Unread,
    Wait,
    address,
    decide,
)
from hub.customers.addresses import normalise
from hub.customers.identify import Home, Seen, identify
from hub.customers.roots import lock_roots
from hub.customers.streams import record_stream
from hub.customers.visitors import LASTS
from hub.db import event_log
from hub.db.engine import Database, WriteSession
from hub.db.retry import retry_serialization
from hub.db.rows import Query
from hub.deliveries import decisions, planner
from hub.deliveries.compose import Message, contents
from hub.deliveries.decisions import NewDecision
from hub.deliveries.enqueue import NewDelivery, enqueue
from hub.deliveries.route import Choice, Wish, choose
from hub.deliveries.status import Status
from hub.due import queue, returns
from hub.due.loop import DueHandler
from hub.due.queue import Claim, Plan
from hub.errors import Conflict, Invalid
from hub.events import EventType, NewEvent
from hub.ids import new_id
from hub.operators.access import SYSTEM
from hub.timeline.record import NewEntry, record

_DELIVER_WITHIN = timedelta(hours=24)
_TRIES = 10
KIND = "chat.mail"
PURPOSE = "chat-mail"
SCHEME = "email"

_CHAT = Query("""
    SELECT s.id AS stream_id, s.root_id, p.claimed, p.shut_out_at IS NOT NULL AS shut_out,
           i.name AS inbox_name, i.pool, c.locale,
           coalesce(r.read_position, 0) AS read_position,
           coalesce(m.position, 0) AS mailed_position, m.mailed_at,
           EXISTS (SELECT 1 FROM visitors AS v
                   WHERE v.contact_point_id = r.contact_point_id AND v.inbox_id = r.inbox_id
                     AND v.seen_at > now() - make_interval(secs => :lasts)) AS here
    FROM contact_points AS p
    JOIN streams AS s ON s.contact_point_id = p.id
    JOIN customers AS c ON c.id = s.root_id
    JOIN inboxes AS i ON i.id = :inbox
    LEFT JOIN reachability AS r ON r.contact_point_id = p.id AND r.inbox_id = i.id
    LEFT JOIN chat_mails AS m ON m.contact_point_id = p.id AND m.inbox_id = i.id
    WHERE p.id = :point
""")

# Never a note: those are not messages, and stand in the stream of the customer's record.
_UNREAD = Query("""
    SELECT e.position, e.text, e.file_count, e.conversation_id,
           CASE e.author_kind WHEN 'operator' THEN e.author_name ELSE '' END AS author_name,
           coalesce((SELECT min(d.sent_at) FROM deliveries AS d WHERE d.entry_id = e.id),
                    e.recorded_at) AS left_at
    FROM entries AS e
    WHERE e.stream_id = :stream AND e.inbox_id = :inbox AND e.position > :after
      AND e.kind = 'message' AND e.direction = 'outbound' AND NOT e.automatic
      AND e.author_kind IN ('operator', 'integration') AND e.deleted_at IS NULL
      AND e.status IN ('sent', 'delivered', 'unknown')
    ORDER BY e.position LIMIT 200
""")

_OWN = Query("""
    SELECT p.value, p.proof <> 'none' AS proven, max(r.last_inbound_at) AS last_inbound_at
    FROM streams AS s
    JOIN contact_points AS p ON p.id = s.contact_point_id AND p.scheme = 'email'
    LEFT JOIN reachability AS r ON r.contact_point_id = p.id
    WHERE s.root_id = :root AND p.opted_out_at IS NULL AND p.shut_out_at IS NULL
      AND (p.health = 'ok' OR p.health_until <= :now)
    GROUP BY p.id LIMIT 50
""")

_MAILED = text("""
    INSERT INTO chat_mails (contact_point_id, inbox_id, position, mailed_at)
    VALUES (:point, :inbox, :position, :now)
    ON CONFLICT (contact_point_id, inbox_id) DO UPDATE
       SET position = excluded.position, mailed_at = excluded.mailed_at
""")


class _Chat(NamedTuple):
    """One row of `_CHAT`."""

    stream_id: UUID
    root_id: UUID
    claimed: Mapping[str, Any]
    shut_out: bool
    inbox_name: str
    pool: str
    locale: str
    read_position: int
    mailed_position: int
    mailed_at: datetime | None
    here: bool


@dataclass(frozen=True, slots=True)
class _Place:
    """The chat of one contact point in one inbox; the customer's root is locked."""

    point: UUID
    inbox: UUID
    chat: _Chat
    conversation_id: UUID | None


async def expect_reading(session: WriteSession, where: Reach, left_at: datetime) -> None:
    """An answer goes into a chat at `left_at`: look in ten minutes whether it was read."""
    if where.candidate.capabilities.awaits_visit:
        key = f"{where.candidate.contact_point_id} {where.candidate.inbox_id}"
        await queue.hasten(session, [Plan(KIND, key, left_at + UNREAD_FOR)])


class ChatMails:
    """The due handler that looks at chats and mails what nobody read."""

    def __init__(
        self, database: Database, clock: Clock, registry: Channels, links: StopLinks
    ) -> None:
        self._database = database
        self._clock = clock
        self._registry = registry
        self._links = links

    @property
    def handlers(self) -> Mapping[str, DueHandler]:
        """What the due loop calls, by kind."""
        return {KIND: self.look}

    async def look(self, claims: Sequence[Claim]) -> None:
        """Mail what is to be mailed; what was read is let rest."""
        for one in claims:
            await retry_serialization(partial(self._look, one))

    async def _look(self, claim: Claim) -> None:
        point, _, inbox = claim.key.partition(" ")
        async with self._database.transaction() as session:
            until = await self._work(session, UUID(point), UUID(inbox))
            # Under the customer's lock: an answer that comes later plans anew.
            if until is None:
                await queue.complete(session, [claim])
            else:
                await returns.postpone(session, claim, until)

    async def _work(self, session: WriteSession, point: UUID, inbox: UUID) -> datetime | None:
        """Returns when to look again, or None."""
        now = self._clock()
        found = await _locked(session, point, inbox)
        if found is None or found.shut_out:
            return None
        unread, conversation_id = await _unread(session, found, inbox)
        match decide(unread, found.mailed_at, now, here=found.here):
            case Nothing():
                return None
            case Wait(until):
                return until
            case Mail() as mail:
                place = _Place(point, inbox, found, conversation_id)
                await self._mail(session, place, mail, now)
        return None

    async def _mail(self, session: WriteSession, place: _Place, mail: Mail, now: datetime) -> None:
        home = await _recipient(session, place, now)
        if home is None:
            return
        # Written down whatever comes of it: one decision for these messages, not one a minute.
        await (await session.connection()).execute(
            _MAILED,
            {"point": place.point, "inbox": place.inbox, "position": mail.position, "now": now},
        )
        reaches = await self._reaches(session, home, place.chat.pool)
        choice = choose([one.candidate for one in reaches.values()], Wish(), now)
        if choice.chosen is None:
            outcome, reason = planner.refusal(choice)
            await decisions.keep(session, _decision(place, choice, outcome, reason), now)
            return
        where = reaches[choice.chosen.inbox_id]
        await self._write(session, place, mail, (where, choice), now)

    async def _reaches(self, session: WriteSession, home: Home, pool: str) -> dict[UUID, Reach]:
        """The mail inboxes that reach the address: those of the chat's pool, else any."""
        found = await reach.candidates(
            session, home.root_id, SYSTEM, self._registry, home.contact_point_id
        )
        here = {
            inbox: one for (point, inbox), one in found.items() if point == home.contact_point_id
        }
        return {inbox: one for inbox, one in here.items() if one.pool == pool} or here

    async def _write(
        self,
        session: WriteSession,
        place: _Place,
        mail: Mail,
        way: tuple[Reach, Choice],
        now: datetime,
    ) -> None:
        where, choice = way
        chosen, chat = where.candidate, place.chat
        letter = chat_letter.write(mail, chat.inbox_name, chat.locale)
        entry = NewEntry(
            # On the record, not in the chat: a stranger's address has no part in either.
            await record_stream(session, chat.root_id, now),
            "message",
            "system",
            now,
            new_id(),
            direction="outbound",
            channel=chosen.channel,
            inbox_id=chosen.inbox_id,
            contact_point_id=chosen.contact_point_id,
            conversation_id=place.conversation_id,
            text=letter.text,
            html=letter.html,
            data={"subject": letter.subject, "unread": [one.position for one in mail.messages]},
            status=str(Status.QUEUED),
            purpose=PURPOSE,
            automatic=True,
        )
        (recorded,) = await record(session, [entry], now=now)
        decision = _decision(place, choice, "sent", "unread-in-chat", recorded.id)
        decision_id = await decisions.keep(session, decision, now)
        message = Message(
            text=letter.text,
            html=letter.html,
            subject=letter.subject,
            automatic=True,
            locale=chat.locale,
            unsubscribe_url=self._links.url(chosen.contact_point_id),
        )
        deliveries = [
            NewDelivery(
                id=new_id(),
                entry_id=recorded.id,
                stream_id=recorded.stream_id,
                position=recorded.position,
                conversation_id=place.conversation_id,
                customer_id=chat.root_id,
                contact_point_id=chosen.contact_point_id,
                inbox_id=chosen.inbox_id,
                decision_id=decision_id,
                scheme=chosen.scheme,
                address=where.address,
                reply_address=where.reply_address,
                content=content,
                deadline=now + _DELIVER_WITHIN,
                part=number,
                parts=len(parts),
            )
            for parts in [contents(message, chosen.capabilities)]
            for number, content in enumerate(parts, start=1)
        ]
        await enqueue(session, deliveries, now)
        created = NewEvent(
            EventType.MESSAGE_CREATED,
            recorded.recorded_at,
            customer_id=chat.root_id,
            conversation_id=place.conversation_id,
            stream_id=recorded.stream_id,
            position=recorded.position,
            inbox_id=chosen.inbox_id,
            data={"direction": "outbound", "imported": False, "automatic": True},
        )
        await event_log.append(session, [created])
        if place.conversation_id is not None:
            await joining.touch(session, place.conversation_id, recorded, now)


async def _locked(session: WriteSession, point: UUID, inbox: UUID) -> _Chat | None:
    """The chat, with its customer's root locked; None when the contact point is gone."""
    values = {"point": point, "inbox": inbox, "lasts": LASTS}
    for _ in range(_TRIES):
        rows = await _CHAT.rows(session, values)
        if not rows:
            return None
        before = _Chat(*rows[0])
        roots = await lock_roots(session, [before.root_id])
        after = _Chat(*(await _CHAT.rows(session, values))[0])
        # A merge may have moved the stream between the reading and the locking.
        if after.root_id == roots[before.root_id]:
            return after
    raise Conflict("This customer is being merged again and again; try once more.")


async def _unread(
    session: WriteSession, chat: _Chat, inbox: UUID
) -> tuple[list[Unread], UUID | None]:
    """What was neither read nor mailed, and the conversation of the newest of it."""
    after = max(chat.read_position, chat.mailed_position)
    values = {"stream": chat.stream_id, "inbox": inbox, "after": after}
    rows = await _UNREAD.rows(session, values)
    unread = [
        Unread(row["position"], row["left_at"], row["text"], row["author_name"], row["file_count"])
        for row in rows
    ]
    return unread, rows[-1]["conversation_id"] if rows else None


async def _recipient(session: WriteSession, place: _Place, now: datetime) -> Home | None:
    """The contact point the mail goes to; None when no address is known.

    An address nobody wrote from yet becomes a customer of its own: what somebody types into a
    chat joins nobody. That is up to the answer.
    """
    rows = await _OWN.rows(session, {"root": place.chat.root_id, "now": now})
    own = [OwnAddress(row["value"], row["proven"], row["last_inbound_at"]) for row in rows]
    found = address(_claimed(place.chat.claimed), own)
    if not found:
        return None
    seen = Seen(SCHEME, found, locale=place.chat.locale)
    (home,) = await identify(session, [seen], evidence_by=("system", None), now=now)
    return home


def _claimed(claims: Mapping[str, Any]) -> str:
    try:
        return normalise(SCHEME, str(claims.get("email") or ""))
    except Invalid:
        return ""


def _decision(
    place: _Place, choice: Choice, outcome: str, reason: str, entry_id: UUID | None = None
) -> NewDecision:
    return NewDecision(
        customer_id=place.chat.root_id,
        outcome=outcome,
        reason=reason,
        purpose=PURPOSE,
        choice=choice,
        by_kind="system",
        entry_id=entry_id,
    )
