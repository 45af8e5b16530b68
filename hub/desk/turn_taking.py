"""Handing out what waits in a team that takes turns.

A due row stands for each team with something to hand out: it stays, and is looked at again, until
nothing waits. Customers are locked first, as everywhere; then turns are given one at a time in the
whole installation, so that nobody gets more than they have room for, however many nodes there are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from hub.clock import Clock
from hub.conversations import update
from hub.conversations.draft import Cause, Sender
from hub.conversations.status import ConversationStatus, Patch
from hub.db.engine import Database, WriteSession
from hub.db.retry import retry_serialization
from hub.db.rows import Query
from hub.desk import people
from hub.desk.turns import next_one
from hub.due import queue, returns
from hub.due.loop import DueHandler
from hub.due.queue import Claim, Plan
from hub.mappings import NOTHING

TURNS = "turns"
"""Due kind of a team in which conversations wait to be handed out, keyed by its id."""
LOOK_AGAIN = timedelta(seconds=5)
"""How long somebody who comes, or gets room, waits at most for what waits for them."""

_TAKES_TURNS = Query("SELECT 1 FROM teams WHERE id = :team AND routing = 'round-robin'")
_WAITING = Query("""
    SELECT c.id FROM conversations AS c JOIN teams AS t ON t.id = c.team_id
    WHERE c.team_id = :team AND c.status = 'open' AND c.assignee_id IS NULL
      AND t.routing = 'round-robin' AND c.id <> ALL (CAST(:passed AS uuid[]))
    ORDER BY c.priority DESC, coalesce(c.waiting_since, c.opened_at), c.id LIMIT 1
""")
_ONE_AT_A_TIME = Query("SELECT pg_advisory_xact_lock(hashtext('desk.turns'))")
_KEPT = Query("SELECT data FROM due WHERE kind = :kind AND key = :key FOR UPDATE")
_MOST_PASSED = 200
"""Conversations that nobody there may take, stepped over in one look."""


@dataclass(frozen=True, slots=True)
class Why:
    """What made a conversation wait: the rule at work, and how deep rules nest by then.

    taken_from: who had it until a rule took it away.
    """

    cause: Cause = field(default_factory=Cause)
    taken_from: UUID | None = None

    @property
    def by(self) -> Sender:
        """The hub, acting because of it."""
        return replace(update.HUB, cause=self.cause)

    def spelled(self) -> dict[str, object]:
        """As the due row keeps it."""
        return {
            "rule_id": _text(self.cause.rule_id),
            "depth": self.cause.depth,
            "taken_from": _text(self.taken_from),
        }


def why(kept: object) -> Why:
    """What `Why.spelled` gave; nothing in particular for what is not that."""
    if not isinstance(kept, Mapping):
        return Why()
    cause = Cause(rule_id=_id(kept.get("rule_id")), depth=int(kept.get("depth") or 0))
    return Why(cause, _id(kept.get("taken_from")))


def _text(id_: UUID | None) -> str | None:
    return None if id_ is None else str(id_)


def _id(value: object) -> UUID | None:
    return UUID(str(value)) if value else None


async def ask(
    session: WriteSession, team_id: UUID, now: datetime, waits: Mapping[UUID, Why] = NOTHING
) -> None:
    """Have what waits in the team handed out, if it takes turns. waits: those with a reason."""
    if not await _TAKES_TURNS.rows(session, {"team": team_id}):
        return
    rows = await _KEPT.rows(session, {"kind": TURNS, "key": str(team_id)})
    # The row is one for all that waits there: what made the others wait stays known.
    reasons = dict(rows[0]["data"]) if rows else {}
    for conversation_id, one in waits.items():
        reasons.pop(str(conversation_id), None)
        if one != Why():
            reasons[str(conversation_id)] = one.spelled()
    newest = dict(list(reasons.items())[-_MOST_PASSED:])
    await queue.plan(session, [Plan(TURNS, str(team_id), now, newest)])


class Turns:
    """The due handler that hands out."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    @property
    def handlers(self) -> Mapping[str, DueHandler]:
        """What the due loop calls, by kind."""
        return {TURNS: self.hand_out}

    async def hand_out(self, claims: Sequence[Claim]) -> None:
        """Everything there is room for; what is left is looked at again."""
        for claim in claims:
            passed: list[UUID] = []
            team_id = UUID(claim.key)
            while (one := await self._waiting(team_id, passed)) is not None:
                reason = why(claim.data.get(str(one)))
                if not await retry_serialization(partial(self._give, team_id, one, reason)):
                    passed.append(one)
                    if not await self._anybody(team_id):
                        break
            await self._done(claim, left=bool(passed))

    async def _waiting(self, team_id: UUID, passed: Sequence[UUID]) -> UUID | None:
        if len(passed) >= _MOST_PASSED:
            return None
        async with self._database.reading() as session:
            rows = await _WAITING.rows(session, {"team": team_id, "passed": list(passed)})
        return rows[0]["id"] if rows else None

    async def _give(self, team_id: UUID, conversation_id: UUID, reason: Why) -> bool:
        """False: nobody there has room for it."""
        now = self._clock()
        async with self._database.transaction() as session:
            held = await update.hold(session, conversation_id)
            if held is None or not _waits(held, team_id):
                return True
            await _ONE_AT_A_TIME.rows(session, {})
            # Read after that lock: what others were given meanwhile counts.
            members = await people.members(session, team_id, held.inbox_id)
            person = next_one(members, reason.taken_from)
            if person is None:
                return False
            patch = Patch(assignee_id=person.id)
            await update.update(
                session, conversation_id, patch, by=reason.by, now=now, how="round-robin"
            )
            await people.given(session, person.id, now)
        return True

    async def _anybody(self, team_id: UUID) -> bool:
        """Whether somebody has room for anything at all."""
        async with self._database.reading() as session:
            return next_one(await people.members(session, team_id, None)) is not None

    async def _done(self, claim: Claim, *, left: bool) -> None:
        async with self._database.transaction() as session:
            if left:
                await returns.postpone(session, claim, self._clock() + LOOK_AGAIN)
            else:
                await queue.complete(session, [claim])


def _waits(held: update.Held, team_id: UUID) -> bool:
    state = held.state
    unassigned = state.assignee_id is None and state.team_id == team_id
    return unassigned and state.status == ConversationStatus.OPEN
