"""`hub serve` from READY to SIGTERM, and the commands beside it."""

import asyncio
import json
import resource
import signal
import sys
from asyncio.subprocess import PIPE

import aiohttp
import pytest

from tests.integration.cli.process import Environment, hub, started, surroundings
from tests.logged import heard

pytestmark = pytest.mark.timeout(180)


async def _status(url: str) -> int:
    async with aiohttp.ClientSession() as client, client.get(url) as answer:
        return answer.status


async def test_the_first_administrator_gets_a_link_and_then_nobody(env: Environment):
    async with started(env, "serve") as serving:
        await serving.ready()
        assert serving.facts.keys() == {"url", "pid", "data_dir"}
        assert serving.facts["pid"] == serving.process.pid
        assert serving.facts["data_dir"] == env["HUB_DATA_DIR"]
        link = serving.found(r"\n +(http\S+/setup/\S+)")
        assert link.startswith(serving.url)
        assert await _status(link) == 200
        assert await _status(f"{serving.url}/readyz") == 200
        added = await hub(env, "operator", "add", "ann@example.com", "--role", "administrator")
        assert added.code == 0
        assert await _status(link) == 404
        code, took = await serving.stop()
        assert (code, took < 10) == (0, True)
    async with started(env, "serve") as serving:
        await serving.ready()
        assert not [line for line in serving.said if "setup" in line]
        assert (await serving.stop(signal.SIGINT))[0] == 0


async def test_a_worker_has_no_address_and_all_the_files_it_may_have(env: Environment):
    """The command as one types it: what it may do comes from whoever starts it."""
    files = resource.RLIMIT_NOFILE
    soft, hard = resource.getrlimit(files)
    resource.setrlimit(files, (hard - 1, hard))
    try:
        command = (sys.executable, "-m", "hub", "serve", "--role", "worker")
        process = await asyncio.create_subprocess_exec(
            *command, env=surroundings(env), stdout=PIPE, stderr=PIPE
        )
    finally:
        resource.setrlimit(files, (soft, hard))
    assert process.stdout is not None
    line = await process.stdout.readline()
    assert json.loads(line.removeprefix(b"READY "))["url"] == ""
    assert resource.prlimit(process.pid, files) == (hard, hard)
    process.terminate()
    _, said = await process.communicate()
    heard(said.decode())
    assert process.returncode == 0
    assert b"setup" not in said


async def test_a_taken_port_is_said_in_words(env: Environment):
    async with started(env, "serve") as serving:
        await serving.ready()
        port = serving.url.rpartition(":")[2]
        told = await hub({**env, "HUB_PORT": port}, "serve")
        assert told.code == 1
        assert f"port {port}" in told.err


async def test_commands_beside_an_embedded_hub(embedded: Environment):
    async with started(embedded, "serve") as serving:
        await serving.ready()
        token = (await hub(embedded, "token", "add", "shop", "--scope", "admin")).last
        headers = {"Authorization": f"Bearer {token}"}
        async with (
            aiohttp.ClientSession(headers=headers) as client,
            client.get(f"{serving.url}/api/v1/me") as answer,
        ):
            assert (answer.status, (await answer.json())["name"]) == (200, "shop")

        refused = await hub({**embedded, "HUB_PORT": "0"}, "serve")
        assert refused.code == 1
        assert f"process {serving.process.pid}" in refused.err

        looked = await hub({**embedded, "HUB_PORT": "0"}, "doctor", "--json")
        findings = {one["check"]: one for one in looked.json["findings"]}
        assert f"Process {serving.process.pid} serves" in findings["hub"]["what"]
        assert looked.code == 0, looked.out
        assert (await serving.stop())[0] == 0

    # And without one: the cluster is started for the command, and stopped after it.
    assert (await hub(embedded, "token", "add", "erp", "--scope", "admin")).code == 0
