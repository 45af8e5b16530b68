"""A rolling upgrade, seen from the release before: the schema is newer than it knows."""

import json
from collections.abc import Mapping
from pathlib import Path

import aiohttp
from sqlalchemy import text

from hub.db import migrate
from hub.db.engine import Database
from tests.forked import forked
from tests.installation import add_chat, environment, furnished, opened, serving

_EXPANDED = (
    "ALTER TABLE conversations ADD COLUMN mood text NOT NULL DEFAULT ''",
    "ALTER TABLE entries ADD COLUMN mood text",
    "CREATE TABLE moods (id uuid PRIMARY KEY)",
    "UPDATE alembic_version SET version_num = '9001'",
)


async def _do(database: Database, *statements: str) -> None:
    async with database.transaction() as session:
        for statement in statements:
            await session.execute(text(statement))


async def _ready(url: str) -> tuple[int, dict[str, object]]:
    async with aiohttp.ClientSession() as http, http.get(f"{url}/readyz") as answer:
        return answer.status, await answer.json()


async def _is_written_to(chat: str) -> None:
    """A visitor's message is taken."""
    await opened(f"{chat}/widget.js")
    async with aiohttp.ClientSession() as http:
        async with http.post(f"{chat}/visits", json={}) as answer:
            token = (await answer.json())["token"]
        said = {"client_id": "one", "text": "hello"}
        headers = {"Authorization": f"Bearer {token}"}
        async with http.post(f"{chat}/messages", json=said, headers=headers) as answer:
            assert answer.status in {200, 201}, await answer.text()


async def _command(surroundings: Mapping[str, str], *words: str) -> tuple[int, str]:
    async with forked(surroundings, *words) as command:
        code = await command.wait()
        return code, command.out.read_text() + command.err.read_text()


async def test_a_newer_schema_is_worked_on_as_long_as_it_bears_this_release(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    token = await furnished(database_url)
    surroundings = environment(database_url, tmp_path / "data")
    await _do(database, *_EXPANDED)
    async with serving(surroundings, tmp_path / "hub.log") as hub:
        status, said = await _ready(hub.url)
        assert (status, said["migrations"]) == (200, True)
        assert said["schema"] == {"stands": "9001", "needed": migrate.head()}
        chat = await add_chat(hub.url, token, {})
        await _is_written_to(f"{hub.url}/channels/{chat}")
        code, told = await _command(surroundings, "doctor", "--json")
        findings = {one["check"]: one for one in json.loads(told)["findings"]}
        assert (code, findings["migrations"]["level"]) == (0, "warning")
        assert "newer release" in findings["migrations"]["what"]
        # The next release takes away what this one needs.
        await _do(database, "UPDATE schema_floor SET oldest = '9001'")
        status, said = await _ready(hub.url)
        assert (status, said["migrations"]) == (503, False)
    code, told = await _command(surroundings, "serve")
    assert code == 1
    assert "migrated to 9001 by a newer release" in told
    assert "Traceback" not in told
