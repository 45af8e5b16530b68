"""The one answer that goes out whatever was asked for: help, the confirmation of a stop."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from hub.clock import rfc3339
from hub.conversations import ledger
from hub.conversations.draft import Author, Draft, Sender
from hub.conversations.outbound.reach import Channels
from hub.conversations.outbound.reply import attempt_send
from hub.db.engine import WriteSession
from hub.inboxes.open_inbox import InboxRef
from hub.operators.access import SYSTEM

WITHIN = timedelta(hours=1)
"""A confirmation that comes later puzzles more than it tells."""

_SINCE = text("SELECT opted_out_at FROM contact_points WHERE id = :id")


@dataclass(frozen=True, slots=True)
class Owed:
    """`text` for a contact point of the customer `root_id`, whose row is locked.

    stop: it confirms a stop: once for each, however often the customer repeats the word.
    """

    contact_point_id: UUID
    root_id: UUID
    text: str
    stop: bool


async def answer(
    session: WriteSession, inbox: InboxRef, owed: Owed, registry: Channels, now: datetime
) -> None:
    """Queue it; where there is no way to send it, the decision says so."""
    if owed.stop and not await _is_first(session, inbox, owed.contact_point_id):
        return
    draft = Draft(
        text=owed.text,
        contact_point=owed.contact_point_id,
        inbox_id=inbox.id,
        force=True,
        automatic=True,
        deliver_within=WITHIN,
    )
    by = Sender(SYSTEM, Author("system", None, inbox.name))
    await attempt_send(session, owed.root_id, draft, by=by, registry=registry, now=now)


async def _is_first(session: WriteSession, inbox: InboxRef, contact_point_id: UUID) -> bool:
    since: datetime | None = await (await session.connection()).scalar(
        _SINCE, {"id": contact_point_id}
    )
    if since is None:
        return False
    name = f"owed:{contact_point_id}:{rfc3339(since)}"
    return bool(await ledger.claim(session, [(inbox.id, name)]))
