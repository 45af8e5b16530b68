"""`make bench`: every row of the performance targets that needs no peer, against its floor.

    python -m tests.bench [--full] [--only 5,6] [--rounds 5]

Ratios carry over to another machine, absolute figures do not. Exit code 1 when a target is missed.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path

import asyncpg
import structlog
import uvloop

from hub import logs
from hub.cli.serving import settle
from hub.db import migrate
from hub.db.cluster import ClusterAddress, embedded_cluster
from hub.db.engine import Database
from tests.bench import (
    chat,
    console,
    due,
    identity,
    ingest,
    live,
    mail,
    mailbox,
    notices,
    reads,
    reminders,
    rules,
    sms,
    telegram,
    widget,
    widgets,
)
from tests.bench.mail_sending import measure as mail_sending
from tests.bench.measure import Row, Size

log = structlog.get_logger(__name__)

Measure = Callable[[Database, Size], AsyncIterator[Row]]
MEASURES: dict[str, Measure] = {
    "1,2": mail.measure,
    "3,4": chat.measure,
    "5": ingest.measure,
    "6": due.measure,
    "7": live.measure,
    "widgets": widgets.measure,
    "widget": widget.measure,
    "console": console.measure,
    "8": reads.measure,
    "9-sms": sms.measure,
    "mail-out": mail_sending,
    "mailbox": mailbox.measure,
    "9-telegram": telegram.measure,
    "identity": identity.measure,
    "reminders": reminders.measure,
    "10": rules.measure,
    "notice": notices.measure,
}


@asynccontextmanager
async def fresh_database(cluster: ClusterAddress, name: str) -> AsyncIterator[Database]:
    """A migrated database of this measure's own, on a server that really flushes."""
    admin = await asyncpg.connect(**cluster.dsn)
    await admin.execute(f'CREATE DATABASE "{name}"')
    await admin.close()
    url = cluster.url.replace(f"/{cluster.database}?", f"/{name}?")
    async with Database.open(url) as database:
        await migrate.upgrade(database.engine)
        yield database


@contextmanager
def short_folder() -> Iterator[Path]:
    """A folder for a cluster: its server may run as another user, its socket's path be short."""
    with tempfile.TemporaryDirectory(prefix="besedka-bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        yield folder


def say(line: str = "") -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def show(one: Row) -> None:
    verdict = f"wanted {one.wanted:<7} {'met' if one.met else 'MISSED'}" if one.wanted else ""
    say(
        f"{one.target:>2}  {one.what}\n"
        f"    {one.ours:>12,.2f} {one.unit}   floor {one.floor:>12,.2f}   "
        f"ratio {one.ratio:>5.2f}   {verdict}"
    )


def sum_up(took: Mapping[str, float]) -> None:
    """Say where the time of the whole has gone, the longest first; `took` in seconds."""
    longest = sorted(took.items(), key=lambda one: -one[1])
    rows = ", ".join(f"{targets}: {seconds:.0f}" for targets, seconds in longest)
    say(f"\n{sum(took.values()) / 60:.1f} minutes in all; seconds of each: {rows}")


async def run(size: Size, only: set[str]) -> bool:
    """Measure and print; True when every target was met."""
    met = True
    took: dict[str, float] = {}
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(short_folder())
        cluster = await stack.enter_async_context(
            embedded_cluster(folder, log=structlog.get_logger())
        )
        for targets, measure in MEASURES.items():
            if only and only.isdisjoint(targets.split(",")):
                continue
            begun = time.monotonic()
            try:
                async with fresh_database(cluster, f"bench_{targets}") as database:
                    async for one in measure(database, size):
                        show(one)
                        met = met and one.met
            except Exception as error:
                # One row that cannot be had, for lack of a browser say, does not cost the others.
                log.exception("bench.failed", targets=targets)
                say(f"{targets}  could not be measured: {error!r}"[:500])
                met = False
            took[targets] = time.monotonic() - begun
            say(f"    ({took[targets]:.0f} s)")
    sum_up(took)
    return met


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--full", action="store_true", help="the full size of the targets")
    parser.add_argument("--only", default="", help="targets, comma-separated")
    parser.add_argument("--rounds", type=int, default=5)
    told = parser.parse_args()
    logs.configure("console", level=30)
    # As in a hub that serves: for the floors of this process too.
    settle()
    size = Size(full=told.full, rounds=told.rounds)
    met = uvloop.run(run(size, set(filter(None, told.only.split(",")))))
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
