"""`make soak`: a hub, its twins and a crowd for MINUTES; prints a row a minute and a verdict."""

import argparse
import asyncio
import shutil
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import aiohttp
import psutil
import structlog
from sqlalchemy import text

from hub import clock
from hub.db import migrate
from hub.db.cluster import embedded_cluster
from hub.db.engine import Database
from hub.demo import doors
from hub.demo.doors import Api
from hub.inboxes import twins
from hub.ports import RunningTwin
from hub.tasks import background
from tests.cluster import end_servers_below, open_folder
from tests.installation import Hub, environment, furnished, opened, serving
from tests.soak.copies import Copy, copied
from tests.soak.people import Crowd
from tests.soak.verdict import Books, Row, heading, judge, judge_copies, line

CHANNELS = ("email", "telegram", "sms")
_RULE = {
    "name": "Order status",
    "trigger": {"on": "order.status_changed"},
    "actions": [{"send": {"template": "order-status", "purpose": "service"}}],
}

_RECENT = text("""
    SELECT text, recorded_at FROM entries
    WHERE direction = 'inbound' AND recorded_at > :since AND text LIKE 'soak %'
""")
_COUNTS = text("""
    SELECT (SELECT count(*) FROM entries WHERE direction = 'inbound'
            AND text LIKE 'soak %') AS recorded,
           (SELECT count(*) FROM deliveries WHERE status IN ('queued', 'sending')) AS queue,
           (SELECT count(*) FROM deliveries WHERE status IN ('unknown', 'failed')) AS unsure,
           (SELECT count(*) FROM quarantine WHERE resolved_at IS NULL) AS quarantine,
           (SELECT coalesce(extract(epoch FROM now() - min(ready_at)), 0)::float8 FROM due
            WHERE ready_at <= now() AND (lease_until IS NULL OR lease_until <= now())) AS late
""")
_SAID = text("""
    SELECT btrim(text) AS said, count(*) AS times FROM entries
    WHERE direction = 'inbound' AND text LIKE 'soak %' GROUP BY 1
""")
_ENDS = text("""
    SELECT (SELECT count(*) FROM unnest(CAST(:answers AS uuid[])) AS a(id)
            WHERE NOT EXISTS (SELECT 1 FROM deliveries AS d WHERE d.entry_id = a.id)) AS missing,
           (SELECT count(*) FROM deliveries
            WHERE status IN ('queued', 'sending', 'waiting', 'scheduled')) AS unended,
           (SELECT count(*) FROM skipped_events) AS skipped
""")


@dataclass
class Soak:
    """A serving hub, what is asked of it, and what is seen."""

    hub: Hub
    database: Database
    crowd: Crowd
    copies: list[Copy] = field(default_factory=list)

    async def row(self, minute: int) -> Row:
        now, book = clock.now(), self.crowd.book
        async with self.database.reading() as session:
            counts = (await session.execute(_COUNTS)).one()
            rows = await session.execute(_RECENT, {"since": now - timedelta(minutes=1)})
            lags = sorted(
                (row.recorded_at - book.said[row.text.strip()]).total_seconds()
                for row in rows
                if row.text.strip() in book.said
            )
        return Row(
            minute=minute,
            said=len(book.said),
            recorded=counts.recorded,
            answered=len(book.answers),
            lag=max(0.0, lags[int(len(lags) * 0.95)]) if lags else 0.0,
            late=max(0.0, counts.late),
            queue=counts.queue,
            unsure=counts.unsure,
            quarantine=counts.quarantine,
            memory=psutil.Process(self.hub.process.pid).memory_info().rss / 1e6,
            faults=book.faults,
        )

    async def books(self) -> Books:
        book = self.crowd.book
        async with self.database.reading() as session:
            times = {row.said: row.times for row in await session.execute(_SAID)}
            ends = (await session.execute(_ENDS, {"answers": list(book.answers)})).one()
        return Books(
            lost=len(book.said.keys() - times.keys()),
            doubled=sum(number > 1 for number in times.values()),
            answers_lost=ends.missing,
            unended=ends.unended,
            skipped=ends.skipped,
        )

    async def copy(self, folder: Path, wait: float = 0) -> None:
        """Make a copy after so many seconds, and read it back elsewhere."""
        await asyncio.sleep(wait)
        self.copies.append(await copied(self.hub, self.database, folder))
        _say(f"{folder.name}: {self.copies[-1]}")

    async def settled(self, within: float) -> None:
        """Until nothing is under way any more, or time is up: the books will say."""
        end = clock.now() + timedelta(seconds=within)
        while clock.now() < end:
            found = await self.books()
            if not found.lost and not found.unended:
                return
            await asyncio.sleep(1)


