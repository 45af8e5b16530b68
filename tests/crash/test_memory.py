"""However many messages come in, the process stays as large as it was."""

import asyncio
import json
import sys

import pytest
from sqlalchemy import text

from hub.db.engine import Database
from hub.ids import new_id

GROWTH = 1.5
"""At most this many times as large at the end as after the first tenth."""


@pytest.mark.crash
@pytest.mark.timeout(600)
async def test_memory_stays_bounded(
    database: Database, database_url: str, crash_full: bool
) -> None:
    count = 100_000 if crash_full else 20_000
    inbox = new_id()
    async with database.transaction() as session:
        await session.execute(
            text("INSERT INTO inboxes (id, channel, name) VALUES (:id, 'fake', 'Shop')"),
            {"id": inbox},
        )
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.crash.ingesting", database_url, str(inbox), str(count)),
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await process.communicate()
    assert process.returncode == 0
    facts = json.loads(said)
    early, _, late = facts["resident"]
    async with database.reading() as session:
        assert await session.scalar(text("SELECT count(*) FROM entries")) == count
    megabytes = [round(size / 1e6) for size in facts["resident"]]
    print(f"{count} messages in {facts['seconds']} s, resident MB: {megabytes}")  # noqa: T201
    assert late < early * GROWTH
