"""The document is valid OpenAPI 3.1 and says what the router does."""

from collections.abc import Iterator
from typing import Any

from openapi_spec_validator import OpenAPIV31SpecValidator

from hub.web.app import operations
from tests.integration.web.conftest import World


async def test_the_document_is_valid_and_complete(world: World):
    answer = await (await world.client()).get("/api/v1/openapi.json")
    document = await answer.json()
    OpenAPIV31SpecValidator(document).validate()
    assert document["servers"] == [{"url": f"{world.origin}/api/v1"}]
    described = {
        f"{method.upper()} {path}" for path, ways in document["paths"].items() for method in ways
    }
    assert described == {one.name for one in operations()} | {"GET /openapi.json"}
    for path, ways in document["paths"].items():
        for method, way in ways.items():
            assert way["summary"], (method, path)
            assert {"400", "401", "403", "404", "422", "429", "503"} <= way["responses"].keys()


def spelled(part: Any) -> Iterator[dict[str, Any]]:
    """Every text that has to match a pattern."""
    if isinstance(part, dict) and isinstance(part.get("pattern"), str):
        yield part
    for inner in (
        part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    ):
        yield from spelled(inner)


async def test_what_is_spelled_in_some_way_says_so_in_words(world: World):
    document = await (await (await world.client()).get("/api/v1/openapi.json")).json()
    # Whoever misspells an amount is told that it is no number, not its pattern.
    found = [
        one for one in spelled(document["components"]) if not one["pattern"].startswith("^(?!")
    ]
    assert len(found) > 10
    assert {one["pattern"] for one in found if not one.get("description")} == set()


def test_operations_have_names_of_their_own():
    names = [one.handler.__name__ for one in operations()]
    assert len(names) == len(set(names))
