"""The catalogue of domain events: what happened, in ids and facts, never text or addresses."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from hub.mappings import NOTHING


class EventType(StrEnum):
    MESSAGE_CREATED = "message.created"
    """A message was recorded, inbound or outbound. data: {"direction"}"""
    MESSAGE_UPDATED = "message.updated"
    """A message was edited, deleted or reacted to. data: {"change"}"""
    MESSAGE_STATUS_CHANGED = "message.status_changed"
    """A delivery moved. data: {"delivery_id", "status", "message_status", "reason"}"""
    MESSAGE_SEEN = "message.seen"
    """An operator has read what the customer wrote, up to this message.

    Told once for each contact point and inbox that is read on. data: {"operator_id"}
    """
    NOTE_CREATED = "note.created"
    """A note was written. data: {"mentions": [operator ids]}, when somebody is mentioned"""
    ACTIVITY_CREATED = "activity.created"
    """A system line was written on a timeline: a link, a merge, an assignment.

    Data: of a conversation's, {"activity": its name}."""
    CONVERSATION_OPENED = "conversation.opened"
    """A unit of work began, or one that was closed is open again."""
    CONVERSATION_UPDATED = "conversation.updated"
    """Status, assignee, team, priority, labels, snooze, close reason or followers changed.

    Data: {"changed": {field: [old, new]}, "by": {"kind", "id"}}; `by` when it was done by hand.
    """
    CONVERSATION_TIMER_WARNED = "conversation.timer_warned"
    """A promised time is nearly over.

    Data: {"timer": first_reply, next_reply, resolution or call_back (after a low score; of no
    policy), "due_at", "policy_id"}
    """
    CONVERSATION_TIMER_BREACHED = "conversation.timer_breached"
    """A promised time is over, and nobody kept it. Data: as of `conversation.timer_warned`"""
    CONVERSATION_DUE_CHANGED = "conversation.due_changed"
    """Its nearest promised time is another one. data: {"due_at"}, null when nothing is due"""
    CUSTOMER_CREATED = "customer.created"
    """Somebody is known for the first time."""
    CUSTOMER_UPDATED = "customer.updated"
    """What is known of a customer changed. data: {"changed": [field names]}"""
    CUSTOMER_RESHAPED = "customer.reshaped"
    """A merge, split or undo moved streams: reload the timeline."""
    ORDER_CREATED = "order.created"
    """Another system pushed a new order. data: {"order_id", "status", "version"}"""
    ORDER_STATUS_CHANGED = "order.status_changed"
    """An order moved on. data: {"order_id", "from", "status", "version"}"""
    ORDER_UPDATED = "order.updated"
    """Something else than the status changed. data: {"order_id", "version"}"""
    CUSTOM_RECEIVED = "custom.received"
    """Another system told of something. data: {"event_id", "name"}"""
    RULE_CHANGED = "rule.changed"
    """A rule was stored, switched on or off, or deleted.

    Data: {"rule_id", "version", "enabled"}; a deleted one is not enabled.
    """
    APPOINTMENT_CREATED = "appointment.created"
    """A new appointment. Data: {"appointment_id", "status", "version", "starts_at"}.

    The other events of appointments have the same.
    """
    APPOINTMENT_MOVED = "appointment.moved"
    """Its start changed. data: also {"was"}"""
    APPOINTMENT_CANCELLED = "appointment.cancelled"
    """It will not take place."""
    APPOINTMENT_MISSED = "appointment.missed"
    """The customer did not come."""
    APPOINTMENT_COMPLETED = "appointment.completed"
    """It took place."""
    APPOINTMENT_ANSWERED = "appointment.answered"
    """Its customer confirmed it, or asked to move or cancel it; the new status says which.

    Data: also {"answer": confirm, move or cancel, "channel"}
    """
    APPOINTMENT_UPDATED = "appointment.updated"
    """Something else of it changed."""
    INBOX_STATE_CHANGED = "inbox.state_changed"
    """An inbox opened, went down or is misconfigured. data: {"inbox_id", "state"}"""
    QUARANTINE_ADDED = "quarantine.added"
    """Input could not be stored as a message. data: {"quarantine_id"}"""
    NOTIFICATION_CREATED = "notification.created"
    """For one operator alone. data: {"operator_id", "notification_id", "kind"}"""
    NOTIFICATION_READ = "notification.read"
    """For one operator alone, on another of their screens. data: {"operator_id", "ids"}"""


FOR_ONE = frozenset({EventType.NOTIFICATION_CREATED, EventType.NOTIFICATION_READ})
"""What nobody but the operator named in its data is told."""


class NewEvent(NamedTuple):
    """An event about to be appended.

    stream_id, position: of the entry it is about, when it is about one.
    inbox_id: whose team may see it; None = everybody who may read at all.
    rule_id, depth: the rule that caused it and how many rules deep the chain is (0 = a person or a
    system outside): what stops loops, also after a restart.
    """

    type: EventType
    occurred_at: datetime
    customer_id: UUID | None = None
    conversation_id: UUID | None = None
    stream_id: UUID | None = None
    position: int | None = None
    inbox_id: UUID | None = None
    data: Mapping[str, object] = NOTHING
    rule_id: UUID | None = None
    depth: int = 0


class Event(NamedTuple):
    """A committed, numbered event; `seq` is dense, from 1."""

    seq: int
    id: UUID
    type: str
    occurred_at: datetime
    customer_id: UUID | None
    conversation_id: UUID | None
    stream_id: UUID | None
    position: int | None
    inbox_id: UUID | None
    data: Mapping[str, object]
    rule_id: UUID | None
    depth: int


def is_inbound(event: Event) -> bool:
    """A message that came in, by whomever and whenever it was written."""
    return event.type == EventType.MESSAGE_CREATED and event.data.get("direction") == "inbound"


def places(events: Iterable[Event]) -> dict[str, object]:
    """Where the entries of these events stand, as two arrays for `unnest`: streams, positions."""
    told = [(one.stream_id, one.position) for one in events if one.stream_id is not None]
    return {"streams": [stream for stream, _ in told], "positions": [place for _, place in told]}
