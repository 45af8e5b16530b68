"""The stage of every test here: the outbox's, and a hub that takes in what customers write."""

import pytest

from hub.db.engine import Database
from tests.integration.conversations.stage import Stage
from tests.integration.deliveries.scene import Turned


@pytest.fixture
def clock() -> Turned:
    return Turned()


@pytest.fixture
def stage(database: Database, clock: Turned) -> Stage:
    return Stage(database, clock)
