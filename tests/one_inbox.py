"""A node to kill again and again, with one inbox, and what it has stored."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
from sqlalchemy import text

from hub.db.engine import Database
from tests import nodes
from tests.crash.world import Node
from tests.installation import environment, furnished

PATIENCE = 60.0
_HELD_UP = text(
    "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = CAST('ingress' AS regclass)"
)


class OneInbox:
    def __init__(self, node: Node, database: Database) -> None:
        self.node, self.database = node, database

    async def texts(self) -> list[str]:
        async with self.database.reading() as session:
            found = await session.scalars(text("SELECT text FROM entries ORDER BY position"))
            return list(found)

    async def stored(self, *words: str) -> None:
        """Wait until all of these are entries; each once, and nothing else."""

        async def all_there() -> bool:
            return len(await self.texts()) >= len(words)

        await nodes.eventually(all_there, within=PATIENCE)
        assert await self.texts() == list(words)

    async def kill(self) -> None:
        """kill -9. Nobody wants to wait until the dead one's lease runs out."""
        await self.node.kill()
        async with self.database.transaction() as session:
            await session.execute(text("DELETE FROM leases"))

    @asynccontextmanager
    async def dying_before_a_commit(self) -> AsyncIterator[None]:
        """What comes in inside cannot be committed; at the end the node is killed over it."""
        async with self.database.transaction() as session:
            await session.execute(text("LOCK TABLE ingress IN EXCLUSIVE MODE"))
            yield

            async def held_up() -> bool:
                return bool(await session.scalar(_HELD_UP))

            await nodes.eventually(held_up, within=PATIENCE)
            await self.kill()


@asynccontextmanager
async def one_inbox(
    database: Database, url: str, folder: Path, body: object
) -> AsyncIterator[OneInbox]:
    """A node on this database whose one inbox is open. `body`: as `POST /inboxes` takes it."""
    node = Node(environment(url, folder / "data"), folder / "hub.log")
    try:
        await node.start()
        await _add(node, await furnished(url), body)
        yield OneInbox(node, database)
    finally:
        await node.kill()


async def _add(node: Node, token: str, body: object) -> None:
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as http:
        async with http.post(f"{node.url}/api/v1/inboxes", json=body) as answer:
            path = f"{node.url}/api/v1/inboxes/{(await answer.json())['id']}"

        async def is_open() -> bool:
            async with http.get(path) as answer:
                return bool((await answer.json())["state"] == "open")

        await nodes.eventually(is_open, within=PATIENCE)
