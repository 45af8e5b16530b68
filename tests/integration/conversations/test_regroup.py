"""Conversations merged and split by hand: what goes along, what comes back, what is refused."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from hub.conversations import counters, follows, reads, repository, update
from hub.conversations.draft import Draft, Note, Sender
from hub.conversations.merging import regroup
from hub.conversations.merging.lineage import Act
from hub.conversations.merging.regroup import Part
from hub.conversations.outbound import drafts, options, reply
from hub.conversations.outbound.drafts import Wording
from hub.conversations.status import Patch
from hub.db.engine import Database
from hub.errors import Conflict, HubError, Invalid, NotFound
from hub.ids import new_id
from hub.operators.access import Viewer
from tests.integration.deliveries.scene import Turned
from tests.integration.identity.people import People


class Desk(People):
    """Olga, who merges and splits conversations."""

    olga: Viewer

    async def join(self, stays: UUID, goes: UUID) -> Act:
        async with self.database.transaction() as session:
            return await regroup.merge(session, stays, goes, self.olga, self.by)

    async def part(self, source: UUID, part: Part) -> Act:
        async with self.database.transaction() as session:
            return await regroup.split(session, source, part, self.olga, self.by)

    async def revoke(self, conversation_id: UUID, move_id: UUID) -> Act:
        async with self.database.transaction() as session:
            return await regroup.undo(session, conversation_id, move_id, self.olga, self.by)

    async def change(self, conversation_id: UUID, **fields: Any) -> None:
        async with self.database.transaction() as session:
            by = Sender.of(self.olga)
            await update.update(session, conversation_id, Patch(**fields), by=by, now=self.clock())

    async def shown(self, conversation_id: UUID) -> dict[str, Any]:
        async with self.database.reading() as session:
            return await repository.get(session, self.olga, conversation_id)

    async def listed(self) -> set[str]:
        async with self.database.reading() as session:
            items, _ = await repository.page(session, self.olga, repository.Filter(), limit=50)
        return {one["id"] for one in items}

    async def counted(self) -> int:
        async with self.database.reading() as session:
            numbers = await counters.counts(session, self.olga)
        return sum(numbers[name] for name in ("open", "pending", "snoozed", "closed"))


@pytest.fixture
async def desk(database: Database, clock: Turned) -> Desk:
    desk = Desk(database, clock)
    desk.olga = await desk.operator("olga")
    desk.operator_id = desk.olga.id
    return desk


async def two(desk: Desk) -> tuple[UUID, UUID]:
    """Anna's conversations in two pools, the first one with an answer of ours."""
    shop = await desk.inbox(None)
    await desk.writes(shop, "anna", "a1")
    desk.clock.turn(minutes=1)
    await desk.sends(await desk.contact("anna"), desk.olga, "a2")
    [first] = await desk.conversations()
    await desk.change(first.id, status="closed", close_reason="solved")
    desk.clock.turn(minutes=1)
    await desk.writes(shop, "anna", "b1")
    second = next(one for one in await desk.conversations() if one.id != first.id)
    return first.id, second.id


def kept(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "updated_at"}


async def test_a_merge_and_its_undo(desk: Desk) -> None:
    first, second = await two(desk)
    await desk.change(second, labels=("vip",), priority=2, assignee_id=desk.olga.id)
    async with desk.database.transaction() as session:
        await follows.follow(session, second, desk.olga, desk.clock())
        await reads.mark_read(session, second, desk.olga, desk.clock())
    before = [kept(await desk.shown(one)) for one in (first, second)]
    said = await desk.said()

    act = await desk.join(first, second)
    # Both ids lead to the one that stayed, which is as awake as either was.
    shown = await desk.shown(second)
    assert shown["id"] == str(first)
    assert (shown["status"], shown["close_reason"]) == ("open", "")
    assert (shown["labels"], shown["priority"], shown["following"]) == (["vip"], 2, True)
    assert (shown["assignee"]["name"], shown["unread"]) == ("olga", 1)
    assert (await desk.said())[str(first)] == ["a1", "a2", "b1"]
    assert (await desk.listed(), await desk.counted()) == ({str(first)}, 1)
    assert {row.conversation_id for row in await desk.execute("SELECT * FROM deliveries")} == {
        first
    }

    await desk.revoke(second, act.id)
    assert [kept(await desk.shown(one)) for one in (first, second)] == before
    assert await desk.said() == said
    assert (await desk.listed(), await desk.counted()) == ({str(first), str(second)}, 2)
    with pytest.raises(Conflict, match="undone already"):
        await desk.revoke(first, act.id)


