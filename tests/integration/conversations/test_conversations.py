"""Lists, counts, reads and changes of conversations."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from hub.conversations import counters, reads, repository
from hub.conversations.draft import Sender
from hub.conversations.repository import Filter
from hub.conversations.status import Patch
from hub.conversations.update import SNOOZE, Snoozes, update
from hub.db.engine import WriteSession
from hub.due import queue
from hub.due.queue import Plan
from hub.errors import Invalid, NotFound
from hub.operators.access import SYSTEM, Viewer
from tests.integration.conversations.stage import Stage
from tests.integration.deliveries.scene import Channel, Turned


class Room:
    """Olga, and what she sees of the conversations with some customers."""

    def __init__(self, stage: Stage, inbox: UUID, olga: Viewer):
        self.stage, self.inbox, self.olga = stage, inbox, olga

    async def page(self, viewer: Viewer | None = None, **wanted: Any) -> list[str]:
        """The customers' addresses, in order."""
        async with self.stage.database.reading() as session:
            items, _ = await repository.page(
                session, viewer or self.olga, Filter(**wanted), limit=50
            )
        return [one["customer"]["contact_point"]["value"] for one in items]

    async def counts(self, viewer: Viewer | None = None) -> dict[str, Any]:
        async with self.stage.database.reading() as session:
            return await counters.counts(session, viewer or self.olga)

    async def of(self, name: str) -> UUID:
        home = await self.stage.contact(name)
        rows = await self.stage.execute(
            "SELECT id FROM conversations WHERE opening_stream_id = :home",
            home=home.stream_id,
        )
        return UUID(str(rows[0].id))

    async def get(self, name: str, viewer: Viewer | None = None) -> dict[str, Any]:
        async with self.stage.database.reading() as session:
            return await repository.get(session, viewer or self.olga, await self.of(name))

    async def change(self, name: str, viewer: Viewer | None = None, **wishes: Any) -> bool:
        async with self.stage.database.transaction() as session:
            return await update(
                session,
                await self.of(name),
                Patch(**wishes),
                by=Sender.of(viewer or self.olga),
                now=self.stage.clock(),
            )

    async def read(self, name: str, session: WriteSession, viewer: Viewer | None = None) -> None:
        await reads.mark_read(
            session, await self.of(name), viewer or self.olga, self.stage.clock()
        )

    async def seen(self) -> list[tuple[str, int, bool]]:
        """What customers were told of being read: address, position, and whether it is kept."""
        rows = await self.stage.execute("""
            SELECT p.value, e.position, r.seen_position = e.position AS kept
            FROM pending_events AS e JOIN streams s ON s.id = e.stream_id
            JOIN contact_points p ON p.id = s.contact_point_id
            JOIN reachability r ON r.contact_point_id = p.id AND r.inbox_id = e.inbox_id
            WHERE e.type = 'message.seen' ORDER BY e.n
        """)
        return [(row.value, row.position, row.kept) for row in rows]

    async def last(self, name: str) -> int:
        home = await self.stage.contact(name)
        (row,) = await self.stage.execute(
            "SELECT max(position) AS last FROM entries WHERE stream_id = :stream",
            stream=home.stream_id,
        )
        return int(row.last)

    async def activities(self) -> list[Any]:
        return await self.stage.execute(
            "SELECT * FROM entries WHERE kind = 'activity' ORDER BY position"
        )


@pytest.fixture
async def room(stage: Stage, clock: Turned) -> Room:
    inbox = await stage.inbox(Channel())
    for name in ("anna", "boris", "vera"):
        await stage.writes(inbox, name, f"I am {name}")
        clock.turn(minutes=1)
    return Room(stage, inbox, await stage.operator("Olga"))


async def test_a_page_shows_the_last_changed_first(room: Room):
    assert await room.page() == ["vera", "boris", "anna"]
    await room.stage.writes(room.inbox, "anna", "Hello?")
    assert await room.page(status="open") == ["anna", "vera", "boris"]
    shown = await room.get("anna")
    assert shown["last_entry"]["text"] == "Hello?"
    assert shown["last_entry"]["direction"] == "inbound"
    assert (shown["unread"], shown["channels"]) == (2, ["fake"])
    assert shown["waiting_since"] == shown["opened_at"]


async def test_pages_follow_one_another_without_gap_or_repeat(room: Room):
    seen: list[str] = []
    after = None
    while True:
        async with room.stage.database.reading() as session:
            items, after = await repository.page(
                session, room.olga, Filter(), limit=2, after=after
            )
        seen += [one["customer"]["contact_point"]["value"] for one in items]
        if after is None:
            break
    assert seen == ["vera", "boris", "anna"]


