"""schemathesis against the running application: no 5xx, nothing that the document does not say."""

import asyncio
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer
from prometheus_client import CollectorRegistry

from hub.operators.access import Role, Scope
from hub.web.app import build_app
from hub.web.limits import Limits, Rate
from tests.integration.web.conftest import World

SECONDS = 60
CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
    "unsupported_method",
    "negative_data_rejection",
]


@pytest.mark.timeout(SECONDS + 60)
async def test_the_api_keeps_its_word_under_any_input(world: World, services, tmp_path):
    await world.operator(Role.ADMINISTRATOR)
    token = await world.token(*Scope)
    unhurried = Limits(Rate(10_000_000), Rate(10_000_000))
    services = replace(services, metrics=CollectorRegistry())
    async with TestServer(build_app(services, unhurried)) as server:
        process = await asyncio.create_subprocess_exec(
            str(Path(sys.executable).with_name("schemathesis")),
            "run",
            str(server.make_url("/api/v1/openapi.json")),
            *("--header", f"Authorization: Bearer {token}"),
            *("--checks", ",".join(CHECKS)),
            *("--max-time", str(SECONDS)),
            *("--phases", "examples,coverage,fuzzing"),
            *("--seed", "1"),
            *("--suppress-health-check", "all"),
            "--no-color",
            cwd=tmp_path,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()[-20_000:]