async def test_what_is_hidden_from_the_viewer_stays_where_it_is(desk: Desk) -> None:
    first, second = await two(desk)
    secret = await desk.inbox(None)
    for table, of in [("conversations", "id"), ("entries", "conversation_id")]:
        sql = f"UPDATE {table} SET inbox_id = :secret WHERE {of} = :second"  # noqa: S608
        await desk.execute(sql, secret=secret, second=second)
    merged = await desk.join(first, second)
    everything, desk.olga = desk.olga, replace(desk.olga, hidden_inboxes=frozenset({secret}))
    act = await desk.part(first, Part(from_position=2))
    said = await desk.said()
    assert (said[str(first)], said[str(act.into_id)]) == (["a1", "b1"], ["a2"])
    for asked in (first, act.into_id):
        with pytest.raises(NotFound, match=str(merged.id)):
            await desk.revoke(asked, merged.id)
    desk.olga = everything
    await desk.revoke(first, act.id)
    await desk.revoke(first, merged.id)
    assert (await desk.said())[str(second)] == ["b1"]


async def test_an_act_is_undone_at_its_own_conversation(desk: Desk) -> None:
    first, second = await two(desk)
    act = await desk.part(first, Part(from_position=2))
    with pytest.raises(NotFound, match=str(act.id)):
        await desk.revoke(second, act.id)
    await desk.revoke(act.into_id, act.id)


async def test_what_refers_to_a_merged_conversation_finds_it(desk: Desk) -> None:
    first, second = await two(desk)
    await desk.join(first, second)
    shop = (await desk.conversations())[0].inbox_id
    await desk.writes(shop, "anna", "by signature", conversation_id=second)
    anna = await desk.contact("anna")
    await desk.sends(anna, desk.olga, "answered", conversation_id=second)
    await desk.change(second, status="pending")
    assert (await desk.shown(first))["status"] == "pending"
    assert (await desk.said())[str(first)][-2:] == ["by signature", "answered"]


async def test_what_is_written_under_the_old_id_stands_where_the_conversation_is(
    desk: Desk,
) -> None:
    first, second = await two(desk)
    anna = await desk.contact("anna")

    async def drafted() -> int:
        return len(await desk.execute("SELECT text FROM drafts"))

    async with desk.database.transaction() as session:
        await drafts.put(session, second, Wording("begun"), desk.olga, desk.clock())
    await desk.join(first, second)
    assert await drafted() == 2
    async with desk.database.transaction() as session:
        by = Sender.of(desk.olga)
        note = Note("a note", conversation_id=second)
        await reply.note(session, anna.root_id, note, by=by, now=desk.clock())
    (entry,) = await desk.execute("SELECT conversation_id FROM entries WHERE kind = 'note'")
    [told] = await desk.events("note.created")
    assert (entry.conversation_id, told.conversation_id) == (first, first)
    assert await drafted() == 0

    async with desk.database.transaction() as session:
        await drafts.put(session, first, Wording("begun again"), desk.olga, desk.clock())
    # The way that the conversation's last message came is sought where it stands.
    async with desk.database.reading() as reader:
        draft = Draft("x", conversation_id=second)
        shown = await options.dry_run(
            reader,
            anna.root_id,
            draft,
            viewer=desk.olga,
            registry=desk.registry,
            now=desk.clock(),
        )
    assert [one["reason"] for one in shown["candidates"] if one["chosen"]] == ["conversation"]
    await desk.sends(anna, desk.olga, "answered", conversation_id=second)
    assert await drafted() == 0


