"""Changing a conversation by hand, and waking it when its snooze is over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Row, text

from hub.clock import Clock, rfc3339
from hub.conversations import assignment
from hub.conversations.activities import Place, tell
from hub.conversations.draft import Author, Sender
from hub.conversations.status import (
    UNSET,
    ConversationStatus,
    Patch,
    State,
    activities,
    change,
    changed,
)
from hub.customers.roots import lock_roots
from hub.db import event_log
from hub.db.engine import Database, WriteSession
from hub.db.retry import is_connection_error, retry_serialization
from hub.due import queue
from hub.due.loop import DueHandler
from hub.due.queue import Claim, Plan
from hub.errors import Conflict, NotFound
from hub.events import EventType, NewEvent
from hub.operators.access import SYSTEM

log = structlog.get_logger(__name__)

SNOOZE = "snooze"
"""Due kind of a snoozed conversation, keyed by its id."""

_FIND = text("""
    SELECT c.id, s.root_id AS customer_id, c.inbox_id, c.status, c.assignee_id, c.team_id,
           c.priority, c.labels, c.snoozed_until, c.closed_at, c.waiting_since, c.last_inbound_at,
           c.close_reason
    FROM conversations AS asked
    JOIN conversations AS c ON c.id = coalesce(asked.merged_into_id, asked.id)
    JOIN streams AS s ON s.id = c.opening_stream_id WHERE asked.id = :id
""")

_UPDATE = text("""
    UPDATE conversations
    SET status = :status, assignee_id = :assignee_id, team_id = :team_id, priority = :priority,
        labels = CAST(:labels AS text[]), snoozed_until = :snoozed_until, closed_at = :closed_at,
        waiting_since = :waiting_since, close_reason = :close_reason, updated_at = :now
    WHERE id = :id
""")

_TRIES = 10
HUB = Sender(SYSTEM, Author("system", None, "Besedka"))
"""The hub itself, who does what nobody asked for."""

# What a field is called outside.
_NAMES = {"assignee_id": "assignee", "team_id": "team"}


@dataclass(frozen=True, slots=True)
class Held:
    """A conversation whose customer's root is locked."""

    id: UUID
    root_id: UUID
    inbox_id: UUID
    state: State


async def update(
    session: WriteSession,
    conversation_id: UUID,
    patch: Patch,
    *,
    by: Sender,
    now: datetime,
    how: str = "",
) -> bool:
    """Apply `patch`; what changes is told on the timeline and in the log. False: nothing did.

    how: what found the assignee, for the timeline (`owner`, `round-robin`); empty by hand.
    Raises NotFound, also for a conversation the viewer may not see, and Invalid, naming the field.
    """
    held = await hold(session, conversation_id)
    if held is None or not by.viewer.sees(held.inbox_id):
        raise NotFound(f"There is no conversation {conversation_id}.")
    names = await _names(session, patch, held.inbox_id)
    after = change(held.state, patch, now)
    return await _become(session, held, after, names, (by, now), how=how)


async def _names(session: WriteSession, patch: Patch, inbox_id: UUID) -> dict[UUID, str]:
    """The names of whom it is given to; raises Invalid when it cannot be."""
    names: dict[UUID, str] = {}
    if isinstance(patch.assignee_id, UUID):
        name = await assignment.assignee_name(session, patch.assignee_id, inbox_id)
        names[patch.assignee_id] = name
    if isinstance(patch.team_id, UUID):
        names[patch.team_id] = await assignment.team_name(session, patch.team_id)
    return names


async def hold(session: WriteSession, conversation_id: UUID) -> Held | None:
    """The conversation, its customer locked; a merge or split meanwhile is followed.

    What was merged into another conversation is that one.
    """
    connection = await session.connection()
    locked: set[UUID] = set()
    for _ in range(_TRIES):
        row = (await connection.execute(_FIND, {"id": conversation_id})).first()
        if row is None or row.customer_id in locked:
            return _held(row) if row else None
        locked |= set((await lock_roots(session, [row.customer_id])).values())
    raise Conflict("This customer is being merged and split again and again; try once more.")


