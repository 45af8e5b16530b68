"""Killed wherever something is committed or sent, the hub loses nothing and doubles nothing."""

import asyncio
from pathlib import Path

import pytest

from tests.crash.dying_node import NONE
from tests.crash.load import Load
from tests.crash.promises import assert_kept
from tests.crash.world import open_world

pytestmark = [pytest.mark.crash, pytest.mark.timeout(300)]

WAY_IN = {
    "an inbound batch": "hub.conversations.intake.Intake._store",
    "numbering": "relay.move",
    "an order": "hub.web.endpoint.Endpoint._in_transaction[push_order]",
    "rules": "hub.db.reader._Reader._advance[rules]",
    "a rule going on": "hub.rules.later.LaterRules._once",
    "search": "hub.db.reader._Reader._advance[search]",
    "a receipt": "hub.deliveries.receipts._apply",
    "a receipt of something unknown": "hub.deliveries.receipts._keep_early",
}
WAY_OUT = {
    "an answer": "hub.web.endpoint.Endpoint._in_transaction[send_message]",
    "taking lanes": "hub.due.loop.DueLoop._turn",
    "marking as sending": "hub.deliveries.outbox.Outbox._begin",
    "handing over what may come twice": "channel.send[forgiving]",
    "handing over": "channel.send[careful]",
    "ending what is in doubt": "hub.deliveries.outbox.Outbox._once[record_ended]",
    "recording results": "hub.deliveries.outbox.Outbox._once[record_finished]",
}
ELSEWHERE = {
    "hub.cli.serving._invite_first_administrator",
    "hub.web.endpoint.Endpoint._in_transaction[add_inbox]",
    "hub.web.endpoint.Endpoint._in_transaction[store_rule]",
    "hub.web.gate.Gate._note",
    "hub.web.housekeeping.run",
    "hub.db.leases.LeaseKeeper._execute",
    "hub.db.retention.Retention._in_batches",
    "hub.db.reader._Reader._add[answers]",
    "hub.db.reader._Reader._add[fallbacks]",
    "hub.db.reader._Reader._add[notifications]",
    "hub.db.reader._Reader._add[questions]",
    "hub.db.reader._Reader._add[ratings]",
    "hub.db.reader._Reader._add[reminders]",
    "hub.db.reader._Reader._add[reply-timers]",
    "hub.db.reader._Reader._add[routing]",
    "hub.db.reader._Reader._add[rules]",
    "hub.db.reader._Reader._add[search]",
    "hub.db.reader._Reader._advance[answers]",
    "hub.db.reader._Reader._advance[fallbacks]",
    "hub.db.reader._Reader._add[webhooks]",
    "hub.db.reader._Reader._advance[notifications]",
    "hub.db.reader._Reader._advance[questions]",
    "hub.db.reader._Reader._advance[ratings]",
    "hub.db.reader._Reader._advance[reminders]",
    "hub.db.reader._Reader._advance[reply-timers]",
    "hub.db.reader._Reader._advance[routing]",
    "hub.db.reader._Reader._advance[webhooks]",
    "hub.deliveries.outbox.Outbox.inbox_opened",
    "hub.desk.turn_taking.Turns._give",
    "hub.desk.turn_taking.Turns._done",
    "hub.timers.watching.Timers._tell_one",
    "hub.timers.watching.Timers._page",
    "hub.inboxes.host.StoredState._write",
    "hub.inboxes.host.sweep_expired",
    "hub.inboxes.state.write",
    "hub.reminders.scan.Scans._one",
    "hub.timeline.leftovers.sweep",
}
"""Commits that carry no message: who asked asks again, and loops write it again."""


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("way", [WAY_IN, WAY_OUT], ids=["in", "out"])
async def test_killed_at_every_point(
    database_url: str, tmp_path: Path, way: dict[str, str], when: str
) -> None:
    """One life after another, each ended at the next point of the way, under load."""
    async with open_world(database_url, tmp_path) as world:
        load = Load(world)
        async with load.running():
            for site in way.values():
                # There is little in doubt, and little that is heard of too early.
                times = 1 if site.endswith(("[record_ended]", "_keep_early")) else 3
                await world.restart((f"{site} {when}", times))
                await world.node.died()
            await world.restart(NONE)
            await asyncio.sleep(0.5)
        await assert_kept(world, load)


async def test_there_are_no_other_points(database_url: str, tmp_path: Path) -> None:
    """Whoever adds a commit says whether it is on a message's way."""
    async with open_world(database_url, tmp_path) as world:
        async with Load(world).running():
            await asyncio.sleep(2)
        seen = {point.rpartition(" ")[0] for point in world.node.seen()}
    unknown = seen - ELSEWHERE - {*WAY_IN.values(), *WAY_OUT.values()}
    assert not unknown
