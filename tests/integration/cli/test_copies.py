"""A backup holds everything and nothing is ever read over what is there."""

import stat

import pytest
from sqlalchemy import text

from hub.db.engine import Database
from tests.integration.cli.process import Environment, hub

pytestmark = pytest.mark.timeout(120)


async def test_there_and_back(env: Environment, empty_url: str, tmp_path):
    token = (await hub(env, "token", "add", "shop", "--scope", "admin")).last
    file = tmp_path / "hub.backup"
    written = await hub(env, "backup", str(file))
    assert (written.code, written.last) == (0, str(file))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "secret_key" in written.err

    read = await hub({**env, "HUB_DATABASE_URL": empty_url}, "restore", str(file))
    assert read.code == 0, read.err
    async with Database.open(empty_url) as copy, copy.reading() as session:
        names = (await session.scalars(text("SELECT name FROM api_tokens"))).all()
    assert names == ["shop"]
    assert token not in file.read_bytes().decode("latin-1")


async def test_a_backup_is_not_written_over_a_file(env: Environment, tmp_path):
    (tmp_path / "precious").write_text("precious")
    told = await hub(env, "backup", str(tmp_path / "precious"))
    assert told.code == 1
    assert (tmp_path / "precious").read_text() == "precious"


async def test_nothing_is_read_over_what_is_there(env: Environment, tmp_path):
    file = tmp_path / "hub.backup"
    assert (await hub(env, "backup", str(file))).code == 0
    told = await hub(env, "restore", str(file))
    assert told.code == 1
    assert "not empty" in told.err


async def test_a_file_that_is_no_backup_leaves_the_database_empty(
    env: Environment, empty_url: str, tmp_path
):
    (tmp_path / "letter").write_text("Dear all")
    told = await hub({**env, "HUB_DATABASE_URL": empty_url}, "restore", str(tmp_path / "letter"))
    assert told.code == 1
    assert "pg_restore failed" in told.err
    async with Database.open(empty_url) as copy, copy.reading() as session:
        assert not await session.scalar(
            text("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
        )
