"""Satisfaction: asked once a conversation stays closed, answered by a number, acted upon."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from hub import clock
from hub.conversations import update
from hub.conversations.draft import Sender
from hub.conversations.inbound import rated
from hub.conversations.inbound.rated import RatingReader
from hub.conversations.status import ConversationStatus, Patch
from hub.db.reader import follow
from hub.operators.access import SYSTEM
from hub.rules.planning import MOMENT
from hub.rules.yaml_text import read
from hub.tasks import background
from tests.integration.rules.shop import Shop, reading

EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "rules" / "satisfaction.yaml"
(SPEC,) = read(EXAMPLE.read_text("utf-8"), EXAMPLE.name)


async def talk(shop: Shop, name: str) -> Any:
    (row,) = await shop.rows(
        """
        SELECT c.id, c.status, c.score, c.priority FROM conversations AS c
        JOIN streams AS s ON s.id = c.opening_stream_id
        JOIN contact_points AS p ON p.id = s.contact_point_id
        WHERE p.value LIKE '%/' || :name
        """,
        name=name,
    )
    return row


async def close(shop: Shop, conversation: UUID) -> None:
    patch = Patch(status=ConversationStatus.CLOSED, close_reason="solved")
    async with shop.database.transaction() as session:
        await update.update(session, conversation, patch, by=Sender.of(SYSTEM), now=clock.now())


async def scored(shop: Shop, name: str) -> Any:
    async with asyncio.timeout(15):
        while True:
            if (row := await talk(shop, name)).score is not None:
                return row
            await asyncio.sleep(0.02)


async def test_a_closed_conversation_is_rated_and_a_low_score_opens_it_again(shop: Shop) -> None:
    document = SPEC.model_dump(mode="json", by_alias=True, exclude_none=True)
    await shop.rule({**document, "enabled": True})
    names = ("content", "cross", "back")
    async with reading(shop.database), background() as tasks:
        reader = RatingReader(clock.now)
        tasks.start(follow(shop.database, rated.READER, reader), "ratings")
        for name in names:
            await shop.customer(name, "en")
            await close(shop, (await talk(shop, name)).id)
        await shop.read_to_the_end()
        # Whoever writes again before the hour is over is not asked.
        await shop.hears("back", "One thing more", "more")
        assert await shop.come_due(MOMENT, clock.now() + timedelta(minutes=61)) == len(names)
        said = await shop.said()
        assert len(said) == 2
        assert all(one.startswith("How did we do?") for one in said)
        assert {(await talk(shop, name)).status for name in names[:2]} == {"closed"}

        await shop.hears("content", "5", "rates")
        row = await scored(shop, "content")
        assert (row.score, row.status, row.priority) == (5, "closed", 0)
        await shop.hears("cross", "1", "rates")
        row = await scored(shop, "cross")
        assert (row.score, row.status, row.priority) == (1, "open", 4)
        lines = await shop.rows(
            "SELECT data->>'activity' AS said FROM entries"
            " WHERE data->>'activity' LIKE 'conversation.rated%' ORDER BY position"
        )
        assert [one.said for one in lines] == ["conversation.rated", "conversation.rated_low"]
        # A number without a question is a number.
        await shop.hears("back", "3", "number")
        (count,) = await shop.rows("SELECT count(*) AS of FROM conversations WHERE score > 0")
        assert count.of == 2
