"""Planning what rules do later: gathering windows, and times of conversations."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from hub.clock import zone_of
from hub.db.engine import WriteSession
from hub.db.rows import Query
from hub.due import queue
from hub.due.queue import Plan
from hub.events import Event, EventType
from hub.rules import context as contexts
from hub.rules.active import Active
from hub.rules.context import Context, Subject
from hub.rules.firing import Occasion
from hub.rules.schedule import duration
from hub.rules.triggers import Relative

GATHER = "rule-gather"
"""Due kind of a rule that gathers, keyed `rule:customer`."""
MOMENT = "rule-moment"
"""Due kind of a rule that waits for a time of a conversation, keyed `rule:conversation`."""

_WAITING = Query("SELECT due_at FROM due WHERE kind = :kind AND key = :key")


async def gather(
    session: WriteSession, rule: Active, seen: Context, occasion: Occasion, now: datetime
) -> None:
    """Let it act at the end of the window that the first of them opened, about the newest."""
    key = f"{rule.id}:{seen.customer_id}"
    rows = await _WAITING.rows(session, {"kind": GATHER, "key": key})
    window = rule.compiled.window or timedelta()
    due_at = rows[0]["due_at"] if rows else now + window
    data = {
        "kind": seen.object_kind,
        "id": str(seen.object_id),
        "told": seen.told,
        "seq": occasion.seq,
        "depth": occasion.depth,
    }
    await queue.plan(session, [Plan(GATHER, key, due_at, data)])


def moment_of(when: Relative, facts: Mapping[str, Any], time_zone: str) -> datetime | None:
    """When the rule should act; None when the object has no such time.

    24h is elapsed time; 1d and 1w are days of the calendar in the customer's zone.
    """
    start = facts.get(f"{when.object_kind}.{when.field}")
    if not isinstance(start, datetime):
        return None
    sign = -1 if when.direction == "before" else 1
    span = sign * duration(when.by)
    if not when.by.strip().endswith(("d", "w")):
        return start + span
    zone = zone_of(time_zone)
    return (start.astimezone(zone) + span).astimezone(start.tzinfo)


_MOVES = frozenset(
    {EventType.MESSAGE_CREATED, EventType.CONVERSATION_OPENED, EventType.CONVERSATION_UPDATED}
)
"""Events after which a conversation's times may be others."""

_UNFINISHED = Query("""
    SELECT id FROM conversations WHERE status <> 'closed' ORDER BY updated_at DESC LIMIT 10000
""")
_PAGE = 500


async def after_events(
    session: WriteSession, events: Sequence[Event], rules: Sequence[Active], now: datetime
) -> None:
    """Plan anew what rules do at times of the conversations that these events have changed."""
    waiting = [rule for rule in rules if _of_conversation(rule)]
    since = first_moves(events)
    if waiting and since:
        await _moments(session, waiting, since, now)


def first_moves(events: Sequence[Event]) -> dict[UUID, datetime]:
    """By conversation, when the first of these events happened that may have moved its times."""
    first: dict[UUID, datetime] = {}
    for event in events:
        if event.conversation_id is not None and event.type in _MOVES:
            known = first.get(event.conversation_id, event.occurred_at)
            first[event.conversation_id] = min(known, event.occurred_at)
    return first


async def of_unfinished(session: WriteSession, rule: Active, now: datetime) -> None:
    """A rule that is new, or has changed, is planned for what is not closed yet."""
    if not _of_conversation(rule):
        return
    ids = [row["id"] for row in await _UNFINISHED.rows(session, {})]
    for start in range(0, len(ids), _PAGE):
        page = ids[start : start + _PAGE]
        await _moments(session, [rule], dict.fromkeys(page, now), now)


def _of_conversation(rule: Active) -> bool:
    when = rule.compiled.when
    return isinstance(when, Relative) and when.object_kind == "conversation"


async def _moments(
    session: WriteSession, rules: Sequence[Active], since: Mapping[UUID, datetime], now: datetime
) -> None:
    """`since`: the conversations, each with the moment past which its times still count."""
    ids, plans, gone = sorted(since), list[Plan](), list[str]()
    seen = await contexts.load(session, [Subject("conversation", one) for one in ids], now)
    for conversation_id, one in zip(ids, seen, strict=True):
        for rule in rules:
            key = f"{rule.id}:{conversation_id}"
            at = planned_for(rule, one) if one is not None else None
            if at is None:
                gone.append(key)
            elif at > since[conversation_id]:
                # What passed before has been done, or was there before the rule. What passed
                # while the events waited to be read is due at once: `late` decides.
                plans.append(Plan(MOMENT, key, at))
    await queue.plan(session, plans)
    if gone:
        await queue.cancel(session, MOMENT, sorted(gone))


def planned_for(rule: Active, seen: Context) -> datetime | None:
    """When a rule of relative time acts on this object; None when the object has no such time."""
    when = rule.compiled.when
    if not isinstance(when, Relative):
        return None
    return moment_of(when, seen.facts, str(seen.customer["time_zone"]))
