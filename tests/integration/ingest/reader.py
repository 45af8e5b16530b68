"""A process that reads risky input and dies of it: `reader.py URL INBOX`.

Prints "refused" and lives when the input was not to be tried.
"""

import asyncio
import os
import signal
import sys
from uuid import UUID

from hub import clock
from hub.conversations.inbound.ingest import Ingest
from hub.db.engine import Database
from hub.inboxes.open_inbox import InboxRef
from hub.timeline.files import FileStore


async def read(url: str, inbox_id: UUID) -> None:
    async with Database.open(url) as database:
        ingest = Ingest(database, clock.now, FileStore(database), tell=lambda _: None)
        sink = ingest.sink(InboxRef(inbox_id, "email", "Mail", "main"))
        async with sink.risky(b"deadly bytes", "mail-1") as may:
            if may:
                os.kill(os.getpid(), signal.SIGKILL)
            print("refused", flush=True)  # noqa: T201
        await ingest.close()


if __name__ == "__main__":
    asyncio.run(read(sys.argv[1], UUID(sys.argv[2])))
