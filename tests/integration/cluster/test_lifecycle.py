"""A cluster is made as search needs it, keeps its data, and can be reached from anywhere."""

import os
import stat
from pathlib import Path

import asyncpg
import pytest
from blockbuster import blockbuster_ctx
from sqlalchemy.ext.asyncio import create_async_engine
from structlog.testing import capture_logs

from hub.db.cluster import ClusterFailed, ClusterOutdated, check_database, embedded_cluster
from tests.cluster import postgres_below
from tests.integration.cluster.conftest import log


def mode(path: Path) -> int | None:
    return stat.S_IMODE(path.stat().st_mode) if path.exists() else None


async def ask(address, question, **changes):
    connection = await asyncpg.connect(**{**address.dsn, **changes})
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


async def test_an_empty_folder_becomes_a_database_fit_for_the_hub(empty_dir, tenant):
    # The other process has no LANG: the locale must not come from there.
    it = tenant(empty_dir / "new").wait_in()
    engine = create_async_engine(str(it.facts["url"]))
    async with engine.connect() as connection:
        await check_database(connection)
        # The others too: a database made by hand is a copy of one of them.
        locales = (
            "SELECT DISTINCT datlocprovider, datlocale, datctype, datcollate FROM pg_database"
        )
        rows = await connection.exec_driver_sql(locales)
        assert [tuple(row) for row in rows] == [(b"b", "C.UTF-8", "C.UTF-8", "C")]
    await engine.dispose()
    it.close()
    assert not postgres_below(empty_dir)


async def test_nobody_gets_in_without_the_password_nor_as_superuser(data_dir):
    async with embedded_cluster(data_dir, log=log, throw_away=True) as address:
        assert await ask(address, "SELECT current_user") == "besedka"
        assert await ask(address, "SELECT rolsuper FROM pg_roles WHERE rolname = user") is False
        assert await ask(address, "SHOW listen_addresses") == ""
        with pytest.raises(asyncpg.InvalidPasswordError):
            await ask(address, "SELECT 1", password="guessed")
        with pytest.raises(asyncpg.InvalidPasswordError):
            await ask(address, "SELECT 1", user="postgres")
    password = data_dir / "postgres" / "password"
    assert mode(password) == 0o600
    assert len(password.read_text()) > 32
    assert address.password not in repr(address)


async def test_data_outlives_a_stop(data_dir):
    async with embedded_cluster(data_dir, log=log, throw_away=True) as address:
        await ask(address, "CREATE TABLE kept AS SELECT 42 AS n")
    assert not postgres_below(data_dir)
    async with embedded_cluster(data_dir, log=log, throw_away=True) as address:
        assert await ask(address, "SELECT n FROM kept") == 42


async def test_the_event_loop_is_not_blocked(data_dir):
    with blockbuster_ctx():
        async with embedded_cluster(data_dir, log=log, throw_away=True):
            pass


@pytest.mark.parametrize(
    "name", ["with space", "it's, odd: 100%", "Беседка", "long-" * 40], ids=lambda name: name[:9]
)
async def test_any_folder_name_will_do(name, pattern, empty_dir):
    folder = empty_dir / name
    folder.mkdir(mode=0o711)
    (pattern / "postgres").rename(folder / "postgres")
    try:
        async with embedded_cluster(folder, log=log, throw_away=True) as address:
            assert len(os.fsencode(address.host)) < 93
            assert mode(Path(address.host)) == 0o700
            assert await ask(address, "SELECT 1") == 1
            engine = create_async_engine(address.url)
            async with engine.connect() as connection:
                await connection.exec_driver_sql("SELECT 1")
            await engine.dispose()
        # A folder outside the data directory goes with the server.
        place = Path(address.host)
        assert (mode(place) is not None) == place.is_relative_to(folder)
    finally:
        (folder / "postgres").rename(pattern / "postgres")


async def test_a_name_the_shell_would_run_is_refused(empty_dir):
    with pytest.raises(ClusterFailed, match="cannot take"):
        async with embedded_cluster(empty_dir / "$(touch x)", log=log):
            raise AssertionError


async def test_another_major_version_is_refused_and_left_alone(data_dir):
    version = data_dir / "postgres" / "data" / "PG_VERSION"
    version.write_text("17\n")
    with pytest.raises(ClusterOutdated, match="PostgreSQL 17") as refused:
        async with embedded_cluster(data_dir, log=log):
            raise AssertionError
    assert "hub backup" in refused.value.remedy
    assert version.read_text() == "17\n"
    assert not postgres_below(data_dir)


async def test_a_setting_of_the_administrator_has_the_last_word(data_dir):
    (data_dir / "postgres" / "local.conf").write_text("work_mem = '17MB'\n")
    (data_dir / "postgres" / "local.conf").chmod(0o644)
    async with embedded_cluster(data_dir, log=log, throw_away=True) as address:
        assert await ask(address, "SHOW work_mem") == "17MB"


async def test_a_server_that_cannot_start_says_why(data_dir):
    (data_dir / "postgres" / "local.conf").write_text("work_mum = 1\n")
    (data_dir / "postgres" / "local.conf").chmod(0o644)
    with pytest.raises(ClusterFailed, match="work_mum") as failed:
        async with embedded_cluster(data_dir, log=log):
            raise AssertionError
    assert str(data_dir) in failed.value.remedy


async def test_a_password_file_that_is_gone_is_asked_back(data_dir):
    (data_dir / "postgres" / "password").unlink()
    with pytest.raises(ClusterFailed, match="password") as failed:
        async with embedded_cluster(data_dir, log=log, throw_away=True):
            raise AssertionError
    assert "backup" in failed.value.remedy
    assert not postgres_below(data_dir)


async def test_as_used_in_production_it_is_safe_and_its_log_is_discreet(data_dir):
    async with embedded_cluster(data_dir, log=log) as address:
        for setting in ("fsync", "synchronous_commit", "full_page_writes", "logging_collector"):
            assert await ask(address, f"SHOW {setting}") == "on"
        connection = await asyncpg.connect(**address.dsn)
        await connection.execute("CREATE TEMP TABLE t (address text PRIMARY KEY)")
        with pytest.raises(asyncpg.UniqueViolationError):
            await connection.execute(
                "INSERT INTO t SELECT 'anna@example.org' FROM generate_series(1, 2)"
            )
        await connection.close()
    logs = [file.read_text() for file in (data_dir / "postgres" / "log").iterdir()]
    assert any("duplicate key" in text for text in logs)
    assert not any("anna" in text for text in logs)


async def test_no_secret_is_logged(empty_dir):
    with capture_logs() as lines:
        async with embedded_cluster(empty_dir / "d", log=log, throw_away=True) as address:
            pass
    assert [line["event"] for line in lines] == [
        "cluster.creating",
        "cluster.started",
        "cluster.stopped",
    ]
    assert address.password not in str(lines)
