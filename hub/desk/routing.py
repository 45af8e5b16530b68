"""Who a conversation goes to when it opens, or comes back with nobody to answer it.

Its customer's owner, where there is one who takes it; else the team that the inbox belongs to, if
that gives its conversations in turn. In such a team it is handed out by `hub.desk.turn_taking`.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from hub.clock import Clock
from hub.conversations import update
from hub.conversations.draft import Cause, Sender
from hub.conversations.status import ConversationStatus, Patch
from hub.customers.roots import lock_roots
from hub.db import kept_settings
from hub.db.base import Json
from hub.db.engine import AnySession, WriteSession
from hub.db.rows import Query
from hub.desk import people, turn_taking
from hub.desk.turn_taking import Why
from hub.desk.turns import Owners, owner_takes
from hub.events import Event, EventType

READER = "routing"
SETTINGS = "routing"
"""The name under which {"owners"} is kept."""

_FIND = Query("""
    SELECT c.id, s.root_id, c.inbox_id, c.team_id, c.status, c.assignee_id,
           (SELECT t.id FROM team_inboxes JOIN teams AS t ON t.id = team_id
            WHERE inbox_id = c.inbox_id AND t.routing = 'round-robin'
            ORDER BY t.name LIMIT 1) AS inbox_team
    FROM conversations AS c JOIN streams AS s ON s.id = c.opening_stream_id
    WHERE c.id = ANY (CAST(:ids AS uuid[])) ORDER BY c.id
""")


def concerned(event: Event) -> bool:
    """Whether the conversation may have nobody to answer it, and somebody should."""
    if event.type == EventType.CONVERSATION_OPENED:
        return True
    changed = event.data.get("changed")
    if event.type != EventType.CONVERSATION_UPDATED or not isinstance(changed, Mapping):
        return False
    return any(_became(changed, *one) for one in (("status", "open"), ("assignee", None))) or (
        "team" in changed
    )


def _became(changed: Mapping[str, Sequence[object]], field: str, value: object) -> bool:
    return field in changed and changed[field][1] == value


def reasons_of(events: Sequence[Event]) -> dict[UUID, Why]:
    """What made each of the conversations wait that the events concern: the deepest of them."""
    found: dict[UUID, Why] = {}
    for one in events:
        if one.conversation_id is None or not concerned(one):
            continue
        known, reason = found.get(one.conversation_id, Why()), _reason(one)
        if reason.cause.depth >= known.cause.depth:
            found[one.conversation_id] = reason
    return found


def look(events: Sequence[Event]) -> bool:
    """Whether any conversation may need somebody (`hub.db.passing`)."""
    return bool(reasons_of(events))


def _reason(event: Event) -> Why:
    changed = event.data.get("changed")
    old = changed["assignee"][0] if isinstance(changed, Mapping) and "assignee" in changed else ""
    taken_from = UUID(old) if old and event.rule_id else None
    return Why(Cause(rule_id=event.rule_id, depth=event.depth), taken_from)


def owners_of(kept: Json) -> Owners:
    """When owners get what their customers write."""
    wish: Owners = kept.get("owners", "active")
    return wish


class RoutingReader:
    """The handler of the durable reader `routing`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def __call__(self, session: WriteSession, events: Sequence[Event]) -> None:
        reasons = reasons_of(events)
        rows = await _FIND.rows(session, {"ids": list(reasons)}) if reasons else []
        if not (rows := [row for row in rows if _unanswered(row)]):
            return
        await lock_roots(session, {row["root_id"] for row in rows})
        for row in rows:
            await route(session, row["id"], reasons[row["id"]], now=self._clock())


def _unanswered(row: asyncpg.Record) -> bool:
    return row["status"] == ConversationStatus.OPEN and row["assignee_id"] is None


async def anew(session: WriteSession, conversation_id: UUID, *, by: Sender, now: datetime) -> None:
    """Take it from whoever has it and give it to somebody else, as if it had come just now."""
    held = await update.hold(session, conversation_id)
    had_it = held.state.assignee_id if held else None
    await route(session, conversation_id, Why(by.cause, had_it), now=now, by=by)


async def route(
    session: WriteSession,
    conversation_id: UUID,
    reason: Why,
    *,
    now: datetime,
    by: Sender | None = None,
) -> None:
    """Give it to its customer's owner, or to a team; who has one to answer it keeps it.

    reason: whoever it was taken from is passed over. by: who takes it from whoever has it; None:
    nobody does.
    """
    await update.hold(session, conversation_id)
    [row] = await _FIND.rows(session, {"ids": [conversation_id]})
    if row["status"] != ConversationStatus.OPEN or not (by or _unanswered(row)):
        return
    sender = by or reason.by
    owner = await people.owner(session, row["root_id"], row["inbox_id"])
    wish = owners_of(await kept_settings.load(session, SETTINGS))
    if owner and owner_takes(owner, wish) and owner.id != reason.taken_from:
        patch = Patch(assignee_id=owner.id)
        await update.update(session, conversation_id, patch, by=sender, now=now, how="owner")
        return
    team_id = row["team_id"] or row["inbox_team"]
    if team_id != row["team_id"] or row["assignee_id"] is not None:
        patch = Patch(team_id=team_id, assignee_id=None)
        await update.update(session, conversation_id, patch, by=sender, now=now)
    if team_id is not None:
        await turn_taking.ask(session, team_id, now, {conversation_id: reason})


async def settings(session: AnySession) -> Json:
    """{"owners"}: when owners get what their customers write."""
    return {"owners": owners_of(await kept_settings.load(session, SETTINGS))}
