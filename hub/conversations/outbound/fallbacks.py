"""Sees to messages that have ways left: begins the next one, or cancels it, as `turns` decides.

Due work, planned with the message: it outlives restarts, and of several nodes one does it. Under
the lock of the customer everything is read anew, so looking once too often changes nothing.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from hub.clock import Clock, zone_of
from hub.conversations.notify import is_reply
from hub.conversations.outbound import reach
from hub.conversations.outbound.options import quiet_hours
from hub.conversations.outbound.reach import Channels, Reach
from hub.customers import consents, preferences
from hub.db.engine import Database, WriteSession
from hub.db.passing import Probe
from hub.db.retry import retry_serialization
from hub.db.rows import Query
from hub.deliveries import decisions, lane, news, turns
from hub.deliveries import policy as policies
from hub.deliveries.decisions import NewDecision
from hub.deliveries.lane import IN_DOUBT
from hub.deliveries.news import Locked, News
from hub.deliveries.planner import Letter, Recipient, deferred
from hub.deliveries.route import Choice, Obstacle, Preference, Verdict, Wish, judge
from hub.deliveries.status import UNSENT, Status
from hub.deliveries.turns import Begin, Rest, Turn, Wait
from hub.due import queue, returns
from hub.due.loop import DueHandler
from hub.due.queue import Claim, Plan
from hub.events import Event
from hub.operators.access import SYSTEM

READER = "fallbacks"

_WAYS = text("""
    SELECT d.id, d.turn, d.part, d.status, d.after, d.send_at, d.created_at, d.contact_point_id,
           d.inbox_id, d.customer_id, d.position, d.content, d.decision_id, d.turns,
           d.deadline, i.channel
    FROM deliveries AS d JOIN inboxes AS i ON i.id = d.inbox_id
    WHERE d.entry_id = :entry ORDER BY d.turn, d.part, d.number
""")

_ANSWERED = text("""
    SELECT EXISTS (
        SELECT 1 FROM streams AS s
        JOIN entries AS e ON e.stream_id = s.id AND e.position > :position
        WHERE s.root_id = :root AND e.direction = 'inbound' AND e.kind = 'message'
          AND NOT e.automatic AND NOT e.imported AND e.recorded_at >= :since)
""")

_START = text("""
    UPDATE deliveries SET send_at = :now, reply_address = :reply_address
    WHERE id = ANY (CAST(:ids AS uuid[]))
""")

_DECISION = text("SELECT * FROM decisions WHERE id = :id")

# Of whoever has just written: the messages to them that have ways left.
_LEFT = Query("""
    SELECT DISTINCT d.entry_id FROM customers AS record
    JOIN streams AS s ON s.root_id = record.root_id
    JOIN deliveries AS d ON d.stream_id = s.id AND d.status = 'waiting'
    WHERE record.id = ANY (CAST(:customers AS uuid[]))
""")


def look(events: Sequence[Event]) -> Probe | bool:
    """Whether anybody has written to whom messages have ways left (`hub.db.passing`)."""
    writers = _writers(events)
    return Probe(_LEFT, {"customers": writers}) if writers else False


def _writers(events: Sequence[Event]) -> list[UUID]:
    return list({one.customer_id for one in events if is_reply(one) and one.customer_id})


async def answered(session: WriteSession, events: Sequence[Event]) -> None:
    """The handler of the durable reader: who has written need not be asked by another way."""
    if not (writers := _writers(events)):
        return
    left = await _LEFT.rows(session, {"customers": writers})
    now = max(one.occurred_at for one in events)
    await queue.hasten(session, [Plan(turns.KIND, str(entry), now) for (entry,) in left])


@dataclass(frozen=True, slots=True)
class _Message:
    """A message whose customer's root is locked, with its ways as they stand."""

    held: Mapping[UUID, Locked]
    rows: Sequence[Row[Any]]
    root_id: UUID

    def of(self, turn: int) -> list[Row[Any]]:
        return [row for row in self.rows if row.turn == turn]

    def unsent(self, *, but: int | None = None) -> list[Locked]:
        """What has not left of all ways but one."""
        return [one for one in self.held.values() if one.status in UNSENT and one.turn != but]


