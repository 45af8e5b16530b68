"""What an attempt leaves behind: in the delivery, the attempt log, the lane and the gates."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from hub.db.engine import WriteSession
from hub.deliveries import gates, lane, news, receipts, retry
from hub.deliveries.dispatch import UNCOUNTED, Head, Outcome, Result
from hub.deliveries.lane import IN_DOUBT, Hold
from hub.deliveries.news import News
from hub.deliveries.rests import SHORTEST
from hub.deliveries.rounds import Ended
from hub.deliveries.status import Status
from hub.due import queue, returns
from hub.due.queue import Claim
from hub.due.returns import Return

_REQUEUE = text("""
    UPDATE deliveries AS d
    SET status = 'queued', attempts = d.attempts - back.uncounted, detail = back.detail,
        reason = coalesce(nullif(back.reason, ''), d.reason), provider_code = back.code,
        updated_at = :now
    FROM unnest(CAST(:ids AS uuid[]), CAST(:uncounted AS int[]), CAST(:reasons AS text[]),
                CAST(:details AS text[]), CAST(:codes AS text[]))
         AS back(id, uncounted, reason, detail, code)
    WHERE d.id = back.id AND d.status = 'sending'
""")

_FINISH = text("""
    UPDATE attempts AS a
    SET finished_at = :now, outcome = done.outcome, provider_code = done.code,
        detail = done.detail
    FROM unnest(CAST(:ids AS uuid[]), CAST(:numbers AS int[]), CAST(:outcomes AS text[]),
                CAST(:codes AS text[]), CAST(:details AS text[]))
         AS done(id, number, outcome, code, detail)
    WHERE a.delivery_id = done.id AND a.number = done.number
""")

# The recipient has moved (a migrated chat): what is queued for the old address follows.
_MOVE = text("""
    WITH moved AS (
        INSERT INTO reachability (contact_point_id, inbox_id, reply_address)
        VALUES (:contact_point, :inbox, :address)
        ON CONFLICT (contact_point_id, inbox_id) DO UPDATE
           SET reply_address = excluded.reply_address
    )
    UPDATE deliveries SET reply_address = :address
    WHERE contact_point_id = :contact_point AND inbox_id = :inbox
      AND status IN ('queued', 'sending')
