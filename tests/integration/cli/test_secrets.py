"""After a rotation the earlier key opens nothing that is stored, and everything still works."""

from datetime import timedelta

import orjson
from sqlalchemy import text

from hub import clock
from hub.cli.secrets import renew
from hub.crypto import Keyring
from hub.db.engine import Database
from hub.inboxes.registry import Registry
from hub.inboxes.repository import InboxDraft, InboxRepository
from hub.installation import Installation
from hub.settings import Settings
from hub.webhooks import repository as webhooks
from hub.webhooks.repository import Draft

OLD, NEW = "the old secret", "the new secret"
JWT = "a-secret-of-the-shop-of-32-letters"


async def stored(database: Database) -> tuple[str, str, str]:
    """The ciphers of the inbox's secret and of the webhook's two."""
    async with database.reading() as session:
        inbox = await session.scalar(text("SELECT settings FROM inboxes"))
        row = (await session.execute(text("SELECT secret, old_secret FROM webhooks"))).one()
    return inbox["jwt_secret"]["$secret"], row.secret, row.old_secret


async def test_everything_stored_is_under_the_new_key(database: Database):
    old = Keyring(OLD)
    async with database.transaction() as session:
        draft = InboxDraft("webchat", "Chat", {"origins": ["*"], "jwt_secret": JWT})
        await InboxRepository(Registry.load(), old, "").create(session, draft, now=clock.now())
        hook = Draft("erp", "https://erp.example/", ["*"])
        row, _ = await webhooks.create(session, hook, keyring=old, exempt=(), now=clock.now())
        await webhooks.rotate(session, row.id, timedelta(days=1), keyring=old, now=clock.now())
    before = [old.decrypt(one) for one in await stored(database)]

    at = Installation(Settings(), Keyring(NEW, OLD), database)
    assert await renew(at) == {"renewed": 2}
    assert [Keyring(NEW).decrypt(one) for one in await stored(database)] == before
    assert before[0] == JWT
    assert await renew(at) == {"renewed": 0}
    async with database.reading() as session:
        audited = await session.scalars(text("SELECT detail FROM audit ORDER BY id"))
        assert [orjson.dumps(one) for one in audited] == [b'{"renewed":2}', b'{"renewed":0}']
