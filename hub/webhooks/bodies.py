"""What a call says: byte for byte what the live socket says of the same event."""

from uuid import UUID

import orjson

from hub.clock import rfc3339
from hub.db import event_log
from hub.db.engine import AnySession
from hub.timeline.hydrate import Summaries, hydrate
from hub.webhooks.lanes import Head


async def body_of(session: AnySession, head: Head, summaries: Summaries) -> bytes | None:
    """The body of a delivery as things are now; None when its event is no longer in the log."""
    if head.body:
        return _of_call(head)
    events = await event_log.read(session, after=head.seq - 1, limit=1)
    if not events or events[0].id != head.event_id:
        return None
    [told] = await hydrate(session, events, summaries, {})
    return told.frame


def _of_call(head: Head) -> bytes:
    return orjson.dumps(
        {
            "seq": None,
            "type": head.type,
            "id": _text(head.event_id),
            "occurred_at": head.body.get("occurred_at", rfc3339(head.created_at)),
            "customer_id": _text(head.customer_id),
            "conversation_id": head.body.get("conversation_id"),
            "data": head.body.get("data", {}),
        }
    )


def _text(value: UUID | None) -> str | None:
    return None if value is None else str(value)
