"""The durable reader that plans what webhooks are told: each event once, in the log's order."""

from collections.abc import Sequence

from hub.clock import Clock
from hub.db.engine import WriteSession
from hub.events import Event
from hub.webhooks.enqueue import enqueue


class WebhookReader:
    """A handler for `hub.db.reader.follow`: the plans commit with its place in the log."""

    NAME = "webhooks"

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def __call__(self, session: WriteSession, events: Sequence[Event]) -> None:
        await enqueue(session, events, self._clock())
