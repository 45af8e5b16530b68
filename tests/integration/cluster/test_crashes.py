"""Whatever was killed, and whatever it left behind, the next start works and loses nothing."""

import asyncio
import os
import signal
import socket
import time
from pathlib import Path

import asyncpg
import psutil
import pytest
from structlog.testing import capture_logs

from hub.db.cluster import ClusterFailed, embedded_cluster
from tests.cluster import postgres_below
from tests.integration.cluster.conftest import copy_cluster, log

pytestmark = pytest.mark.crash


async def run(address, *statements):
    connection = await asyncpg.connect(**address.dsn)
    try:
        return [await connection.fetchval(statement) for statement in statements][-1]
    finally:
        await connection.close()


async def run_when_back(address, statement):
    async with asyncio.timeout(15):
        while True:
            try:
                return await run(address, statement)
            except (OSError, asyncpg.PostgresError):
                await asyncio.sleep(0.02)


async def eventually(test, patience=10.0):
    deadline = time.monotonic() + patience
    while not test():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


async def test_the_server_of_a_killed_hub_is_adopted(data_dir, tenant):
    first = tenant(data_dir, "--serving").wait_in()
    first.kill()
    with capture_logs() as lines:
        async with embedded_cluster(data_dir, log=log, throw_away=True) as address:
            assert address.pid == first.postmaster
            assert await run(address, "SELECT 1") == 1
    assert lines[0]["event"] == "cluster.adopted"
    assert not postgres_below(data_dir)


@pytest.mark.usefixtures("impatient")
async def test_an_orphan_that_does_not_answer_is_replaced(data_dir, orphan):
    os.kill(orphan, signal.SIGSTOP)
    async with embedded_cluster(data_dir, log=log, throw_away=True) as address:
        assert address.pid != orphan
        assert await run(address, "SELECT 1") == 1
    assert not postgres_below(data_dir)


@pytest.mark.usefixtures("impatient")
async def test_an_orphan_whose_socket_was_removed_is_replaced(data_dir, orphan):
    (data_dir / "postgres" / "run" / ".s.PGSQL.5432").unlink()
    async with embedded_cluster(data_dir, log=log, throw_away=True) as address:
        assert await run(address, "SELECT 1") == 1
        assert address.pid != orphan


@pytest.mark.parametrize("name", ["short", "long-" * 40], ids=["short", "long"])
async def test_a_killed_postmaster_comes_back_at_the_same_address(name, data_dir):
    # With a long name the socket is elsewhere, in a folder that must be found again.
    data_dir = data_dir.rename(data_dir.parent / name)
    async with embedded_cluster(data_dir, log=log, throw_away=True) as address:
        await run(address, "CREATE TABLE kept (n int)", "INSERT INTO kept VALUES (42)")
        assert address.pid is not None
        os.kill(address.pid, signal.SIGKILL)

        assert await run_when_back(address, "SELECT n FROM kept") == 42
    assert not postgres_below(data_dir)


async def test_a_killed_backend_takes_nobody_with_it(data_dir):
    async with embedded_cluster(data_dir, log=log, throw_away=True) as address:
        connection = await asyncpg.connect(**address.dsn)
        os.kill(connection.get_server_pid(), signal.SIGKILL)
        connection.terminate()

        assert await run_when_back(address, "SELECT 1") == 1


async def test_everything_killed_at_once(data_dir):
    async with embedded_cluster(data_dir, log=log, throw_away=True) as address:
        await run(address, "CREATE TABLE kept AS SELECT 42 AS n")
        for process in postgres_below(data_dir):
            process.kill()
        assert await run_when_back(address, "SELECT n FROM kept") == 42


@pytest.mark.usefixtures("impatient")
async def test_a_child_that_outlives_its_postmaster_is_waited_for_or_ended(data_dir, orphan):
    child = next(p for p in postgres_below(data_dir) if "checkpointer" in p.cmdline()[0])
    child.suspend()
    os.kill(orphan, signal.SIGKILL)
    async with embedded_cluster(data_dir, log=log, throw_away=True) as address:
        assert await run(address, "SELECT 1") == 1
        assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


def leave_pid_file(data_dir: Path, pid: int, socket_dir: Path) -> Path:
    """What a server leaves behind that died by a power cut, with its number in use again."""
    home = data_dir / "postgres"
    file = home / "data" / "postmaster.pid"
    file.write_text(f"{pid}\n{home}/data\n1700000000\n5432\n{socket_dir}\n\n  5432001 9\nready\n")
    owner = (home / "data").stat()
    os.chown(file, owner.st_uid, owner.st_gid)
    return file


