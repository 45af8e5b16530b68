"""The durable reader that plans what webhooks are told: each event once, in the log's order."""

from collections.abc import Sequence

from hub.clock import Clock
from hub.db.engine import WriteSession
from hub.db.passing import Probe
from hub.db.rows import Query
from hub.events import FOR_ONE, Event
from hub.webhooks.enqueue import ALL, enqueue

_LISTENING = Query("""
    SELECT FROM webhooks WHERE enabled AND events && CAST(:types AS text[])
""")


def look(events: Sequence[Event]) -> Probe | bool:
    """Whether any webhook is to be told of these events (`hub.db.passing`)."""
    types = {str(one.type) for one in events} - FOR_ONE
    return Probe(_LISTENING, {"types": [ALL, *types]}) if types else False


class WebhookReader:
    """A handler for `hub.db.reader.follow`: the plans commit with its place in the log."""

    NAME = "webhooks"

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def __call__(self, session: WriteSession, events: Sequence[Event]) -> None:
        await enqueue(session, events, self._clock())
