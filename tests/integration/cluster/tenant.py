"""A process that uses a cluster until its input ends: something for tests to kill.

Prints one JSON line when it is in: {"process", "postmaster", "host", "url", "bin_dir"}, or
{"refused", "remedy"} when it is not.
"""

import argparse
import asyncio
import json
import os
import pwd
import signal
import sys
from contextlib import AsyncExitStack
from pathlib import Path

import structlog

from hub.db.cluster import embedded_cluster, hub_lock
from hub.db.cluster.binaries import find_wheel
from hub.errors import HubError


async def use(data_dir: Path, *, serving: bool) -> None:
    log = structlog.get_logger()
    async with AsyncExitStack() as stack:
        if serving:
            await stack.enter_async_context(hub_lock(data_dir))
        cluster = embedded_cluster(data_dir, log=log, throw_away=True)
        address = await stack.enter_async_context(cluster)
        say(
            process=os.getpid(),
            postmaster=address.pid,
            host=address.host,
            url=address.url,
            bin_dir=str(address.bin_dir),
        )
        await end_of_input()


async def end_of_input() -> None:
    ended = asyncio.Event()
    asyncio.get_running_loop().add_reader(sys.stdin, ended.set)
    await ended.wait()


def become(name: str) -> None:
    # Only now, and after a rehearsal that imports what is imported late: the interpreter may lie
    # where that user may not read it (below root's home).
    asyncio.run(asyncio.to_thread(find_wheel))
    entry = pwd.getpwnam(name)
    os.setgroups([])
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)


def say(**facts: object) -> None:
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("--serving", action="store_true")
    parser.add_argument("--as-user", help="become this user, once everything is imported")
    arguments = parser.parse_args()
    # A test run in a shell's background hands down that Ctrl-C is ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if arguments.as_user:
        become(arguments.as_user)
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    try:
        asyncio.run(use(arguments.data_dir, serving=arguments.serving))
    except HubError as error:
        say(refused=str(error), remedy=error.remedy)


if __name__ == "__main__":
    main()