@asynccontextmanager
async def _open(folder: Path, rate: float) -> AsyncIterator[Soak]:
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        stack.callback(end_servers_below, folder)
        running = embedded_cluster(folder / "cluster", log=structlog.get_logger())
        address = await enter(running)
        database = await enter(Database.open(address.url, pool_size=4))
        await migrate.upgrade(database.engine)
        token = await furnished(address.url)
        hub = await enter(serving(environment(address.url, folder / "data"), folder / "hub.log"))
        http = await enter(aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)))
        api = doors.with_token(http, hub.url, token)
        found = twins.load()
        served = {
            name: await enter(found[name].serve("127.0.0.1", 0, _made(folder / name)))
            for name in CHANNELS
        }
        chat = await _furnish(api, served)
        crowd = Crowd(api, served, chat, rate)
        await crowd.gather()
        yield Soak(hub, database, crowd)


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


async def _furnish(api: Api, served: Mapping[str, RunningTwin]) -> str:
    """An inbox for each channel and the rule of notices; the address of the chat."""
    inboxes = []
    for name, twin in served.items():
        body = {"channel": name, "name": name, "settings": dict(twin.settings)}
        made = await api.call("POST", "/api/v1/inboxes", body)
        await twin.connect({key: url for key, url in made["urls"].items() if url})
        inboxes.append(made["id"])
    free = {
        "messages_per_minute": 0,
        "address_messages_per_minute": 0,
        "visits_per_minute": 0,
    }
    body = {"channel": "webchat", "name": "chat", "settings": free}
    chat = (await api.call("POST", "/api/v1/inboxes", body))["id"]
    await api.call("PUT", "/api/v1/rules", _RULE)
    await opened(f"{api.base}/channels/{chat}/widget.js")
    async with asyncio.timeout(60):
        for inbox in inboxes:
            while (await api.call("GET", f"/api/v1/inboxes/{inbox}"))["state"] != "open":  # noqa: ASYNC110
                await asyncio.sleep(0.2)
    return f"{api.base}/chat/{chat}/"


async def soak(minutes: int, rate: float, log: Path | None) -> list[str]:
    """Run it; what is wrong."""
    rows: list[Row] = []
    with open_folder() as folder:
        async with _open(folder, rate) as running:
            _say(heading())
            async with background() as tasks:
                loading = tasks.spawn(running.crowd.load(), "crowd")
                copying = tasks.spawn(
                    running.copy(_made(folder / "meanwhile"), minutes * 20), "copy"
                )
                for minute in range(1, minutes + 1):
                    await asyncio.wait([loading], timeout=60)
                    if loading.done():
                        break
                    rows.append(await running.row(minute))
                    _say(line(rows[-1]))
                await copying
                running.crowd.stop()
                await loading
            await running.crowd.calm()
            await running.settled(within=120)
            books = await running.books()
            _say(f"at the end: {books}")
            await running.hub.stop()
            await running.copy(_made(folder / "afterwards"))
        if log is not None:
            await asyncio.to_thread(shutil.copyfile, folder / "hub.log", log)
    return judge(rows, books) + judge_copies(running.copies)


def _say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def main() -> int:
    options = argparse.ArgumentParser(prog="make soak")
    options.add_argument("--minutes", type=int, default=60)
    options.add_argument("--rate", type=float, default=4.0, help="messages in, a second")
    options.add_argument("--log", type=Path, help="where to keep the hub's log")
    given = options.parse_args()
    wrong = asyncio.run(soak(given.minutes, given.rate, given.log))
    _say("\n".join(["NOT PASSED:", *wrong]) if wrong else "PASSED")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
