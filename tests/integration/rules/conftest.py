"""The shop of the tests of rules, with an inbox of its own."""

import pytest
from sqlalchemy import text

from hub.db.engine import Database
from hub.inboxes.open_inbox import InboxRef
from tests.integration.rules.shop import Shop

_INBOX = text("""
    INSERT INTO inboxes (channel, name, settings) VALUES ('webchat', 'Shop', '{}') RETURNING id
""")


@pytest.fixture
async def shop(database: Database) -> Shop:
    async with database.transaction() as session:
        inbox_id = await session.scalar(_INBOX)
    assert inbox_id is not None
    return Shop(database, InboxRef(inbox_id, "webchat", "Shop chat", "main"))
