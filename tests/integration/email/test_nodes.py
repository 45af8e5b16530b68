"""One mailbox and real nodes: killed at the worst moments, and two at once."""

from pathlib import Path

import pytest

from channels.email.twin import EmailTwin
from channels.email.twin.twin import RunningMail
from hub.db.engine import Database
from tests import nodes
from tests.crash.world import Node
from tests.integration.email.mailboxes import mail
from tests.one_inbox import PATIENCE, one_inbox


class Letterbox:
    def __init__(self, twin: RunningMail) -> None:
        self._twin = twin
        self.inbox = twin.company.folders["INBOX"]

    async def gets(self, *texts: str) -> None:
        for words in texts:
            await self._twin.post.keep(self._twin.company, self.inbox, mail(words))

    async def shows_seen(self, count: int) -> None:
        """Wait until so many mails are marked."""
        await nodes.until(
            lambda: sum("\\Seen" in one.flags for one in self.inbox.mails.values()) == count,
            within=PATIENCE,
        )


@pytest.mark.timeout(240)
async def test_no_mail_is_lost_or_doubled_by_kills_nor_by_a_second_node(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    async with EmailTwin().serve("127.0.0.1", 0, tmp_path / "twin") as twin:
        box, faults = Letterbox(twin), twin.faults
        body = {"channel": "email", "name": "Help", "settings": dict(twin.settings)}
        async with one_inbox(database, database_url, tmp_path, body) as hub:
            async with hub.dying_before_a_commit():
                await box.gets("one")
            assert await hub.texts() == []
            # Killed with the mail stored and not yet marked: the server does not answer that.
            faults.order({"protocol": "imap", "at": "store", "do": "slow", "seconds": 600})
            await hub.node.start()
            await hub.stored("one")
            await nodes.until(lambda: not faults.waiting(), within=PATIENCE)
            await hub.kill()
            await box.shows_seen(0)
            await box.gets("two")
            of_the_dead = set(box.inbox.watchers)
            second = Node(hub.node.surroundings, tmp_path / "second.log")
            try:
                await hub.node.start()
                await second.start()
                await hub.stored("one", "two")
                await box.shows_seen(2)
                await box.gets("three", "four")
                await hub.stored("one", "two", "three", "four")
                await box.shows_seen(4)
                assert len(box.inbox.watchers - of_the_dead) == 1
            finally:
                await second.kill()
