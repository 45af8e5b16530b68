"""One mailbox and real nodes: killed at the worst moments, and two at once."""

from pathlib import Path

import pytest

from channels.email.twin import EmailTwin
from hub.db.engine import Database
from tests import nodes
from tests.crash.world import Node
from tests.integration.email.mailboxes import mail
from tests.one_inbox import PATIENCE, one_inbox


@pytest.mark.timeout(240)
async def test_no_mail_is_lost_or_doubled_by_kills_nor_by_a_second_node(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    async with EmailTwin().serve("127.0.0.1", 0, tmp_path / "twin") as twin:
        box, faults = twin.company.folders["INBOX"], twin.faults

        async def comes(words: str) -> None:
            await twin.post.keep(twin.company, box, mail(words))

        async def seen(count: int) -> None:
            await nodes.until(
                lambda: sum("\\Seen" in one.flags for one in box.mails.values()) == count,
                within=PATIENCE,
            )

        body = {"channel": "email", "name": "Help", "settings": dict(twin.settings)}
        async with one_inbox(database, database_url, tmp_path, body) as hub:
            async with hub.dying_before_a_commit():
                await comes("one")
            assert await hub.texts() == []
            # Killed with the mail stored and not yet marked: the server does not answer that.
            faults.order({"protocol": "imap", "at": "store", "do": "slow", "seconds": 600})
            await hub.node.start()
            await hub.stored("one")
            await nodes.until(lambda: not faults.waiting(), within=PATIENCE)
            await hub.kill()
            await seen(0)
            await comes("two")
            of_the_dead = set(box.watchers)
            second = Node(hub.node.surroundings, tmp_path / "second.log")
            try:
                await hub.node.start()
                await second.start()
                await hub.stored("one", "two")
                await seen(2)
                for words in ("three", "four"):
                    await comes(words)
                await hub.stored("one", "two", "three", "four")
                await seen(4)
                assert len(box.watchers - of_the_dead) == 1
            finally:
                await second.kill()
