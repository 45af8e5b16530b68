"""A process of its own that brings messages through its own sink: `writer.py URL INBOX NAME`.

Prints how many of them were new. Half of the messages carry the same names in every writer.
"""

import asyncio
import sys
from uuid import UUID

from hub import clock
from hub.conversations.inbound.ingest import Ingest
from hub.db.engine import Database
from hub.inboxes.open_inbox import InboxRef
from hub.ports import Accepted, Address
from hub.timeline.files import FileStore
from tests.integration.ingest.conftest import message


async def write(url: str, inbox_id: UUID, name: str) -> int:
    async with Database.open(url) as database:
        ingest = Ingest(database, clock.now, FileStore(database), tell=lambda _: None)
        sink = ingest.sink(InboxRef(inbox_id, "telegram", "Shop", "main"))

        async def bring(n: int) -> bool:
            external_id = f"shared-{n}" if n % 2 else f"{name}-{n}"
            one = message(external_id, address=Address("telegram", str(n % 3)))
            outcome = await sink.message(one)
            return isinstance(outcome, Accepted) and not outcome.duplicate

        fresh = 0
        for start in range(0, 300, 20):
            fresh += sum(await asyncio.gather(*(bring(n) for n in range(start, start + 20))))
        await ingest.close()
        return fresh


if __name__ == "__main__":
    _, url, inbox, name = sys.argv
    print(asyncio.run(write(url, UUID(inbox), name)))  # noqa: T201