async def test_filters(room: Room):
    ivan = await room.stage.operator("Ivan")
    team = uuid4()
    await room.stage.execute("INSERT INTO teams (id, name) VALUES (:id, 'Returns')", id=team)
    await room.change("anna", assignee_id=room.olga.id, labels=("vip", "none"))
    await room.change("boris", assignee_id=ivan.id, team_id=team)
    await room.change("vera", status="closed")
    home = await room.stage.contact("vera")
    pages = {
        "mine": await room.page(assignee="me"),
        "nobody's": await room.page(assignee="none"),
        "Ivan's": await room.page(assignee=ivan.id),
        "of the team": await room.page(team=team),
        "of no team": await room.page(team="none"),
        "closed": await room.page(status="closed"),
        "labelled": await room.page(label="vip"),
        "labelled none": await room.page(label="none"),
        "fake": await room.page(channel="fake", status="open"),
        "mail": await room.page(channel="email"),
        "inbox": await room.page(inbox_id=room.inbox, assignee="me"),
        "customer": await room.page(customer_id=home.root_id),
    }
    assert pages == {
        "mine": ["anna"],
        "nobody's": ["vera"],
        "Ivan's": ["boris"],
        "of the team": ["boris"],
        "of no team": ["vera", "anna"],
        "closed": ["vera"],
        "labelled": ["anna"],
        "labelled none": ["anna"],
        "fake": ["boris", "anna"],
        "mail": [],
        "inbox": ["anna"],
        "customer": ["vera"],
    }


async def test_what_is_hidden_is_in_no_list_no_count_and_cannot_be_changed(room: Room):
    outsider = await room.stage.operator("Ivan", hidden=frozenset({room.inbox}))
    assert await room.page(outsider) == []
    assert (await room.counts(outsider))["open"] == 0
    for attempt in (room.get("anna", outsider), room.change("anna", outsider, priority=1)):
        with pytest.raises(NotFound):
            await attempt
    with pytest.raises(NotFound):
        async with room.stage.database.transaction() as session:
            await reads.mark_read(session, await room.of("anna"), outsider, room.stage.clock())


async def test_a_hidden_last_entry_is_not_shown(room: Room):
    other = await room.stage.inbox(Channel(), name="other")
    await room.stage.writes(other, "anna", "a secret")
    outsider = await room.stage.operator("Ivan", hidden=frozenset({other}))
    assert (await room.get("anna"))["last_entry"]["text"] == "a secret"
    assert (await room.get("anna", outsider))["last_entry"] is None


async def test_counts_are_kept(room: Room):
    await room.change("anna", status="closed")
    await room.change("boris", assignee_id=room.olga.id)
    counts = await room.counts()
    assert {name: counts[name] for name in ("open", "closed", "snoozed")} == {
        "open": 2,
        "closed": 1,
        "snoozed": 0,
    }
    assert (counts["mine"]["open"], counts["none"]["open"]) == (1, 1)


async def test_reading_is_each_operators_own(room: Room):
    ivan = await room.stage.operator("Ivan")
    async with room.stage.database.transaction() as session:
        await room.read("anna", session)
    assert (await room.get("anna"))["unread"] == 0
    assert (await room.get("anna", ivan))["unread"] == 1
    await room.stage.writes(room.inbox, "anna", "Hello?")
    assert (await room.get("anna"))["unread"] == 1
    async with room.stage.database.transaction() as session:
        await room.read("anna", session)
        await reads.mark_unread(session, await room.of("anna"), room.olga)
    assert (await room.get("anna"))["unread"] == 1


async def test_the_customer_is_told_once_how_far_an_operator_has_read(room: Room):
    database, first = room.stage.database, await room.last("anna")
    for _ in range(2):
        async with database.transaction() as session:
            await room.read("anna", session)
    assert await room.seen() == [("anna", first, True)], "told once, and of nobody else"
    ivan = await room.stage.operator("Ivan")
    async with database.transaction() as session:
        await reads.mark_unread(session, await room.of("anna"), room.olga)
        await room.read("anna", session, ivan)
    assert len(await room.seen()) == 1, "a second operator reads no further"
    await room.stage.writes(room.inbox, "anna", "Hello?")
    async with database.transaction() as session:
        await room.read("anna", session)
    assert await room.last("anna") > first
    assert (await room.seen())[1:] == [("anna", await room.last("anna"), True)]


async def test_a_program_reads_nothing(room: Room):
    async with room.stage.database.transaction() as session:
        await room.read("anna", session, SYSTEM)
    assert await room.seen() == []