async def test_a_split_and_its_undo(desk: Desk) -> None:
    shop = await desk.inbox(None)
    written = [await desk.writes(shop, "anna", words) for words in ("one", "two", "three")]
    [row] = await desk.conversations()
    async with desk.database.transaction() as session:
        await reads.mark_read(session, row.id, desk.olga, desk.clock())
    await desk.writes(shop, "anna", "four")
    before = kept(await desk.shown(row.id))

    act = await desk.part(row.id, Part(frozenset(written[1:2])))
    assert await desk.said() == {
        str(row.id): ["one", "three", "four"],
        str(act.into_id): ["two"],
    }
    # What had been seen is not counted: of the one unread message both may be the home.
    assert [(await desk.shown(one))["unread"] for one in (row.id, act.into_id)] == [1, 1]
    assert await desk.counted() == 2

    await desk.writes(shop, "anna", "five", conversation_id=act.into_id)
    await desk.revoke(act.into_id, act.id)
    assert await desk.said() == {str(row.id): ["one", "two", "three", "four", "five"]}
    shown = await desk.shown(act.into_id)
    assert (shown["id"], shown["unread"]) == (str(row.id), 2)
    same = before.keys() - {"unread", "last_entry"}
    assert {name: shown[name] for name in same} == {name: before[name] for name in same}
    assert (await desk.listed(), await desk.counted()) == ({str(row.id)}, 1)


async def test_from_a_message_on(desk: Desk) -> None:
    shop = await desk.inbox(None)
    for words in ("one", "two", "three"):
        await desk.writes(shop, "anna", words)
    [row] = await desk.conversations()
    [second] = await desk.execute("SELECT position FROM entries WHERE text = 'two'")
    act = await desk.part(row.id, Part(from_position=second.position))
    assert await desk.said() == {str(row.id): ["one"], str(act.into_id): ["two", "three"]}


async def refusal(doing: Any) -> HubError:
    with pytest.raises(HubError) as caught:
        await doing
    return caught.value


async def test_what_cannot_be_says_why(desk: Desk) -> None:
    first, second = await two(desk)
    shop = (await desk.conversations())[0].inbox_id
    boris = await desk.writes(shop, "boris", "hello")
    other = next(one for one in await desk.conversations() if one.id not in (first, second))
    assert "two customers" in str(await refusal(desk.join(first, other.id)))
    assert "one conversation already" in str(await refusal(desk.join(first, first)))
    for part in (Part(frozenset([boris])), Part(from_position=0), Part(from_position=10**9)):
        assert isinstance(await refusal(desk.part(first, part)), Invalid)
    act = await desk.join(first, second)
    assert isinstance(await refusal(desk.revoke(other.id, act.id)), NotFound)
    hidden = await desk.operator("vera", hidden=frozenset([shop]))
    desk.olga = hidden
    assert isinstance(await refusal(desk.revoke(first, act.id)), NotFound)


async def test_when_the_customers_part_so_do_their_conversations(desk: Desk) -> None:
    shop = await desk.inbox(None)
    await desk.writes(shop, "anna", "a1")
    await desk.writes(shop, "boris", "b1")
    anna, boris = await desk.contact("anna"), await desk.contact("boris")
    moved = await desk.merge(anna.root_id, boris.root_id)
    by_stream = {one.opening_stream_id: one.id for one in await desk.conversations()}
    mine, his = by_stream[anna.stream_id], by_stream[boris.stream_id]
    act = await desk.join(mine, his)
    await desk.writes(shop, "boris", "b2")
    assert await desk.said() == {str(mine): ["a1", "b1", "b2"]}

    await desk.undo(anna.root_id, moved.edge_id)
    said = await desk.said()
    assert (said[str(mine)], said[str(his)]) == (["a1"], ["b1"])
    # What came in between was torn out, as of any conversation of both.
    [torn] = said.keys() - {str(mine), str(his)}
    assert said[torn] == ["b2"]
    assert (await desk.shown(his))["customer"]["id"] == str(boris.root_id)
    with pytest.raises(Conflict):
        await desk.revoke(mine, act.id)


async def three(desk: Desk) -> tuple[UUID, UUID, UUID]:
    """Three of Anna's conversations, each with a label, a follower and a draft."""
    shop = await desk.inbox(None)
    names = ("first", "second", "third")
    for name in names:
        await desk.execute("UPDATE conversations SET status = 'closed', closed_at = opened_at")
        await desk.writes(shop, "anna", name)
        desk.clock.turn(minutes=1)
    rows = await desk.execute("SELECT id FROM conversations ORDER BY opened_at, id")
    ids = rows[0].id, rows[1].id, rows[2].id
    for name, one in zip(names, ids, strict=True):
        follower = await desk.operator(name)
        await desk.change(one, labels=(name,), priority=4 if name == "first" else 1)
        async with desk.database.transaction() as session:
            await follows.follow(session, one, follower, desk.clock())
            wording = Wording(name, note=name == "first")
            await drafts.put(session, one, wording, desk.olga, desk.clock())
            await reads.mark_read(session, one, desk.olga, desk.clock())
    await desk.change(ids[0], status="open")
    for one in ids[1:]:
        await desk.change(one, status="closed", close_reason="solved")
    return ids