class Fallbacks:
    """The due handler that looks at messages with ways left."""

    def __init__(self, database: Database, clock: Clock, registry: Channels) -> None:
        self._database = database
        self._clock = clock
        self._registry = registry

    @property
    def handlers(self) -> Mapping[str, DueHandler]:
        """What the due loop calls, by kind."""
        return {turns.KIND: self.look}

    async def look(self, claims: Sequence[Claim]) -> None:
        """Take the next way of each message, wait on, or let it rest."""
        for one in claims:
            await retry_serialization(partial(self._look, one))

    async def _look(self, claim: Claim) -> None:
        async with self._database.transaction() as session:
            until = await self._work(session, claim)
            if until is None:
                await queue.complete(session, [claim])
            else:
                await returns.postpone(session, claim, until)

    async def _work(self, session: WriteSession, claim: Claim) -> datetime | None:
        """Returns when to look again, or None."""
        now, entry_id = self._clock(), UUID(claim.key)
        message = await _read(session, entry_id)
        # Held before it is read: who is told of something later plans a look of its own.
        if message is None or not await returns.hold(session, claim):
            return None
        for _ in range(message.rows[0].turns + 1):
            match await self._decided(session, message, now):
                case Wait(until):
                    return until
                case Rest() as rest:
                    await _rest(session, message, rest, now)
                    return None
                case Begin() as begin:
                    if quiet := await self._begin(session, message, begin, now):
                        return quiet
            message = await _read(session, entry_id) or message
        return None

    async def _decided(
        self, session: WriteSession, message: _Message, now: datetime
    ) -> Begin | Wait | Rest:
        first = message.rows[0]
        since = first.send_at or first.created_at
        values = {"root": message.root_id, "position": first.position, "since": since}
        has_answered = bool(await (await session.connection()).scalar(_ANSWERED, values))
        return turns.decide(self._turns(message), answered=has_answered, now=now)

    def _turns(self, message: _Message) -> list[Turn]:
        ways: defaultdict[int, list[Row[Any]]] = defaultdict(list)
        for row in message.rows:
            ways[row.turn].append(row)
        return [self._turn(number, rows) for number, rows in sorted(ways.items())]

    def _turn(self, number: int, rows: Sequence[Row[Any]]) -> Turn:
        can = self._registry.capabilities(rows[0].channel)
        first = rows[0]
        return Turn(
            number,
            first.after or timedelta(),
            first.send_at if number else first.send_at or first.created_at,
            can is not None and (can.delivery_receipts or can.read_receipts),
            tuple((row.part, Status(row.status)) for row in rows),
        )

    async def _begin(
        self, session: WriteSession, message: _Message, begin: Begin, now: datetime
    ) -> datetime | None:
        """Returns until when the customer is not to be disturbed, if so; else it is done."""
        rows = message.of(begin.number)
        where, verdict = await self._judged(session, message, rows[0], now)
        if where is None or verdict.obstacles:
            reason = verdict.reason
            ends = [News(row.id, Status.SUPPRESSED, now, reason=reason) for row in rows]
            await news.apply(session, message.held, ends, now)
            await _keep(session, rows[0], verdict, ("suppressed", reason), now)
            return None
        if until := await _quiet(session, message, rows[0], now):
            return until
        overtaken = [
            _end(one, turns.OVERTAKEN, now) for one in message.unsent() if one.turn < begin.number
        ]
        await (await session.connection()).execute(
            _START,
            {
                "ids": [row.id for row in rows],
                "now": now,
                "reply_address": where.reply_address,
            },
        )
        queued = [News(row.id, Status.QUEUED, now) for row in rows]
        await news.apply(session, message.held, [*overtaken, *queued], now)
        await lane.hasten(session, [rows[0].contact_point_id], now)
        await _keep(session, rows[0], verdict, ("sent", begin.why), now)
        return None

    async def _judged(
        self, session: WriteSession, message: _Message, row: Row[Any], now: datetime
    ) -> tuple[Reach | None, Verdict]:
        """How the way stands now: it was chosen some time ago."""
        point, root_id = row.contact_point_id, message.root_id
        reaches = await reach.candidates(session, root_id, SYSTEM, self._registry, point)
        where = reaches.get((point, row.inbox_id))
        if where is None:
            return None, _gone(point, row, now)
        decision = await _decision(session, row)
        said = await consents.standing(session, [root_id])
        refusal = consents.refusal(decision.purpose if decision else "", point, said)
        wish = Wish(force=bool(row.content.get("forced")))
        verdict = judge(where.candidate._replace(refusal=refusal), wish, now)
        return where, verdict._replace(
            chosen=not verdict.obstacles, preference=Preference.FALLBACK
        )


