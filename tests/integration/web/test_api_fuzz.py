"""schemathesis against the running application: no 5xx, nothing that the document does not say."""

import asyncio
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestServer
from prometheus_client import CollectorRegistry

from hub.operators.access import Scope
from hub.web.app import build_app
from hub.web.limits import Limits, Rate
from tests.integration.web.conftest import World
from tests.integration.web.shop import Shop, build

SECONDS = 30
CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
    "unsupported_method",
    "negative_data_rejection",
]
# What is wrong may also be too large: schemathesis does not count 413 as a refusal by itself.
CONFIGURATION = """
[checks]
negative_data_rejection.expected-statuses = [400, 401, 403, 404, 405, 409, 413, 415, 422, 429]
"""


@pytest.mark.timeout(SECONDS + 90)
async def test_the_api_keeps_its_word_under_any_input(world: World, services, tmp_path):
    shop = await build(world)
    token = await world.token(*Scope)
    unhurried = Limits(Rate(10_000_000), Rate(10_000_000))
    services = replace(services, metrics=CollectorRegistry())
    async with TestServer(build_app(services, unhurried)) as server:
        document = await (await shop.boss.get("/api/v1/openapi.json")).json()
        point_at_what_exists(document, shop)
        described = tmp_path / "openapi.json"
        described.write_text(json.dumps(document))
        (tmp_path / "schemathesis.toml").write_text(CONFIGURATION)
        process = await asyncio.create_subprocess_exec(
            str(Path(sys.executable).with_name("schemathesis")),
            "run",
            str(described),
            *("--url", str(server.make_url("/api/v1"))),
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
    # A body of a megabyte would push out what is wrong with it.
    lines = [line[:500] for line in output.decode().splitlines()]
    assert process.returncode == 0, "\n".join(lines)[-20_000:]


def point_at_what_exists(document: dict[str, Any], shop: Shop) -> None:
    """Random ids lead to nothing but 404: let the ids in paths be those of things."""
    things = {
        "/customers/": shop.customer,
        "/conversations/": shop.public.conversation,
        "/messages/": shop.public.answer,
        "/deliveries/": shop.public.delivery,
        "/files/": shop.public.file,
        "/inboxes/": str(shop.public.inbox),
        "/operators/": str(shop.outsider_id),
        "/teams/": str(shop.team),
    }
    for path, ways in document["paths"].items():
        known = next((one for start, one in things.items() if path.startswith(start)), None)
        for parameter in (one for way in ways.values() for one in way["parameters"]):
            if known is not None and parameter["in"] == "path":
                parameter["schema"] = {"type": "string", "format": "uuid", "enum": [known]}
