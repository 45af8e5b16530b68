"""Quarantine over the API: seen, saved, replayed, dismissed; by those who look after inboxes."""

from hub.conversations.inbound.ingest import Ingest
from hub.inboxes.open_inbox import InboxRef
from hub.operators.access import Role
from tests.integration.timeline.world import add_inbox
from tests.integration.web.conftest import World
from tests.integration.web.shop import API, json


async def test_what_was_kept_is_seen_saved_and_dismissed(world: World):
    boss = await world.as_role(Role.ADMINISTRATOR)
    async with world.database.transaction() as session:
        inbox = await add_inbox(session)
    ingest = Ingest(world.database, world.clock, world.services.files, tell=lambda _: None)
    sink = ingest.sink(InboxRef(inbox, "webchat", "Chat", "main"))
    await sink.quarantine(b"\x00<script>", "It cannot be read.", external_id="bad-1")
    await ingest.close()
    (kept,) = (await json(await boss.get(f"{API}/quarantine")))["items"]
    assert (kept["error"], kept["replayable"]) == ("It cannot be read.", False)
    raw = await boss.get(f"{API}/quarantine/{kept['id']}/raw")
    assert await raw.read() == b"\x00<script>"
    assert raw.headers["Content-Disposition"].startswith("attachment")
    again = await boss.post(f"{API}/quarantine/{kept['id']}/replay")
    assert (again.status, (await again.json())["code"]) == (409, "needs-channel")
    assert (await boss.post(f"{API}/quarantine/{kept['id']}/dismiss")).status == 204
    assert (await boss.post(f"{API}/quarantine/{kept['id']}/dismiss")).status == 409
    assert (await json(await boss.get(f"{API}/quarantine")))["items"] == []
    (done,) = (await json(await boss.get(f"{API}/quarantine?resolved=true")))["items"]
    assert done["resolution"] == "dismissed"
