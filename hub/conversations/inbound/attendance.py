"""Who looks at a chat on this node, told to the other nodes as long as it is true."""

import asyncio
from contextlib import suppress

from hub.customers import visitors
from hub.customers.visitors import Place
from hub.db.engine import Database
from hub.db.outage import Outage
from hub.ids import new_id

_AGAIN = 15.0
"""Seconds until all who are there are named again."""
_GATHER = 0.5
"""Seconds in which comings and goings are put together: a page that is reloaded is no news."""


class Attendance:
    """Filled by the sinks of this process; `run` writes it down."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._node_id = new_id()
        self._here: set[Place] = set()
        self._gone: set[Place] = set()
        self._changed = asyncio.Event()

    def note(self, place: Place, *, here: bool) -> None:
        """Somebody has come, or gone."""
        (self._here if here else self._gone).add(place)
        (self._gone if here else self._here).discard(place)
        self._changed.set()

    async def run(self) -> None:
        """Until cancelled. What this node has said of its visitors then ends by itself."""
        outage = Outage("visitors")
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(_AGAIN):
                    await self._changed.wait()
            await asyncio.sleep(_GATHER)
            try:
                await self.write()
                outage.over()
            except Exception as error:  # noqa: BLE001 - Outage logs it
                await asyncio.sleep(outage.failed(error))

    async def write(self) -> None:
        """Say once who is here; raises what the database raises, and then forgets nothing."""
        self._changed.clear()
        here, gone = frozenset(self._here), frozenset(self._gone)
        if not here and not gone:
            return
        async with self._database.transaction() as session:
            await visitors.say(session, self._node_id, here, gone)
        # Who came back meanwhile is no longer among the gone.
        self._gone -= gone
