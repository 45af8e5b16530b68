"""Sends live visitors away whose visit was ended on another node, or has run out."""

import asyncio

import structlog

from channels.webchat.errors import not_signed_in
from channels.webchat.sockets import Sockets
from channels.webchat.visits import RECHECK, Visits

log = structlog.get_logger(__name__)

_AT_ONCE = 1000
"""Visits looked at with one question to the database."""


class Recheck:
    """Looks at all live visits of this node every `RECHECK`."""

    def __init__(self, visits: Visits, sockets: Sockets) -> None:
        self._visits = visits
        self._sockets = sockets

    async def run(self) -> None:
        """Until cancelled; a look that fails is tried again, and closes nobody's chat."""
        while True:
            await asyncio.sleep(RECHECK.total_seconds())
            try:
                await self._look()
            except Exception as error:  # noqa: BLE001 - whatever it is, the next look may work
                log.warning("webchat.recheck_failed", error=repr(error))

    async def _look(self) -> None:
        live = self._sockets.visits()
        for first in range(0, len(live), _AT_ONCE):
            ended = await self._visits.ended(live[first : first + _AT_ONCE])
            await self._sockets.send_away(ended, not_signed_in())