def _held(row: Row[Any]) -> Held:
    facts = row._asdict()
    place = facts.pop("id"), facts.pop("customer_id"), facts.pop("inbox_id")
    return Held(*place, State(**{**facts, "labels": tuple(row.labels)}))


async def _become(
    session: WriteSession,
    held: Held,
    after: State,
    names: Mapping[UUID, str],
    who_when: tuple[Sender, datetime],
    *,
    how: str = "",
) -> bool:
    differences = changed(held.state, after)
    if not differences:
        return False
    by, now = who_when
    await write(session, held.id, after, now)
    updated = NewEvent(
        EventType.CONVERSATION_UPDATED,
        now,
        customer_id=held.root_id,
        conversation_id=held.id,
        inbox_id=held.inbox_id,
        data={"changed": shown(differences), "by": _by(by.author)},
        rule_id=by.cause.rule_id,
        depth=by.cause.depth,
    )
    await event_log.append(session, [updated])
    place = Place(held.root_id, held.id, held.inbox_id)
    await tell(session, place, activities(differences, names, how), by.author, now)
    return True


async def write(session: WriteSession, conversation_id: UUID, after: State, now: datetime) -> None:
    """Keep the state, and nothing but it: who changes it tells of it. The root is locked."""
    await (await session.connection()).execute(
        _UPDATE,
        {
            "id": conversation_id,
            "status": after.status,
            "assignee_id": after.assignee_id,
            "team_id": after.team_id,
            "priority": after.priority,
            "labels": list(after.labels),
            "snoozed_until": after.snoozed_until,
            "closed_at": after.closed_at,
            "waiting_since": after.waiting_since,
            "close_reason": after.close_reason,
            "now": now,
        },
    )
    await _plan_wake(session, conversation_id, after)


def shown(differences: Mapping[str, tuple[object, object]]) -> dict[str, list[object]]:
    """{field: [old, new]} as events tell it (`hub.conversations.status.changed`)."""
    return {
        _NAMES.get(field, field): [_value(old), _value(new)]
        for field, (old, new) in differences.items()
    }


def _by(author: Author) -> dict[str, str | None]:
    return {"kind": author.kind, "id": str(author.id) if author.id else None}


def _value(value: object) -> object:
    match value:
        case UUID():
            return str(value)
        case datetime():
            return rfc3339(value)
        case tuple():
            return list(value)
        case _:
            return value


async def _plan_wake(session: WriteSession, conversation_id: UUID, after: State) -> None:
    if after.snoozed_until is not None:
        await queue.plan(session, [Plan(SNOOZE, str(conversation_id), after.snoozed_until)])
    else:
        await queue.cancel(session, SNOOZE, [str(conversation_id)])


class Snoozes:
    """The due handler that wakes snoozed conversations."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    @property
    def handlers(self) -> Mapping[str, DueHandler]:
        """What the due loop calls, by kind."""
        return {SNOOZE: self.wake}

    async def wake(self, claims: Sequence[Claim]) -> None:
        """Open the conversations again; those awake already stay as they are."""
        for one in claims:
            try:
                await retry_serialization(partial(self._wake, one))
            except Exception as error:
                if is_connection_error(error):
                    raise
                # Tried again when the lease ends; until then the others are not kept waiting.
                log.exception("snooze.failed", conversation_id=one.key, attempt=one.attempt)

    async def _wake(self, claim: Claim) -> None:
        now = self._clock()
        async with self._database.transaction() as session:
            held = await hold(session, UUID(claim.key))
            if held is not None and _is_over(held.state, now):
                patch = Patch(status=ConversationStatus.OPEN, snoozed_until=UNSET)
                await _become(session, held, change(held.state, patch, now), {}, (HUB, now))
            await queue.complete(session, [claim])


def _is_over(state: State, now: datetime) -> bool:
    until = state.snoozed_until
    return state.status == ConversationStatus.SNOOZED and until is not None and until <= now