async def test_nobody_has_read_what_he_may_not_see(room: Room):
    other = await room.stage.inbox(Channel(), name="other")
    await room.stage.writes(other, "anna", "a secret")
    outsider = await room.stage.operator("Ivan", hidden=frozenset({other}))
    async with room.stage.database.transaction() as session:
        await room.read("anna", session, outsider)
    secret = await room.last("anna")
    assert secret not in [position for _, position, _ in await room.seen()]


async def test_a_change_is_written_down_told_and_logged(room: Room):
    assert await room.change("anna", status="closed", assignee_id=room.olga.id, priority=2)
    shown = await room.get("anna")
    assert (shown["status"], shown["priority"]) == ("closed", 2)
    assert shown["assignee"] == {"id": str(room.olga.id), "name": "Olga"}
    (event,) = await room.stage.events("conversation.updated")
    assert event.data["changed"] == {
        "status": ["open", "closed"],
        "assignee": [None, str(room.olga.id)],
        "priority": [0, 2],
    }
    lines = await room.activities()
    assert [one.data["activity"] for one in lines] == [
        "conversation.closed",
        "conversation.assigned",
        "conversation.prioritised",
    ]
    assert {(one.author_name, one.inbox_id) for one in lines} == {("Olga", room.inbox)}
    assert len(await room.stage.events("activity.created")) == 3
    # Nothing new is nothing told.
    assert not await room.change("anna", status="closed")
    assert len(await room.activities()) == 3


async def test_assignees_and_teams_must_be_there(room: Room):
    with pytest.raises(Invalid) as nobody:
        await room.change("anna", assignee_id=uuid4())
    assert "assignee" in nobody.value.fields
    with pytest.raises(Invalid) as no_team:
        await room.change("anna", team_id=uuid4())
    assert "team" in no_team.value.fields


async def wake(room: Room) -> None:
    snoozes = Snoozes(room.stage.database, room.stage.clock)
    async with room.stage.database.transaction() as session:
        claims = await queue.claim(
            session, [SNOOZE], now=room.stage.clock(), limit=10, lease=timedelta(seconds=60)
        )
    await snoozes.wake(claims)


async def test_a_snoozed_conversation_wakes_at_its_time(room: Room, clock: Turned):
    await room.change("anna", snoozed_until=clock() + timedelta(hours=1))
    clock.turn(minutes=59)
    await wake(room)
    assert (await room.get("anna"))["status"] == "snoozed"
    clock.turn(minutes=1)
    await wake(room)
    shown = await room.get("anna")
    assert (shown["status"], shown["snoozed_until"]) == ("open", None)
    assert (await room.activities())[-1].author_kind == "system"
    assert await room.stage.execute("SELECT 1 FROM due WHERE kind = 'snooze'") == []


async def test_what_cannot_be_woken_keeps_no_other_asleep(room: Room, clock: Turned):
    await room.change("anna", snoozed_until=clock() + timedelta(hours=1))
    async with room.stage.database.transaction() as session:
        await queue.plan(session, [Plan(SNOOZE, "nonsense", clock())])
    clock.turn(hours=1)
    await wake(room)
    assert (await room.get("anna"))["status"] == "open"
    rows = await room.stage.execute("SELECT key FROM due WHERE kind = 'snooze'")
    assert [row.key for row in rows] == ["nonsense"]


async def test_a_snooze_moved_later_wakes_later_and_one_taken_back_never(
    room: Room, clock: Turned
):
    await room.change("anna", snoozed_until=clock() + timedelta(hours=1))
    await room.change("anna", snoozed_until=clock() + timedelta(hours=2))
    await room.change("boris", snoozed_until=clock() + timedelta(hours=1))
    await room.change("boris", status="closed")
    clock.turn(hours=1)
    await wake(room)
    assert (await room.get("anna"))["status"] == "snoozed"
    clock.turn(hours=1)
    await wake(room)
    assert (await room.get("anna"))["status"] == "open"
    assert (await room.get("boris"))["status"] == "closed"


async def test_who_writes_wakes_their_conversation_for_good(room: Room, clock: Turned):
    await room.change("anna", snoozed_until=clock() + timedelta(hours=1))
    await room.stage.writes(room.inbox, "anna", "Hello?")
    assert (await room.get("anna"))["status"] == "open"
    await room.stage.sends(await room.stage.contact("anna"), room.olga, "Done.", status="closed")
    clock.turn(hours=2)
    await wake(room)
    assert (await room.get("anna"))["status"] == "closed"
