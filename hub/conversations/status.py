"""What may become of a conversation: its status, and everything an operator can set on it."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from enum import Enum, StrEnum
from typing import Final, Literal
from uuid import UUID

from hub.conversations.activities import Activity
from hub.errors import Invalid


class ConversationStatus(StrEnum):
    OPEN = "open"
    PENDING = "pending"
    """Waits for the customer or for somebody outside."""
    SNOOZED = "snoozed"
    """Out of sight until `snoozed_until`, or until the customer writes."""
    CLOSED = "closed"


HIGHEST_PRIORITY = 4
SPAM = "spam"
"""The reason of what is closed because its sender is blocked."""
MOST_LABELS = 50


class _Unset(Enum):
    UNSET = "unset"


UNSET: Final = _Unset.UNSET
"""Left as it is; None is a value of its own (nobody, no team, not snoozed)."""
Unset = Literal[_Unset.UNSET]


@dataclass(frozen=True, slots=True)
class State:
    """What an operator can change of a conversation, and what follows from it."""

    status: str
    assignee_id: UUID | None
    team_id: UUID | None
    priority: int
    labels: tuple[str, ...]
    snoozed_until: datetime | None
    closed_at: datetime | None
    waiting_since: datetime | None
    last_inbound_at: datetime | None
    close_reason: str = ""


@dataclass(frozen=True, slots=True)
class Patch:
    """The wished changes. `snoozed_until` alone snoozes; None wakes.

    close_reason: a word of the company's own, for a conversation that is, or becomes, closed.
    """

    status: str | Unset = UNSET
    assignee_id: UUID | Unset | None = UNSET
    team_id: UUID | Unset | None = UNSET
    priority: int | Unset = UNSET
    labels: tuple[str, ...] | Unset = UNSET
    snoozed_until: datetime | Unset | None = UNSET
    close_reason: str | Unset = UNSET


def change(state: State, patch: Patch, now: datetime) -> State:
    """The state after `patch`; raises Invalid, naming the field."""
    after = _with_status(state, patch, now)
    if patch.assignee_id is not UNSET:
        after = replace(after, assignee_id=patch.assignee_id)
    if patch.team_id is not UNSET:
        after = replace(after, team_id=patch.team_id)
    if patch.priority is not UNSET:
        if not 0 <= patch.priority <= HIGHEST_PRIORITY:
            raise _invalid("priority", f"A priority is a number from 0 to {HIGHEST_PRIORITY}.")
        after = replace(after, priority=patch.priority)
    if patch.labels is not UNSET:
        after = replace(after, labels=_labels(patch.labels))
    return after


def _with_status(state: State, patch: Patch, now: datetime) -> State:
    until = state.snoozed_until if patch.snoozed_until is UNSET else patch.snoozed_until
    status = _wished_status(state, patch)
    if status not in set(ConversationStatus):
        raise _invalid("status", "A conversation is open, pending, snoozed or closed.")
    if status != ConversationStatus.SNOOZED:
        until = None
    elif until is None or until <= now:
        raise _invalid("snoozed_until", "Say until when, and choose a time to come.")
    closed = status == ConversationStatus.CLOSED
    reason = state.close_reason if patch.close_reason is UNSET else patch.close_reason
    if not closed and patch.close_reason not in (UNSET, ""):
        raise _invalid("close_reason", "Only what is closed has a reason for it.")
    return replace(
        state,
        status=status,
        snoozed_until=until,
        closed_at=(state.closed_at or now) if closed else None,
        close_reason=reason if closed else "",
        waiting_since=None if closed else state.waiting_since,
    )


def _wished_status(state: State, patch: Patch) -> str:
    if patch.status is not UNSET:
        return patch.status
    if patch.snoozed_until is UNSET:
        return state.status
    if patch.snoozed_until is not None:
        return ConversationStatus.SNOOZED
    woken = state.status == ConversationStatus.SNOOZED
    return ConversationStatus.OPEN if woken else state.status


def _labels(labels: tuple[str, ...]) -> tuple[str, ...]:
    """Trimmed, without repeats, in alphabetical order."""
    kept = sorted({label.strip() for label in labels} - {""})
    if len(kept) > MOST_LABELS:
        raise _invalid("labels", f"A conversation has at most {MOST_LABELS} labels.")
    return tuple(kept)


def _invalid(field: str, message: str) -> Invalid:
    return Invalid(message, fields={field: message})


_TOLD = (
    "status",
    "assignee_id",
    "team_id",
    "priority",
    "labels",
    "snoozed_until",
    "close_reason",
)


def changed(before: State, after: State) -> dict[str, tuple[object, object]]:
    """{field: (old, new)} of what an operator can see has changed."""
    return {
        field.name: (old, new)
        for field in fields(State)
        if field.name in _TOLD
        and (old := getattr(before, field.name)) != (new := getattr(after, field.name))
    }


def activities(
    differences: Mapping[str, tuple[object, object]], names: Mapping[UUID, str], how: str = ""
) -> list[Activity]:
    """The lines of the timeline that tell of it; `names`: of operators and teams."""
    told = [_told(field, old, new, names) for field, (old, new) in differences.items()]
    _, reason = differences.get("close_reason", ("", ""))
    return [_with_how(_with_reason(one, reason), how) for one in told if one is not None]


def _with_how(activity: Activity, how: str) -> Activity:
    assigned = how and activity.name == "conversation.assigned"
    return Activity(activity.name, {**activity.facts, "how": how}) if assigned else activity


def _with_reason(activity: Activity, reason: object) -> Activity:
    closed = activity.name == _STATUS_WORDS["closed"]
    return Activity(activity.name, {"reason": reason}) if closed and reason else activity


_STATUS_WORDS = {
    "open": "conversation.reopened",
    "pending": "conversation.pending",
    "snoozed": "conversation.snoozed",
    "closed": "conversation.closed",
}


def _told(field: str, old: object, new: object, names: Mapping[UUID, str]) -> Activity | None:
    match field:
        case "status":
            return Activity(_STATUS_WORDS[str(new)])
        case "assignee_id" | "team_id":
            return _given(field.removesuffix("_id"), new, names)
        case "priority":
            return Activity("conversation.prioritised", {"from": old, "to": new})
        case "labels":
            return Activity("conversation.labelled", {"from": old, "to": new})
        case _:
            return None


def _given(to_what: str, new: object, names: Mapping[UUID, str]) -> Activity:
    prefix = "conversation." if to_what == "assignee" else "conversation.team_"
    if not isinstance(new, UUID):
        return Activity(f"{prefix}unassigned")
    return Activity(f"{prefix}assigned", {to_what: {"id": str(new), "name": names.get(new, "")}})
