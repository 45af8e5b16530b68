"""A hub to kill, in a process of its own, and the providers and clients it is among."""

import asyncio
import multiprocessing
import signal
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import aiohttp
from sqlalchemy import text

from hub import clock
from hub.db import migrate
from hub.db.engine import Database
from hub.db.retry import retry_serialization
from hub.operators import tokens
from hub.operators.access import Scope
from hub.ports.fake import FakeProvider
from tests.crash.dying_node import NONE, Doom, serve
from tests.crash.points import WAY_OUT
from tests.crash.receiver import Receiver
from tests.installation import environment
from tests.logged import heard

_READY_WITHIN = 90.0
_LOOKS = WAY_OUT["taking lanes"]
_SECRET = "s3cret-of-the-fake"
_FORKED = multiprocessing.get_context("forkserver")
_FORKED.set_forkserver_preload(["__main__", "tests.crash.dying_node"])

Json = dict[str, Any]


class Node:
    """One `hub serve`, started and killed again and again on one port.

    Its processes are forked from one that has imported everything: a start takes half a second.
    """

    def __init__(self, surroundings: Mapping[str, str], log: Path, role: str = "all") -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = log
        self.role = role
        self.surroundings = {**surroundings, "HUB_PORT": str(self.port)}
        self._process: ForkServerProcess | None = None
        self._line, _ = _FORKED.Pipe()
        self._looked_at = 0

    async def start(self, doom: Doom = NONE) -> None:
        """Start it and wait until it serves, or has died where it was to die."""
        self._line, theirs = _FORKED.Pipe()
        told = (theirs, doom, self.surroundings, self.log, self.role)
        self._process = _FORKED.Process(target=serve, args=told, daemon=True)
        await asyncio.to_thread(self._process.start)
        theirs.close()
        async with asyncio.timeout(_READY_WITHIN), aiohttp.ClientSession() as http:
            while not await self._serves(http):
                if not self._process.is_alive():
                    assert doom != NONE, self.tail()
                    return
                await asyncio.sleep(0.02)

    async def _serves(self, http: aiohttp.ClientSession) -> bool:
        if self.role == "worker":
            # It answers nobody: what it does shows.
            return any(one.startswith(_LOOKS) for one in await asyncio.to_thread(self.seen))
        try:
            async with http.get(f"{self.url}/healthz") as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    def seen(self) -> Sequence[str]:
        """The points it has passed."""
        self._line.send(None)
        assert self._line.poll(30), self.tail()
        seen: list[str] = self._line.recv()
        return seen

    async def died(self, *, within: float = 90) -> None:
        """Wait for its end by SIGKILL."""
        assert self._process is not None
        await asyncio.to_thread(self._process.join, within)
        assert self._process.exitcode == -signal.SIGKILL, self.tail()

    async def kill(self) -> None:
        """kill -9, and bury it."""
        if self._process is not None:
            self._process.kill()
            await asyncio.to_thread(self._process.join)
            said = await asyncio.to_thread(self.log.read_bytes)
            heard(said[self._looked_at :].decode(errors="replace"))
            self._looked_at = len(said)

    def tail(self) -> str:
        return self.log.read_text()[-4000:]


@dataclass
class World:
    """A database, a node on it, two providers, a webhook's receiver, and a client of the API.

    careful: told by webhook; does not recognise a message that comes twice.
    forgiving: is polled; recognises repeats by the delivery's id.
    """

    node: Node
    database: Database
    http: aiohttp.ClientSession
    token: str
    careful: FakeProvider
    forgiving: FakeProvider
    receiver: Receiver
    inboxes: dict[str, str] = field(default_factory=dict)
    loads: int = 0

    async def api(self, method: str, path: str, *, base: str = "", **sent: Any) -> Json:
        """The answer; raises ClientError when there is none, or none that is a success."""
        headers = {"Authorization": f"Bearer {self.token}", **sent.pop("headers", {})}
        url = f"{base or self.node.url}/api/v1/{path}"
        async with self.http.request(method, url, headers=headers, **sent) as answer:
            # With Retry-After the call may succeed later: what a killed hub had begun may last
            # as long as its database notices nothing.
            if answer.status >= 500 or "Retry-After" in answer.headers:
                answer.raise_for_status()
            assert answer.status < 300, await answer.text()
            result: Json = await answer.json()
            return result

    def turn_to(self, node: Node) -> None:
        """From now on everybody calls this one."""
        self.node = node
        for name, provider in (("careful", self.careful), ("forgiving", self.forgiving)):
            provider.webhook_base = f"{node.url}/channels/{self.inboxes[name]}"

    async def bury(self) -> None:
        """Let run out what the dead still hold: nobody wants to wait a minute for it."""
        await self.node.kill()
        # What the dead had begun may still hold rows, and in another order.
        await retry_serialization(self._let_run_out)

    async def _let_run_out(self) -> None:
        async with self.database.transaction() as session:
            await session.execute(
                text("UPDATE due SET lease_until = now() WHERE lease_until > now()")
            )
            await session.execute(text("DELETE FROM leases"))

    async def restart(self, doom: Doom = NONE) -> None:
        """kill -9, and up again."""
        await self.bury()
        await self.node.start(doom)

    async def count(self, question: str, **parameters: Any) -> int:
        async with self.database.reading() as session:
            return int(await session.scalar(text(question), parameters) or 0)

    async def drained(self, *, within: float = 30) -> None:
        """Wait until nothing is under way any more."""
        left: Mapping[str, int] = {}
        try:
            async with asyncio.timeout(within):
                while any((left := await self._left()).values()):  # noqa: ASYNC110
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise AssertionError(f"not drained: {left}\n{self.node.tail()}") from None

    async def _left(self) -> Mapping[str, int]:
        async with self.database.reading() as session:
            rows = await session.execute(text(_LEFT))
            return {row.what: row.many for row in rows}


