"""Every answer of every route carries what keeps browsers from misusing it."""

import re

from aiohttp import ClientResponse

from hub.operators.access import Role
from hub.web.app import API
from tests.integration.web.conftest import World
from tests.integration.web.test_roles import BESIDE_THE_API, NOWHERE, WHO

PUBLISHED = {f"{name.split()[0]} {API}{name.split()[1]}" for name in WHO} | BESIDE_THE_API


def faults(name: str, answer: ClientResponse) -> list[str]:
    """What is missing, each with the route it is missing from."""
    headers, found = answer.headers, []
    if headers.get("X-Content-Type-Options") != "nosniff":
        found.append("types are guessed")
    if headers.get("Referrer-Policy") not in {"same-origin", "no-referrer"}:
        found.append("others are told where one came from")
    if "Server" in headers:
        found.append("the server names itself")
    if answer.content_type == "text/html":
        found += _of_page(headers.get("Content-Security-Policy", ""))
    if API in name and "no-store" not in headers.get("Cache-Control", ""):
        found.append("private answers are kept")
    return [f"{name}: {fault}" for fault in found]


def _of_page(policy: str) -> list[str]:
    found = []
    if "default-src 'none'" not in policy:
        found.append("the policy allows what it does not name")
    if "unsafe" in policy:
        found.append("the policy has unsafe-*")
    if "frame-ancestors" not in policy or "base-uri 'none'" not in policy:
        found.append("the page may be framed, or its base moved")
    return found


async def test_every_route_of_every_kind(world: World):
    found: list[str] = []
    for client in (await world.as_role(Role.ADMINISTRATOR), await world.client()):
        for name in sorted(PUBLISHED):
            method, path = name.replace("*", "GET", 1).split()
            if path.endswith("/live"):
                continue  # a socket
            address = re.sub(r"\{\w+\}", NOWHERE, path)
            answer = await client.request(
                method, address, headers={"Accept": "text/html"}, allow_redirects=False
            )
            found += faults(name, answer)
    assert found == []
