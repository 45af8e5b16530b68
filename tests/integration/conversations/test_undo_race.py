"""Undo is pressed at the very moment the message leaves: it goes or it is back, never both."""

import asyncio
import random
from datetime import timedelta
from uuid import UUID

import pytest

from hub.conversations.draft import Sender
from hub.conversations.outbound import unsent
from hub.conversations.outbound.unsent import Change
from hub.db.retry import retry_serialization
from hub.errors import Conflict
from tests.integration.conversations.stage import Stage
from tests.integration.deliveries.scene import Channel, Turned

ROUNDS = 12
_HOLD = timedelta(seconds=10)


async def _takes_back(stage: Stage, entry: UUID, by: Sender, pause: float) -> bool:
    await asyncio.sleep(pause)

    async def once() -> None:
        async with stage.database.transaction() as session:
            await unsent.cancel(session, entry, by=by, now=stage.clock())

    try:
        await retry_serialization(once)
    except Conflict:
        return False
    return True


async def _says_else(stage: Stage, entry: UUID, by: Sender, words: str, pause: float) -> bool:
    await asyncio.sleep(pause)

    async def once() -> None:
        async with stage.database.transaction() as session:
            await unsent.edit(
                session, entry, Change(words), by=by, registry=stage.registry, now=stage.clock()
            )

    try:
        await retry_serialization(once)
    except Conflict:
        return False
    return True


@pytest.mark.parametrize("doing", ["cancel", "edit"])
async def test_what_is_taken_back_or_changed_is_not_what_was_sent(
    stage: Stage, clock: Turned, doing: str
):
    channel = Channel()
    inbox = await stage.inbox(channel)
    await stage.writes(inbox, "anna", "Hello?")
    anna, olga = await stage.contact("anna"), await stage.operator("Olga")
    by, chance = Sender.of(olga), random.Random(7)
    for number in range(ROUNDS):
        old, new = f"old {number}", f"new {number}"
        held = stage.clock() + _HOLD
        sent = await stage.sends(anna, olga, old, send_at=held)
        clock.turn(seconds=_HOLD.total_seconds())
        pause = chance.uniform(0, 0.06)
        async with asyncio.TaskGroup() as group:
            group.create_task(stage.pump(stage.outbox()))
            undo = group.create_task(
                _takes_back(stage, sent.entry_id, by, pause)
                if doing == "cancel"
                else _says_else(stage, sent.entry_id, by, new, pause)
            )
        # What was changed goes to the end of its lane, and out with the next look.
        await stage.pump(stage.outbox())
        went = [words for words in channel.texts if words in (old, new)]
        assert went == ([old] if not undo.result() else [new] if doing == "edit" else [])
