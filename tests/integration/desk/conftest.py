"""The office of every test here."""

import pytest

from hub.db.engine import Database
from tests.integration.deliveries.scene import Turned
from tests.integration.desk.office import Office


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database, Turned())
