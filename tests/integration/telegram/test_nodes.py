"""One bot and a real node that is killed at the worst moments."""

from pathlib import Path

import pytest

from channels.telegram.twin.serving import TelegramTwin
from hub.db.engine import Database
from tests import nodes
from tests.one_inbox import PATIENCE, one_inbox


@pytest.mark.timeout(240)
async def test_no_message_is_lost_or_doubled_by_kills(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    async with TelegramTwin(pace=None).running(data_dir=tmp_path / "twin") as twin:
        settings = {**twin.settings, "poll_timeout": 20}
        body = {"channel": "telegram", "name": "Bot", "settings": settings}
        async with one_inbox(database, database_url, tmp_path, body) as hub:
            async with hub.dying_before_a_commit():
                await twin.play({"who": "101", "text": "one"})
            assert await hub.texts() == []
            await hub.node.start()
            await hub.stored("one")
            # The poll that is under way brings the next one; none after it tells of the offset.
            await nodes.until(lambda: not twin.updates.waiting, within=PATIENCE)
            twin.faults.arrange({"do": "reset_before", "method": "getUpdates", "times": 0})
            await twin.play({"who": "101", "text": "two"})
            await hub.stored("one", "two")
            await hub.kill()
            twin.faults.arrange({"do": "nothing"})
            await twin.play({"who": "101", "text": "three"})
            await hub.node.start()
            await hub.stored("one", "two", "three")
            await nodes.until(lambda: not twin.updates.waiting, within=PATIENCE)