""")


@dataclass(frozen=True, slots=True)
class Step:
    """Where a delivery goes after an attempt, and when its lane goes on.

    news: what was learnt; or None: it goes back to `queued`, with `requeue_reason`.
    lane_at: when the lane is looked at again; hold: what binds it until then.
    """

    news: News | None
    requeue_reason: str = ""
    lane_at: datetime | None = None
    hold: Hold = field(default_factory=Hold)


def step_after(
    head: Head, outcome: Outcome, *, attempt: int, safe: bool, now: datetime, jitter: float
) -> Step:
    """The step that follows from an outcome. `safe`: the receiver recognises a repeat."""
    match outcome.result:
        case Result.SENT | Result.PERMANENT:
            return Step(_news(head, outcome, now))
        case Result.UNKNOWN if not safe:
            return Step(_news(head, outcome, now))
        case Result.UNKNOWN | Result.TRANSIENT:
            later = retry.next_try(now, attempt=attempt, deadline=head.deadline, jitter=jitter)
            doubt = IN_DOUBT if outcome.result is Result.UNKNOWN else ""
            return Step(None, doubt, later, Hold(later))
        case Result.RATE_LIMITED:
            until = now + timedelta(seconds=outcome.retry_after)
            return Step(None, "", until, Hold() if outcome.whole_inbox else Hold(until))
        case Result.MISCONFIGURED:
            return Step(None, "", now + SHORTEST)
        case Result.NOT_STARTED:
            return Step(None)


_FINAL = {
    Result.SENT: Status.SENT,
    Result.PERMANENT: Status.FAILED,
    Result.UNKNOWN: Status.UNKNOWN,
}


def _news(head: Head, outcome: Outcome, now: datetime) -> News:
    receipt = outcome.receipt
    return News(
        head.id,
        _FINAL[outcome.result],
        now,
        external_id=receipt.external_id if receipt else "",
        provider_status=receipt.provider_status if receipt else "",
        provider_code=outcome.provider_code,
        reason=outcome.reason,
        detail=outcome.detail,
    )


@dataclass(frozen=True, slots=True)
class Finished:
    """A send that ended. `attempt` is its number."""

    claim: Claim
    head: Head
    attempt: int
    outcome: Outcome
    step: Step


async def record_finished(
    session: WriteSession, finished: Sequence[Finished], now: datetime
) -> None:
    """Write down what came of these sends, and let their lanes go on."""
    held = await news.lock(session, [one.head.id for one in finished])
    learnt = [one.step.news for one in finished if one.step.news is not None]
    # Under the locks of their names, so that no receipt slips in between.
    learnt += await receipts.claim_early(session, held, learnt)
    await news.apply(session, held, learnt, now)
    await _requeue(session, [one for one in finished if one.step.news is None], now)
    await _finish_attempts(session, finished, now)
    for one in finished:
        await _side_effects(session, one, now)
    await _release(session, [(one.claim, one.step) for one in finished], now)


async def record_ended(session: WriteSession, ended: Sequence[Ended], now: datetime) -> None:
    """Write down what is not tried again, and let the lanes go on at once."""
    held = await news.lock(session, [one.head.id for one in ended])
    learnt = [News(one.head.id, one.end.status, now, reason=one.end.reason) for one in ended]
    await news.apply(session, held, learnt, now)
    await _release(session, [(one.claim, Step(None)) for one in ended], now)


async def _requeue(session: WriteSession, back: Sequence[Finished], now: datetime) -> None:
    if not back:
        return
    await (await session.connection()).execute(
        _REQUEUE,
        {
            "now": now,
            "ids": [one.head.id for one in back],
            "uncounted": [int(one.outcome.result in UNCOUNTED) for one in back],
            "reasons": [one.step.requeue_reason for one in back],
            "details": [news.words(one.outcome.detail) for one in back],
            "codes": [news.words(one.outcome.provider_code) for one in back],
        },
    )


async def _finish_attempts(
    session: WriteSession, finished: Sequence[Finished], now: datetime
) -> None:
    await (await session.connection()).execute(
        _FINISH,
        {
            "now": now,
            "ids": [one.head.id for one in finished],
            "numbers": [one.attempt for one in finished],
            "outcomes": [str(one.outcome.result) for one in finished],
            "codes": [news.words(one.outcome.provider_code) for one in finished],
            "details": [news.words(one.outcome.detail) for one in finished],
        },
    )


async def _side_effects(session: WriteSession, one: Finished, now: datetime) -> None:
    outcome, head = one.outcome, one.head
    if outcome.whole_inbox:
        until = now + timedelta(seconds=outcome.retry_after)
        await gates.pause(session, head.inbox_id, until)
    if outcome.receipt and outcome.receipt.new_reply_address:
        await (await session.connection()).execute(
            _MOVE,
            {
                "contact_point": head.contact_point_id,
                "inbox": head.inbox_id,
                "address": news.words(outcome.receipt.new_reply_address),
            },
        )


async def _release(
    session: WriteSession, lanes: Sequence[tuple[Claim, Step]], now: datetime
) -> None:
    # Hold first, look second: what was queued until the lock is seen, what is queued after it
    # finds no row and makes a new one.
    claims = [claim for claim, _ in lanes]
    held = await returns.hold_all(session, claims)
    occupied = await lane.occupied(session, [UUID(claim.key) for claim in claims])
    back, done = [], []
    for claim, step in lanes:
        if claim.id in held and UUID(claim.key) in occupied:
            back.append(Return(claim, step.lane_at or now, step.hold.data))
        elif claim.id in held:
            done.append(claim)
    await returns.put_back(session, back, now)
    await queue.complete(session, done)
