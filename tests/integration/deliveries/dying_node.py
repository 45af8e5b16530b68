"""A node that sends from lanes and stops where it is told, to be killed there.

    python -m tests.integration.deliveries.dying_node URL INBOX POINT SAFE FILE

What its provider was given is appended to FILE. POINT: `claimed` (nothing committed but the
claim), `marking` (inside the transaction that marks deliveries as sending), `sending` (marked,
nothing handed over), `sent` (handed over, nothing recorded), `never` (works until it is killed).
"""

import asyncio
import sys
import time
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from typing_extensions import override

from hub import clock
from hub.db.engine import Database
from hub.deliveries.outbox import PACES, Outbox
from hub.due import queue
from hub.due.loop import DueLoop
from hub.inboxes.open_inbox import InboxRef, OpenInbox
from hub.ports import OutboundMessage, SendReceipt
from tests.integration.deliveries.scene import CAPABILITIES, SAFE, Channel


def say(word: str) -> None:
    print(word, flush=True)  # noqa: T201 - how it talks to the test


class Provider(Channel):
    def __init__(self, point: str, *, safe: bool, file: Path) -> None:
        super().__init__(SAFE if safe else CAPABILITIES)
        self.point, self.file = point, file

    @override
    async def send(self, message: OutboundMessage, /) -> SendReceipt:
        await self.stop_at("sending")
        with self.file.open("a") as given:
            given.write(f"{message.delivery_id}\n")
        await self.stop_at("sent")
        await asyncio.sleep(0.002)
        return SendReceipt(f"x-{message.delivery_id}")

    async def stop_at(self, point: str) -> None:
        if self.point == point:
            say(point)
            await asyncio.Event().wait()


async def main(url: str, inbox: str, point: str, safe: str, file: str) -> None:
    provider = Provider(point, safe=safe == "safe", file=Path(file))
    opened = OpenInbox(
        InboxRef(UUID(inbox), "fake", "shop", "main"),
        provider,
        provider.capabilities,
        provider.misconfigured.append,
    )

    def senders(_inbox_id: UUID) -> OpenInbox:
        if point == "marking":
            say("marking")
            time.sleep(60)  # the transaction is open and stays so
        return opened

    async with Database.open(url) as database:
        outbox = Outbox(database, clock.now, senders)
        if point == "never":
            say("working")
            await DueLoop(database, clock.now, outbox.handlers, paces=PACES).run()
        async with database.transaction() as session:
            claims = await queue.claim(
                session, ["lane"], now=clock.now(), limit=50, lease=timedelta(seconds=60)
            )
        if point == "claimed":
            say("claimed")
            await asyncio.Event().wait()
        await outbox.lanes(claims)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
