"""Who is to be notified of what happens: the handler of the durable reader "notifications".

An operator hears of being mentioned, of being given a conversation (or their team being given it),
and of what a customer writes in a conversation they have or follow; never of what they did.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from hub.db.engine import AnySession, WriteSession
from hub.db.passing import Probe
from hub.db.rows import Query
from hub.events import Event, EventType, is_inbound
from hub.ids import parse_id
from hub.operators import notifications
from hub.operators.notifications import ASSIGNED, MENTION, REPLY, TEAM, NewNotification

READER = "notifications"

_LISTENERS = Query("""
    SELECT id, assignee_id AS operator FROM conversations
    WHERE id = ANY (CAST(:ids AS uuid[])) AND assignee_id IS NOT NULL
    UNION
    SELECT conversation_id, operator_id FROM conversation_followers
    WHERE conversation_id = ANY (CAST(:ids AS uuid[]))
""")

_MEMBERS = Query("""
    SELECT team_id AS id, operator_id AS operator FROM team_members
    WHERE team_id = ANY (CAST(:ids AS uuid[]))
""")

_ENTRIES = Query("""
    SELECT e.stream_id, e.position, e.id, e.author_kind, e.author_id, e.author_name
    FROM unnest(CAST(:streams AS uuid[]), CAST(:positions AS bigint[])) AS k(stream, position)
    JOIN entries AS e ON e.stream_id = k.stream AND e.position = k.position
""")


class _Entry(NamedTuple):
    """One row of `_ENTRIES`."""

    stream_id: UUID
    position: int
    id: UUID
    author_kind: str
    author_id: UUID | None
    author_name: str


@dataclass(frozen=True, slots=True)
class By:
    """Who did it; nobody in particular when empty."""

    kind: str = ""
    id: UUID | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Circle:
    """What the events alone do not say: who has or follows a conversation, who is in a team."""

    listeners: Mapping[UUID, frozenset[UUID]] = field(default_factory=dict)
    members: Mapping[UUID, frozenset[UUID]] = field(default_factory=dict)


def addressed(event: Event, circle: Circle) -> dict[UUID, str]:
    """The operators an event concerns, each with the kind of notification; the strongest wins."""
    if event.type == EventType.NOTE_CREATED:
        return dict.fromkeys(_ids(event.data.get("mentions")), MENTION)
    if is_reply(event) and event.conversation_id is not None:
        return dict.fromkeys(circle.listeners.get(event.conversation_id, ()), REPLY)
    if event.type != EventType.CONVERSATION_UPDATED:
        return {}
    team, assignee = given(event, "team"), given(event, "assignee")
    # What the hub puts before a team it hands out one by one: who gets it is told.
    told = team and _by(event, None).kind != "system"
    found = dict.fromkeys(circle.members.get(team, ()), TEAM) if team and told else {}
    return found | ({assignee: ASSIGNED} if assignee else {})


def is_reply(event: Event) -> bool:
    """A person wrote it to us just now."""
    facts = event.data
    return is_inbound(event) and not facts.get("imported") and not facts.get("automatic")


def given(event: Event, field_name: str) -> UUID | None:
    """Whom a conversation was given to by this event, if it was."""
    changed = event.data.get("changed")
    values = changed.get(field_name) if isinstance(changed, Mapping) else None
    new = values[1] if isinstance(values, Sequence) else None
    return parse_id(new) if isinstance(new, str) else None


def _ids(values: object) -> list[UUID]:
    listed = values if isinstance(values, list) else []
    return [found for one in listed if (found := parse_id(str(one))) is not None]


def look(events: Sequence[Event]) -> Probe | bool:
    """Whether anybody may be concerned by these events (`hub.db.passing`)."""
    if any(_names_somebody(one) for one in events):
        return True
    replied = {one.conversation_id for one in events if is_reply(one)} - {None}
    return Probe(_LISTENERS, {"ids": list(replied)}) if replied else False


def _names_somebody(event: Event) -> bool:
    if event.type == EventType.NOTE_CREATED:
        return bool(event.data.get("mentions"))
    given_away = given(event, "team") or given(event, "assignee")
    return event.type == EventType.CONVERSATION_UPDATED and given_away is not None


async def notify(session: WriteSession, events: Sequence[Event]) -> None:
    """Notify everybody the events concern; the place in the log moves with it."""
    circle = await _circle(session, events)
    concerned = [(event, who) for event in events if (who := addressed(event, circle))]
    entries = await _entries(session, [event for event, _ in concerned])
    wanted = [one for event, who in concerned for one in _notifications(event, who, entries)]
    await notifications.add(session, wanted)


def _notifications(
    event: Event, who: Mapping[UUID, str], entries: Mapping[tuple[UUID, int], _Entry]
) -> list[NewNotification]:
    if event.customer_id is None:
        return []
    entry = _entry_of(event, entries)
    by = _by(event, entry)
    return [
        NewNotification(
            operator_id=operator,
            kind=kind,
            at=event.occurred_at,
            customer_id=event.customer_id,
            conversation_id=event.conversation_id,
            inbox_id=event.inbox_id,
            entry_id=entry.id if entry else None,
            by_kind=by.kind,
            by_id=by.id,
            by_name=by.name,
        )
        for operator, kind in sorted(who.items())
        if operator != by.id
    ]


def _entry_of(event: Event, entries: Mapping[tuple[UUID, int], _Entry]) -> _Entry | None:
    if event.stream_id is None or event.position is None:
        return None
    return entries.get((event.stream_id, event.position))


def _by(event: Event, entry: _Entry | None) -> By:
    if entry is not None and entry.author_kind != "customer":
        return By(entry.author_kind, entry.author_id, entry.author_name)
    said = event.data.get("by")
    if isinstance(said, Mapping):
        actor = said.get("id")
        return By(str(said.get("kind", "")), parse_id(actor) if isinstance(actor, str) else None)
    return By()


async def _circle(session: AnySession, events: Sequence[Event]) -> Circle:
    replied = {one.conversation_id for one in events if is_reply(one)} - {None}
    teams = {
        team
        for one in events
        if one.type == EventType.CONVERSATION_UPDATED and (team := given(one, "team"))
    }
    return Circle(
        await _groups(session, _LISTENERS, replied) if replied else {},
        await _groups(session, _MEMBERS, teams) if teams else {},
    )


async def _groups(
    session: AnySession,
    query: Query,
    ids: Iterable[UUID | None],
) -> dict[UUID, frozenset[UUID]]:
    groups: dict[UUID, frozenset[UUID]] = {}
    for key, operator in await query.rows(session, {"ids": list(ids)}):
        groups[key] = groups.get(key, frozenset()) | {operator}
    return groups


async def _entries(session: AnySession, events: Sequence[Event]) -> dict[tuple[UUID, int], _Entry]:
    keys = [(one.stream_id, one.position) for one in events if one.position is not None]
    if not keys:
        return {}
    rows = await _ENTRIES.rows(
        session, {"streams": [key[0] for key in keys], "positions": [key[1] for key in keys]}
    )
    return {(row["stream_id"], row["position"]): _Entry._make(row) for row in rows}