async def told(desk: Desk, *ids: UUID) -> list[Any]:
    rows = await desk.execute(
        """
        SELECT c.id, status, close_reason, priority, labels, merged_into_id, set_aside,
               inbound_count,
               ARRAY(SELECT name FROM conversation_followers JOIN operators ON id = operator_id
                     WHERE conversation_id = c.id ORDER BY 1) AS followers,
               ARRAY(SELECT text FROM drafts WHERE conversation_id = c.id) AS drafts,
               ARRAY(SELECT inbound_count FROM conversation_reads
                     WHERE conversation_id = c.id) AS seen
        FROM conversations AS c WHERE id = ANY (:ids) ORDER BY id
        """,
        ids=list(ids),
    )
    return [tuple(row) for row in rows]


async def test_of_a_chain_each_gives_back_what_it_lent_in_any_order(desk: Desk) -> None:
    first, second, third = await three(desk)
    before = await told(desk, first, second, third)
    into_second = await desk.join(second, first)
    together = await told(desk, second)
    into_third = await desk.join(third, second)
    [all_three] = await told(desk, third)
    assert all_three[1:6] == ("open", "", 4, ["first", "second", "third"], None)
    assert all_three[8:] == (
        ["first", "second", "third"],
        ["third\n\nsecond\n\nfirst"],
        [3],
    )
    drafted = await desk.execute("SELECT note FROM drafts WHERE conversation_id = :c", c=third)
    # What was begun as a note is not sent because of a merge.
    assert [row.note for row in drafted] == [True]

    await desk.revoke(third, into_second.id)
    assert await told(desk, first) == before[:1]
    [two_of_them] = await told(desk, third)
    assert two_of_them[1:6] == ("closed", "solved", 1, ["second", "third"], None)
    assert two_of_them[8:] == (["second", "third"], ["third\n\nsecond"], [2])
    await desk.revoke(third, into_third.id)
    assert await told(desk, first, second, third) == before

    # And the other way round: the last merge first.
    acts = await desk.join(second, first), await desk.join(third, second)
    await desk.revoke(third, acts[1].id)
    [like_then] = await told(desk, second)
    assert like_then[1:6] == together[0][1:6]
    assert like_then[8:] == together[0][8:]
    await desk.revoke(second, acts[0].id)
    assert await told(desk, first, second, third) == before


async def test_a_part_that_is_put_back_takes_along_what_it_lent_elsewhere(desk: Desk) -> None:
    first, second, _ = await three(desk)
    act = await desk.join(first, second)
    [message] = await desk.execute("SELECT id FROM entries WHERE text = 'second'")
    part = await desk.part(first, Part(frozenset([message.id])))
    await desk.change(part.into_id, labels=("torn",))
    other = await desk.join(second := await standing(desk, "third"), part.into_id)
    [lent] = await told(desk, second)
    assert lent[4] == ["third", "torn"]
    # The split is undone: what it made belongs to the first one, wherever it went meanwhile.
    await desk.revoke(first, part.id)
    assert [one[4] for one in await told(desk, second)] == [["third"]]
    assert [one[4] for one in await told(desk, first)] == [["first", "second", "torn"]]
    await desk.revoke(second, other.id)
    await desk.revoke(first, act.id)
    assert (await desk.said())[str(first)] == ["first"]


async def standing(desk: Desk, words: str) -> UUID:
    [row] = await desk.execute("SELECT conversation_id FROM entries WHERE text = :w", w=words)
    conversation_id: UUID = row.conversation_id
    return conversation_id


async def test_a_team_deleted_meanwhile_is_given_back_to_nobody(desk: Desk) -> None:
    first, second, _ = await three(desk)
    team = new_id()
    await desk.execute("INSERT INTO teams (id, name) VALUES (:t, 'sales')", t=team)
    await desk.change(second, team_id=team)
    act = await desk.join(first, second)
    await desk.execute("UPDATE conversations SET team_id = NULL")
    await desk.execute("DELETE FROM teams")
    await desk.revoke(first, act.id)
    assert (await desk.shown(second))["team"] is None