def _gone(point: UUID, row: Row[Any], now: datetime) -> Verdict:
    way = reach.unknown(point, row.inbox_id, row.channel, now)
    return Verdict(
        way, chosen=False, preference=Preference.FALLBACK, obstacles=(Obstacle.MOVED_AWAY,)
    )


async def _quiet(
    session: WriteSession, message: _Message, row: Row[Any], now: datetime
) -> datetime | None:
    """The end of the customer's quiet hours, if a way of this message has to wait for it."""
    decision = await _decision(session, row)
    if decision is None:
        return None
    letter = Letter(
        decision.purpose,
        by_hand=decision.by_kind == "operator",
        automatic=bool(row.content.get("automatic")),
        useful_until=row.deadline,
    )
    wants = await preferences.of(session, message.root_id)
    policy = await policies.load(session)
    zone = zone_of(wants.time_zone, policy.time_zone)
    return deferred(letter, Recipient(zone, quiet_hours(wants, policy)), now)


async def _read(session: WriteSession, entry_id: UUID) -> _Message | None:
    connection = await session.connection()
    held = await news.lock_entry(session, entry_id)
    if not held:
        return None
    rows = (await connection.execute(_WAYS, {"entry": entry_id})).all()
    return _Message(held, rows, next(iter(held.values())).root_id)


async def _rest(session: WriteSession, message: _Message, rest: Rest, now: datetime) -> None:
    """Nothing that has not left yet is sent by another way."""
    if not rest.why:
        return
    ended = [
        _end(one, rest.why, now)
        for one in message.unsent(but=rest.keep)
        # What has had its turn when the customer writes is still for them to read.
        if rest.keep is not None or one.status is Status.WAITING
    ]
    await news.apply(session, message.held, ended, now)


def _end(one: Locked, why: str, now: datetime) -> News:
    """It does not leave any more; of what is in doubt nobody knows whether it has."""
    if one.reason == IN_DOUBT:
        return News(one.id, Status.UNKNOWN, now, reason=IN_DOUBT)
    return News(one.id, Status.CANCELLED, now, reason=why)


async def _decision(session: WriteSession, row: Row[Any]) -> Row[Any] | None:
    found = await (await session.connection()).execute(_DECISION, {"id": row.decision_id})
    return found.first()


async def _keep(
    session: WriteSession,
    row: Row[Any],
    verdict: Verdict,
    said: tuple[str, str],
    now: datetime,
) -> None:
    """Write down why the way was taken, or not, beside what was decided in the beginning."""
    first = await _decision(session, row)
    if first is None:
        return
    decision = NewDecision(
        customer_id=row.customer_id,
        outcome=said[0],
        reason=said[1],
        purpose=first.purpose,
        choice=Choice(verdict.candidate if verdict.chosen else None, (verdict,)),
        by_kind=first.by_kind,
        by_id=first.by_id,
        entry_id=first.entry_id,
        rule_id=first.rule_id,
        object_kind=first.object_kind,
        object_id=first.object_id,
    )
    await decisions.keep(session, decision, now)
