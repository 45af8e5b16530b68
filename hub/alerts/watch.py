"""Looking for trouble every twenty seconds, and telling whoever can help.

Due work under one key: of several nodes one looks, and the look goes on after a restart.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from hub.alerts import incidents, signs
from hub.alerts.incidents import PATTERNS, Judgement, Known, Sign
from hub.alerts.telling import expect_telling
from hub.clock import Clock
from hub.db.engine import Database, WriteSession
from hub.db.retry import retry_serialization
from hub.db.rows import Query
from hub.due import queue, returns
from hub.due.queue import Claim, Plan
from hub.operators import notifications
from hub.operators.notifications import ALERT, NewNotification

KIND = "alert-watch"
"""Of due work; there is one, under the key KEY."""
KEY = "hub"
EVERY = timedelta(seconds=20)
_KEPT = timedelta(days=90)
"""As long as notifications, which name them."""

_KNOWN = Query("""
    SELECT id, kind, subject, since, seen_at, told_at FROM alerts WHERE ended_at IS NULL
    FOR UPDATE
""")
_TOLD = Query("""
    SELECT kind, subject, max(told_at) AS told_at FROM alerts
    WHERE ended_at > :since AND told_at > :since GROUP BY kind, subject
""")
_OPEN = Query("""
    INSERT INTO alerts (kind, subject, inbox_id, since, seen_at, latest, number, told_at)
    SELECT kind, subject, inbox_id, since, :now, latest, number,
           CASE WHEN told THEN CAST(:now AS timestamptz) END
    FROM unnest(CAST(:kinds AS text[]), CAST(:subjects AS text[]), CAST(:inboxes AS uuid[]),
                CAST(:since AS timestamptz[]), CAST(:latest AS timestamptz[]),
                CAST(:numbers AS int[]), CAST(:told AS boolean[]))
         AS new(kind, subject, inbox_id, since, latest, number, told)
    RETURNING id, kind, subject
""")
_SEEN = Query("""
    UPDATE alerts SET seen_at = :now, latest = k.latest, number = k.number,
                      told_at = CASE WHEN k.told THEN :now ELSE told_at END
    FROM unnest(CAST(:ids AS uuid[]), CAST(:latest AS timestamptz[]), CAST(:numbers AS int[]),
                CAST(:told AS boolean[])) AS k(id, latest, number, told)
    WHERE alerts.id = k.id
""")
_END = Query("UPDATE alerts SET ended_at = :now WHERE id = ANY (CAST(:ids AS uuid[]))")
_FORGET = Query("DELETE FROM alerts WHERE ended_at < :before")
_PEOPLE = Query("""
    SELECT id, role, alert_to <> '' AS sent_too, alerted_at FROM operators
    WHERE disabled_at IS NULL AND role IN ('administrator', 'supervisor') ORDER BY id
""")


async def begin(database: Database, clock: Clock) -> None:
    """A worker starts: let there be a look, at once."""
    async with database.transaction() as session:
        await queue.hasten(session, [Plan(KIND, KEY, clock())])


class Watch:
    """The due handler: one look, one transaction."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def __call__(self, claims: Sequence[Claim]) -> None:
        for claim in claims:
            await retry_serialization(partial(self._look, claim))

    async def _look(self, claim: Claim) -> None:
        now = self._clock()
        async with self._database.transaction() as session:
            if await returns.hold(session, claim):
                await look(session, now)
                await returns.postpone(session, claim, now + EVERY)


async def look(session: WriteSession, now: datetime) -> None:
    """Compare what is wrong with what is known; keep and tell what is news."""
    known = [Known(*row) for row in await _KNOWN.rows(session, {})]
    past = await _TOLD.rows(session, {"since": now - incidents.AGAIN})
    told_before = {(row["kind"], row["subject"]): row["told_at"] for row in past}
    judged = incidents.judge(await signs.find(session, now), known, now, told_before)
    ids = {(one.kind, one.subject): one.id for one in known}
    ids |= await _write(session, judged, now)
    told = {sign: ids[key] for key, sign in _signs(judged) if key in judged.tell}
    await _tell(session, told, [(one.kind, one.id) for one in judged.over], now)
    await _FORGET.rows(session, {"before": now - _KEPT})


def _signs(judged: Judgement) -> Iterable[tuple[tuple[str, str], Sign]]:
    return [((one.kind, one.subject), one) for one in [*judged.new, *judged.seen.values()]]


async def _write(
    session: WriteSession, judged: Judgement, now: datetime
) -> dict[tuple[str, str], UUID]:
    """Returns the ids of new ones."""
    await _SEEN.rows(
        session, {"ids": list(judged.seen), **_columns(list(judged.seen.values()), judged, now)}
    )
    ended = [one.id for one in [*judged.over, *judged.ended]]
    await _END.rows(session, {"ids": ended, "now": now})
    rows = await _OPEN.rows(session, _columns(judged.new, judged, now))
    return {(row["kind"], row["subject"]): row["id"] for row in rows}


def _columns(found: Sequence[Sign], judged: Judgement, now: datetime) -> Mapping[str, object]:
    return {
        "kinds": [one.kind for one in found],
        "subjects": [one.subject for one in found],
        "inboxes": [one.inbox_id for one in found],
        "since": [one.since for one in found],
        "latest": [one.latest for one in found],
        "numbers": [one.number for one in found],
        "told": [(one.kind, one.subject) in judged.tell for one in found],
        "now": now,
    }


async def _tell(
    session: WriteSession,
    begun: Mapping[Sign, UUID],
    over: Sequence[tuple[str, UUID]],
    now: datetime,
) -> None:
    if not begun and not over:
        return
    people = await _PEOPLE.rows(session, {})
    facts = [(sign.kind, alert, False) for sign, alert in begun.items()]
    facts += [(kind, alert, True) for kind, alert in over]
    wanted = [
        NewNotification(one["id"], ALERT, now, alert_id=alert, alert_over=past)
        for kind, alert, past in facts
        for one in people
        if one["role"] in PATTERNS[kind].roles
    ]
    await notifications.add(session, wanted)
    concerned = {one.operator_id for one in wanted}
    addressed = [one for one in people if one["sent_too"] and one["id"] in concerned]
    await expect_telling(session, {one["id"]: one["alerted_at"] for one in addressed}, now)
