"""What is said of an inbox in its row: on change only, by the node that may speak for it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import text

from hub.db.engine import Database
from hub.db.event_log import append
from hub.errors import HubError
from hub.events import EventType, NewEvent
from hub.ports import ChannelError, InboxMisconfigured, SinkUnavailable


@dataclass(frozen=True, slots=True)
class State:
    """How an inbox is, in words for an administrator."""

    state: Literal["opening", "open", "down", "misconfigured"]
    detail: str = ""
    remedy: str = ""


OPENING = State("opening")
OPEN = State("open")

# Whoever holds the lease receives, so it alone knows: others speak only while nobody holds it.
_WRITE = text("""
    WITH before AS MATERIALIZED (
        SELECT id, state FROM inboxes
        WHERE id = :id AND version = :version AND enabled
          AND (state, detail, remedy) IS DISTINCT FROM (:state, :detail, :remedy)
          AND (:holding OR NOT EXISTS (
                SELECT FROM leases WHERE name = :lease AND until >= now()))
        FOR UPDATE
    )
    UPDATE inboxes SET state = :state, detail = :detail, remedy = :remedy, state_at = :now
    FROM before WHERE inboxes.id = before.id
    RETURNING before.state AS earlier
""")


_REMARK = text("""
    UPDATE inboxes SET detail = :detail, remedy = :remedy
    WHERE id = :id AND state = 'open' AND (detail, remedy) IS DISTINCT FROM (:detail, :remedy)
""")


def lease_name(inbox_id: UUID) -> str:
    """The lease of the node that receives for the inbox."""
    return f"inbox:{inbox_id}"


def fault(error: Exception) -> State:
    """What an error that closed an inbox means; words of an unknown one are for the log only."""
    if isinstance(error, InboxMisconfigured):
        return State("misconfigured", str(error), error.remedy)
    if isinstance(error, HubError):
        named = [f"{field}: {words}" for field, words in error.fields.items()]
        return State("misconfigured", " ".join([str(error), *named]), error.remedy)
    if isinstance(error, ChannelError):
        return State("down", str(error), "It is tried again by itself.")
    if isinstance(error, SinkUnavailable):
        return State("down", "The hub's database is away.", "It is tried again by itself.")
    return State(
        "down",
        f"The channel failed: {type(error).__name__}.",
        "It is tried again by itself; the hub's log says more.",
    )


async def write(
    database: Database, inbox: tuple[UUID, int], state: State, *, holding: bool, now: datetime
) -> bool:
    """Record the state of inbox (id, version), unless known, outdated, or another's to say.

    True when it was not in this state before.
    """
    inbox_id, version = inbox
    row = {
        "id": inbox_id,
        "version": version,
        "state": state.state,
        "detail": state.detail,
        "remedy": state.remedy,
        "holding": holding,
        "lease": lease_name(inbox_id),
        "now": now,
    }
    async with database.transaction() as session:
        earlier = await session.scalar(_WRITE, row)
        turned = earlier is not None and earlier != state.state
        if turned:
            data = {"inbox_id": str(inbox_id), "state": state.state}
            event = NewEvent(EventType.INBOX_STATE_CHANGED, now, inbox_id=inbox_id, data=data)
            await append(session, [event])
    return turned


async def remark(database: Database, inbox_id: UUID, detail: str, remedy: str) -> None:
    """Say something of an open inbox that is no fault."""
    async with database.transaction() as session:
        await session.execute(_REMARK, {"id": inbox_id, "detail": detail, "remedy": remedy})
