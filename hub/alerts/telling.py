"""Sending alerts to the operators' own addresses, through whatever inbox of the hub is open.

No customer, conversation or delivery is made of it: it is the hub that speaks. All news of an
operator goes in one message, and the next one not before GAP has passed, however much happens.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from hub.alerts import letter
from hub.alerts.letter import Letter, Line
from hub.clock import Clock
from hub.db.engine import AnySession, Database, WriteSession
from hub.db.rows import Query
from hub.deliveries.dispatch import Outcome, Result, hand_over
from hub.due import queue, returns
from hub.due.queue import Claim, Plan
from hub.inboxes.open_inbox import OpenInbox
from hub.ports import Address, OutboundMessage

log = structlog.get_logger(__name__)

KIND = "alert-message"
"""Of due work; its key is the operator's id."""
GAP = timedelta(minutes=5)
FRESH = timedelta(hours=24)
"""Older news is in the list of notifications, and no longer worth a message."""
_AGAIN = timedelta(minutes=1)
_PATIENCE = 30.0
"""Seconds an inbox may take to send."""
COMPANY = "Besedka"

Senders = Callable[[UUID], OpenInbox | None]
"""An inbox that is open here."""

_TO = Query("SELECT alert_to, locale FROM operators WHERE id = :operator AND disabled_at IS NULL")
_NEWS = Query("""
    SELECT n.id, a.id AS alert_id, a.kind, coalesce(i.name, w.name, a.subject) AS subject,
           a.number, n.alert_over AS over
    FROM notifications AS n
    JOIN alerts AS a ON a.id = n.alert_id
    LEFT JOIN inboxes AS i ON i.id = a.inbox_id
    LEFT JOIN webhooks AS w ON a.kind LIKE 'webhook-%' AND w.id::text = a.subject
    WHERE n.operator_id = :operator AND n.alert_sent_at IS NULL AND n.at > :since
    ORDER BY n.id
""")
_INBOXES = Query("""
    SELECT id FROM inboxes WHERE enabled ORDER BY (state = 'open') DESC, created_at, id
""")
_TOLD = Query("""
    UPDATE notifications SET alert_sent_at = :now WHERE id = ANY (CAST(:ids AS uuid[]))
""")
_ALERTED = Query("UPDATE operators SET alerted_at = :now WHERE id = :operator")


@dataclass(frozen=True, slots=True)
class _News:
    """What one operator is to be told, and where."""

    address: str
    locale: str
    ids: Sequence[UUID]
    lines: Sequence[Line]
    inboxes: Sequence[UUID]


async def expect_telling(
    session: WriteSession, people: Mapping[UUID, datetime | None], now: datetime
) -> None:
    """There is news for these operators, by when they were last sent some."""
    plans = [
        Plan(KIND, str(one), max(now, last + GAP) if last else now) for one, last in people.items()
    ]
    await queue.hasten(session, plans)


async def inboxes(session: AnySession) -> Sequence[UUID]:
    """Where a message may go out, the open ones first."""
    return [row["id"] for row in await _INBOXES.rows(session, {})]


async def send(
    ways: Sequence[OpenInbox], address: str, said: Letter, message_id: UUID, locale: str
) -> Outcome:
    """Hand `said` to the first inbox that takes it; `address`: `scheme:value`.

    What may have arrived is left at that.
    """
    scheme, _, value = address.partition(":")
    message = OutboundMessage(
        delivery_id=message_id,
        entry_id=message_id,
        conversation_id=None,
        address=Address(scheme, value),
        reply_address="",
        subject=said.subject,
        text=said.text,
        automatic=True,
        locale=locale,
    )
    outcome = Outcome(Result.NOT_STARTED, "No inbox that sends to such addresses is open.")
    for inbox in ways:
        if scheme in inbox.capabilities.address_schemes and not inbox.capabilities.awaits_visit:
            outcome = await hand_over(inbox.channel, message, _PATIENCE)
            if outcome.result in {Result.SENT, Result.UNKNOWN}:
                break
    return outcome


class Messages:
    """The due handler: each claim is an operator who is to be told something."""

    def __init__(
        self, database: Database, clock: Clock, senders: Senders, public_url: str
    ) -> None:
        self._database = database
        self._clock = clock
        self._senders = senders
        self._url = public_url

    async def __call__(self, claims: Sequence[Claim]) -> None:
        for claim in claims:
            await self._one(claim, UUID(claim.key))

    async def _one(self, claim: Claim, operator_id: UUID) -> None:
        news = await self._news(operator_id)
        if news is None:
            await self._done(claim, operator_id, ())
            return
        said = letter.write(news.lines, COMPANY, self._url, news.locale)
        ways = [one for key in news.inboxes if (one := self._senders(key)) is not None]
        outcome = await send(ways, news.address, said, news.ids[-1], news.locale)
        if outcome.result in {Result.SENT, Result.UNKNOWN}:
            await self._done(claim, operator_id, news.ids)
            return
        log.warning("alert.not_sent", operator_id=claim.key, outcome=str(outcome.result))
        async with self._database.transaction() as session:
            await returns.postpone(session, claim, self._clock() + _AGAIN)

    async def _news(self, operator_id: UUID) -> _News | None:
        async with self._database.reading() as session:
            values = {"operator": operator_id, "since": self._clock() - FRESH}
            people = await _TO.rows(session, values)
            rows = await _NEWS.rows(session, values)
            if not people or not people[0]["alert_to"] or not rows:
                return None
            lines = [Line(*list(row)[1:]) for row in rows]
            ids = [row["id"] for row in rows]
            to = people[0]
            return _News(to["alert_to"], to["locale"], ids, lines, await inboxes(session))

    async def _done(self, claim: Claim, operator_id: UUID, ids: Sequence[UUID]) -> None:
        now = self._clock()
        values = {"operator": operator_id, "since": now - FRESH, "ids": list(ids), "now": now}
        async with self._database.transaction() as session:
            if not await returns.hold(session, claim):
                return
            if ids:
                await _TOLD.rows(session, values)
                await _ALERTED.rows(session, values)
            # Whoever had more to tell meanwhile could only hasten this claim.
            people = await _TO.rows(session, values)
            if people and people[0]["alert_to"] and await _NEWS.rows(session, values):
                await returns.postpone(session, claim, now + GAP if ids else now)
            else:
                await queue.complete(session, [claim])