_LEFT = """
    SELECT 'unnumbered events' AS what, count(*) AS many FROM pending_events
    UNION ALL
    SELECT 'unread events of ' || name, (SELECT coalesce(max(seq), 0) FROM events) - seq
    FROM event_readers
    UNION ALL
    SELECT 'deliveries under way', count(*) FROM deliveries
    WHERE status IN ('queued', 'sending')
    UNION ALL
    SELECT 'due ' || kind, count(*) FROM due
    WHERE kind IN ('lane', 'rule-wait', 'release', 'snooze', 'fallback', 'webhook', 'reminder')
    GROUP BY kind
"""


_ORDER_NOTICES = {
    "name": "Order status",
    "trigger": {"on": "order.status_changed"},
    "conditions": {"field": "order.status", "in": ["confirmed", "shipped"]},
    "actions": [{"send": {"template": "order-status", "purpose": "service"}}],
    "key": ["order.id", "order.status"],
}


_NOTED_LATER = {
    "name": "Noted later",
    "trigger": {"on": "order.status_changed"},
    "actions": [{"wait": "1s"}, {"note": "{{ order.number }}"}],
    "key": ["order.id"],
}


REMINDED = {
    "name": "Reminder",
    "trigger": {"before": "appointment.starts_at", "by": "1h"},
    "conditions": {"field": "appointment.status", "is": "booked"},
    "actions": [
        {
            "send": {
                "text": "See you in {{ appointment.place }}"
                "{% for one in appointment.others %} and {{ one.place }}{% endfor %}",
                "purpose": "reminder",
            }
        }
    ],
    "join": "4h",
}


@asynccontextmanager
async def open_world(
    database_url: str, folder: Path, *, way: str = "", serve_by: type[Node] = Node
) -> AsyncIterator[World]:
    """A serving node with three inboxes and rules, on an empty database.

    way: the database's address for the node, when it is another than for the test.
    serve_by: several processes that look like one node.
    """
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(Database.open(database_url, pool_size=8))
        await migrate.upgrade(database.engine)
        async with database.transaction() as session:
            _, token = await tokens.create(
                session, "shop", [Scope.ADMIN], system="shop", now=clock.now()
            )
        surroundings = environment(way or database_url, folder / "data")
        node = serve_by(surroundings, folder / "hub.log")
        stack.push_async_callback(node.kill)
        http = await stack.enter_async_context(
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10))
        )
        careful = await stack.enter_async_context(FakeProvider.open(_SECRET))
        forgiving = await stack.enter_async_context(FakeProvider.open(_SECRET))
        receiver = await stack.enter_async_context(Receiver.open())
        world = World(node, database, http, token, careful, forgiving, receiver)
        await node.start()
        await _furnish(world)
        yield world


async def _furnish(world: World) -> None:
    without_limits = {"messages_per_minute": 0, "address_messages_per_minute": 0}
    settings: dict[str, tuple[str, Json]] = {
        "chat": ("webchat", {**without_limits, "visits_per_minute": 0}),
        "careful": ("fake", {"api_base": world.careful.api_base, "secret": _SECRET}),
        "forgiving": (
            "fake",
            {
                "api_base": world.forgiving.api_base,
                "secret": _SECRET,
                "mode": "polling",
                "repeat_is_safe": True,
            },
        ),
    }
    for name, (channel, chosen) in settings.items():
        body = {"channel": channel, "name": name, "enabled": True, "settings": chosen}
        world.inboxes[name] = (await world.api("POST", "inboxes", json=body))["id"]
    world.turn_to(world.node)
    for rule in (_ORDER_NOTICES, _NOTED_LATER, REMINDED):
        await world.api("PUT", "rules", json=rule)
    told = {"name": "Books", "url": world.receiver.url, "events": ["message.created"]}
    await world.api("POST", "webhooks", json=told)
    async with asyncio.timeout(20):
        while await world.count("SELECT count(*) FROM inboxes WHERE state <> 'open'"):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
