"""A hub that people write to."""

import pytest

from hub.db.engine import Database
from tests.integration.deliveries.scene import Turned
from tests.integration.identity.people import People


@pytest.fixture
def clock() -> Turned:
    return Turned()


@pytest.fixture
async def people(database: Database, clock: Turned) -> People:
    people = People(database, clock)
    people.operator_id = (await people.operator("olga")).id
    return people
