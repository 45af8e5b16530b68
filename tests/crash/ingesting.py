"""One process that ingests N messages through a sink and prints how its memory grows.

    python -m tests.crash.ingesting URL INBOX N

Prints one line of JSON: resident bytes after a tenth, after a half and at the end, and seconds.
"""

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from uuid import UUID

import psutil

from hub import clock
from hub.conversations.inbound.ingest import Ingest
from hub.db.engine import Database
from hub.inboxes.open_inbox import InboxRef
from hub.ports import Accepted, Address, InboundMessage, Proof, Sink
from hub.timeline.files import FileStore

AT_ONCE = 200
CUSTOMERS = 1000


async def _feed(sink: Sink, numbers: Iterator[int]) -> None:
    for n in numbers:
        accepted = await sink.message(
            InboundMessage(
                external_id=f"m{n}",
                address=Address("fake", f"customer-{n % CUSTOMERS}"),
                text=f"Message {n}: when will the order come, and where is it now?",
                occurred_at=clock.now(),
                proof=Proof.PROVIDER,
            )
        )
        assert isinstance(accepted, Accepted)


async def main(url: str, inbox: str, count: int) -> None:
    sizes, begun = [], time.monotonic()
    async with Database.open(url) as database:
        ingest = Ingest(database, clock.now, FileStore(database), tell=lambda _: None)
        sink = ingest.sink(InboxRef(UUID(inbox), "fake", "Shop", "main"))
        done = 0
        for upto in (count // 10, count // 2, count):
            numbers = iter(range(done, upto))
            async with asyncio.TaskGroup() as group:
                for _ in range(AT_ONCE):
                    group.create_task(_feed(sink, numbers))
            done = upto
            sizes.append(psutil.Process().memory_info().rss)
        await ingest.close()
    facts = {"resident": sizes, "seconds": round(time.monotonic() - begun, 1)}
    print(json.dumps(facts))  # noqa: T201 - what it is for


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
