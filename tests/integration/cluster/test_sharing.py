"""One hub serves a data directory, many processes use its cluster, the last one stops it."""

import asyncio
import os
import signal

import asyncpg
import pytest

from hub.db.cluster import HubAlreadyRunning, embedded_cluster, hub_lock
from tests.cluster import postgres_below
from tests.integration.cluster.conftest import copy_cluster, log


async def test_a_second_hub_is_refused_until_the_first_is_gone(data_dir, tenant):
    first = tenant(data_dir, "--serving").wait_in()
    with pytest.raises(HubAlreadyRunning, match=str(first.process.pid)) as refused:
        async with hub_lock(data_dir):
            raise AssertionError
    assert refused.value.pid == first.process.pid
    assert refused.value.data_dir == data_dir
    assert "HUB_DATA_DIR" in refused.value.remedy
    first.kill()
    async with hub_lock(data_dir):
        assert (data_dir / "hub.lock").read_text().strip() == str(os.getpid())


async def test_the_last_user_stops_the_server_and_a_killed_one_does_not_count(data_dir, tenant):
    users = [tenant(data_dir) for _ in range(3)]
    assert len({one.wait_in().postmaster for one in users}) == 1
    users[0].kill()
    users[1].close()
    # The same one: a server that was stopped would be back by now.
    assert users[2].postmaster in {process.pid for process in postgres_below(data_dir)}
    users[2].close()
    assert not postgres_below(data_dir)


async def test_two_users_in_one_process(data_dir):
    async with embedded_cluster(data_dir, log=log, throw_away=True) as outer:
        async with embedded_cluster(data_dir, log=log, throw_away=True) as inner:
            assert inner == outer
        connection = await asyncpg.connect(**outer.dsn)
        await connection.close()
    assert not postgres_below(data_dir)


async def test_two_data_dirs_have_two_servers(data_dir, pattern, empty_dir, tenant):
    copy_cluster(pattern, empty_dir / "other")
    first = tenant(data_dir, "--serving")
    second = tenant(empty_dir / "other", "--serving")
    assert first.wait_in().postmaster != second.wait_in().postmaster
    assert first.facts["host"] != second.facts["host"]
    first.close()
    assert postgres_below(empty_dir / "other")


@pytest.mark.parametrize("existing", [True, False], ids=["existing", "new"])
async def test_processes_that_come_and_go_together_do_not_race(existing, pattern, empty_dir):
    folder = empty_dir / "d"
    if existing:
        copy_cluster(pattern, folder)

    async def come_and_go(number: int) -> None:
        await asyncio.sleep(number * 0.03)
        for _ in range(2):
            async with embedded_cluster(folder, log=log, throw_away=True) as address:
                connection = await asyncpg.connect(**address.dsn)
                assert await connection.fetchval("SELECT 1") == 1
                await connection.close()

    async with asyncio.TaskGroup() as tasks:
        for number in range(4):
            tasks.create_task(come_and_go(number))
    assert not postgres_below(folder)


async def test_real_processes_that_start_together_share_one_server(empty_dir, tenant):
    started = [tenant(empty_dir / "d") for _ in range(3)]
    assert len({one.wait_in().postmaster for one in started}) == 1
    for one in started:
        one.close()
    assert not postgres_below(empty_dir)


async def test_one_who_gives_up_while_it_starts_leaves_nothing_running(data_dir):
    async def use() -> None:
        async with embedded_cluster(data_dir, log=log, throw_away=True):
            await asyncio.Event().wait()

    for patience in (0.01, 0.08, 0.2):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(use(), patience)
        assert not postgres_below(data_dir)


async def test_ctrl_c_reaches_the_hub_and_not_its_server(data_dir, tenant):
    it = tenant(data_dir).wait_in()
    assert os.getsid(it.postmaster) != os.getsid(it.process.pid)
    it.process.send_signal(signal.SIGINT)
    it.process.wait(60)
    assert not postgres_below(data_dir)
