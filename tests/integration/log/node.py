"""A node of its own process, to be killed or frozen: runs the loops it is told to until its end.

    python -m tests.integration.log.node URL relay
    python -m tests.integration.log.node URL lease NAME

A line on standard output says what it has come to hold.
"""

import asyncio
import sys
from contextlib import suppress

from hub.db.engine import Database
from hub.db.leases import LeaseKeeper, LeaseLost
from hub.db.relay import Relay
from hub.tasks import background


def say(word: str) -> None:
    sys.stdout.write(word + "\n")
    sys.stdout.flush()


async def number(database: Database) -> None:
    relay = Relay(database)
    async with background() as tasks:
        tasks.start(relay.run(), "relay")
        led = False
        while True:
            if relay.leading != led:
                led = relay.leading
                say("leading" if led else "following")
            await asyncio.sleep(0.01)


async def hold(database: Database, name: str) -> None:
    async with LeaseKeeper.open(database) as keeper:
        while True:
            with suppress(LeaseLost):
                async with keeper.lease(name):
                    say("held")
                    await asyncio.Event().wait()
            say("lost")


async def main(url: str, role: str, *args: str) -> None:
    async with Database.open(url) as database:
        await (number(database) if role == "relay" else hold(database, *args))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
