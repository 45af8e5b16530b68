"""What a conversation takes over from one that is merged into it, and what it gives back.

Pure. Of the two the more awake one counts, the one that stays wins where both have something, and
an undo takes back only what nobody has changed since.
"""

from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from hub.clock import rfc3339
from hub.conversations.status import MOST_LABELS, ConversationStatus, State

MERGED = "merged"
"""The reason of what is closed because it became part of another conversation."""
_AWAKE = (
    ConversationStatus.OPEN,
    ConversationStatus.PENDING,
    ConversationStatus.SNOOZED,
    ConversationStatus.CLOSED,
)
_STATUS = ("status", "snoozed_until", "closed_at", "close_reason")
_ALONE = ("assignee_id", "team_id", "priority")


def joined(stays: State, goes: State) -> State:
    """The one that stays, once the other one's messages are in it."""
    awake = min((stays, goes), key=lambda one: _AWAKE.index(ConversationStatus(one.status)))
    labels = tuple(sorted({*stays.labels, *goes.labels}))
    return replace(
        stays,
        **{name: getattr(awake, name) for name in _STATUS},
        assignee_id=stays.assignee_id or goes.assignee_id,
        team_id=stays.team_id or goes.team_id,
        priority=max(stays.priority, goes.priority),
        labels=labels if len(labels) <= MOST_LABELS else stays.labels,
    )


def parted(now: State, before: State, after: State, at: datetime) -> State:
    """The one that stayed, once the other one has left again.

    before, after: its states around the merge, which was `at` that time.
    """
    woken = now.last_inbound_at is not None and now.last_inbound_at > at
    as_left = all(getattr(now, name) == getattr(after, name) for name in _STATUS)
    names = _STATUS if as_left and not woken else ()
    back = {name: getattr(before, name) for name in names}
    for name in _ALONE:
        if getattr(now, name) == getattr(after, name):
            back[name] = getattr(before, name)
    lent = set(after.labels) - set(before.labels)
    labels = tuple([one for one in now.labels if one not in lent])
    parted_ = replace(now, **back, labels=labels)
    closed = parted_.status == ConversationStatus.CLOSED
    return replace(parted_, waiting_since=None) if closed else parted_


def closed(state: State, now: datetime) -> State:
    """What is merged, while it is."""
    return replace(
        state,
        status=ConversationStatus.CLOSED,
        snoozed_until=None,
        closed_at=now,
        waiting_since=None,
        close_reason=MERGED,
    )


def to_json(state: State) -> dict[str, Any]:
    """As it is kept: ids and times as text."""
    return {name: _plain(value) for name, value in asdict(state).items()}


def _plain(value: object) -> object:
    match value:
        case UUID():
            return str(value)
        case datetime():
            return rfc3339(value)
        case _:
            return value


def from_json(kept: Mapping[str, Any]) -> State:
    """The same, read back."""
    return State(**{one.name: _read(one.name, kept[one.name]) for one in fields(State)})


def _read(name: str, value: Any) -> Any:  # noqa: ANN401 - whatever the field holds
    if value is None:
        return None
    if name.endswith("_id"):
        return UUID(value)
    if name.endswith(("_at", "_until", "_since")):
        return datetime.fromisoformat(value)
    return tuple(value) if name == "labels" else value
