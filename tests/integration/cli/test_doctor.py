"""The doctor on broken set-ups: the fault is found, named, and comes with a remedy."""

from typing import Any

import pytest
from sqlalchemy import text

from hub.db import migrate
from hub.db.engine import Database
from tests.integration.cli.process import Environment, Told, hub

pytestmark = pytest.mark.timeout(120)


async def looked(env: Environment) -> tuple[Told, dict[str, dict[str, Any]]]:
    told = await hub({"HUB_PORT": "0", **env}, "doctor", "--json")
    return told, {one["check"]: one for one in told.json["findings"]}


async def test_a_new_place_is_looked_at_and_left_alone(tmp_path):
    told, found = await looked({"HUB_DATA_DIR": str(tmp_path / "data")})
    assert told.code == 0
    assert "first start" in found["database"]["what"]
    assert list(tmp_path.iterdir()) == []


async def test_an_empty_installation_is_well_but_for_what_is_missing(env: Environment):
    told, found = await looked(env)
    assert told.code == 0
    assert {name for name, one in found.items() if one["level"] == "warning"} - {"disk"} == {
        "operators",
        "inboxes",
    }
    assert found["clock"]["level"] == "ok"


async def test_a_database_that_is_away(tmp_path):
    told, found = await looked(
        {"HUB_DATABASE_URL": "postgresql://a:hunter2@127.0.0.1:1/b", "HUB_DATA_DIR": str(tmp_path)}
    )
    assert told.code == 1
    assert found["database"]["level"] == "error"
    assert "HUB_DATABASE_URL" in found["database"]["remedy"]
    assert "hunter2" not in told.out


async def test_an_older_schema_is_named_and_not_migrated(env: Environment, database: Database):
    await migrate.downgrade(database.engine, "-1")
    stands = await migrate.current(database.engine)
    told, found = await looked(env)
    assert told.code == 1
    assert "hub migrate" in found["migrations"]["remedy"]
    assert await migrate.current(database.engine) == stands


async def test_inboxes_that_cannot_be_opened(env: Environment, database: Database):
    made = await hub(
        env, "inbox", "add", "webchat", "--name", "Chat", "--set",
        "jwt_secret=a secret of enough characters",
    )  # fmt: skip
    told, found = await looked({**env, "HUB_SECRET_KEY": "another key, of enough characters"})
    assert told.code == 1
    assert "HUB_SECRET_KEY" in found[f"inbox:{made.last}"]["what"]

    async with database.transaction() as session:
        await session.execute(
            text("UPDATE inboxes SET state = 'misconfigured', detail = 'No.', remedy = 'Do.'")
        )
    told, found = await looked(env)
    finding = found[f"inbox:{made.last}"]
    assert told.code == 1
    assert (finding["level"], finding["remedy"]) == ("error", "Do.")

    async with database.transaction() as session:
        await session.execute(text("UPDATE inboxes SET channel = 'telepathy'"))
    _, found = await looked(env)
    assert "telepathy" in found[f"inbox:{made.last}"]["what"]


async def test_what_waits_for_a_hand_is_counted(env: Environment, database: Database):
    made = await hub(env, "inbox", "add", "webchat", "--name", "Chat")
    async with database.transaction() as session:
        await session.execute(
            text("""
                INSERT INTO quarantine (id, inbox_id, external_id, raw, message, error)
                SELECT uuidv7(), CAST(:inbox AS uuid), n::text, '', '{}', 'x'
                FROM generate_series(1, 3) n
            """),
            {"inbox": made.last},
        )
    told, found = await looked(env)
    assert told.code == 0
    assert found["quarantine"]["what"].endswith("messages: 3.")
