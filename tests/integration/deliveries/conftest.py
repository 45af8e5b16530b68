"""The stage of every test here."""

import pytest

from hub.db.engine import Database
from tests.integration.deliveries.scene import Scene, Turned


@pytest.fixture
def clock() -> Turned:
    return Turned()


@pytest.fixture
def scene(database: Database, clock: Turned) -> Scene:
    return Scene(database, clock)