async def test_a_number_in_use_by_a_stranger_is_not_taken_for_the_server(data_dir):
    owner = (data_dir / "postgres" / "data").stat().st_uid
    # Of the server's own user: only such a stranger looks like a server to PostgreSQL.
    user = None if os.geteuid() else owner
    stranger = await asyncio.create_subprocess_exec("/bin/sleep", "60", user=user)
    try:
        run_dir = data_dir / "postgres" / "run"
        leave_pid_file(data_dir, stranger.pid, run_dir)
        (run_dir / ".s.PGSQL.5432.lock").write_text(f"{stranger.pid}\n")
        os.chown(run_dir / ".s.PGSQL.5432.lock", owner, -1)
        async with embedded_cluster(data_dir, log=log, throw_away=True) as address:
            assert await run(address, "SELECT 1") == 1
        assert stranger.returncode is None
    finally:
        stranger.kill()
        await stranger.wait()


async def test_a_number_in_use_by_another_hubs_server_is_left_alone(data_dir, pattern, empty_dir):
    copy_cluster(pattern, empty_dir / "other")
    async with embedded_cluster(empty_dir / "other", log=log, throw_away=True) as other:
        assert other.pid is not None
        leave_pid_file(data_dir, other.pid, data_dir / "postgres" / "run")
        async with embedded_cluster(data_dir, log=log, throw_away=True) as address:
            assert address.pid != other.pid
        assert await run(other, "SELECT 1") == 1


async def test_a_copy_of_a_running_servers_folder_is_its_own_cluster(data_dir, empty_dir):
    async with embedded_cluster(data_dir, log=log, throw_away=True) as original:
        await run(original, "CREATE TABLE only_here (n int)")
        copy_cluster(data_dir, empty_dir / "copy")
        async with embedded_cluster(empty_dir / "copy", log=log, throw_away=True) as copy:
            assert copy.pid != original.pid
            await run(copy, "CREATE TABLE only_there (n int)")
        assert await run(original, "SELECT to_regclass('only_there') IS NULL")


@pytest.mark.usefixtures("impatient")
async def test_no_second_server_beside_one_that_cannot_be_seen(data_dir):
    run_dir = data_dir / "postgres" / "run"
    leave_pid_file(data_dir, 2**22 + 1, run_dir)
    # As from another container: something accepts on the socket, no process is to be seen.
    with socket.socket(socket.AF_UNIX) as deaf:
        deaf.bind(str(run_dir / ".s.PGSQL.5432"))
        deaf.listen()
        with pytest.raises(ClusterFailed, match="cannot be seen"):
            async with embedded_cluster(data_dir, log=log, throw_away=True):
                raise AssertionError
    assert not postgres_below(data_dir)


@pytest.mark.usefixtures("impatient")
async def test_a_server_others_use_is_not_taken_from_them(data_dir, monkeypatch):
    monkeypatch.setattr("hub.db.cluster.tenancy._OTHERS_PATIENCE", 0.5)
    async with embedded_cluster(data_dir, log=log, throw_away=True) as address:
        assert address.pid is not None
        os.kill(address.pid, signal.SIGSTOP)
        with pytest.raises(ClusterFailed, match="Another process uses"):
            async with embedded_cluster(data_dir, log=log, throw_away=True):
                raise AssertionError
        os.kill(address.pid, signal.SIGCONT)
        async with embedded_cluster(data_dir, log=log, throw_away=True) as again:
            assert again.pid == address.pid
            assert await run(again, "SELECT 1") == 1


@pytest.mark.usefixtures("impatient")
async def test_those_who_wait_do_not_wait_for_each_other(data_dir, tenant):
    first = tenant(data_dir).wait_in()
    os.kill(first.postmaster, signal.SIGSTOP)

    async def use() -> None:
        async with embedded_cluster(data_dir, log=log, throw_away=True) as address:
            assert await run(address, "SELECT 1") == 1

    async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        waiting = [tasks.create_task(use()) for _ in range(2)]
        await asyncio.sleep(0.5)
        assert not any(task.done() for task in waiting)
        first.kill()


async def test_a_killed_first_start_is_begun_anew(empty_dir, tenant):
    first = tenant(empty_dir / "d")
    home = empty_dir / "d" / "postgres"
    await eventually(lambda: list(home.glob(".new-*/data/base")))
    first.kill()
    assert not (home / "data").exists()
    async with embedded_cluster(empty_dir / "d", log=log, throw_away=True) as address:
        assert await run(address, "SELECT 1") == 1
    assert not list(home.glob(".new-*/data/*"))


@pytest.mark.usefixtures("impatient")
async def test_a_hanging_server_is_ended_all_the_same(data_dir):
    async with embedded_cluster(data_dir, log=log, throw_away=True) as address:
        assert address.pid is not None
        os.kill(address.pid, signal.SIGSTOP)
    assert not postgres_below(data_dir)
