"""What is planned is claimed by one at a time, and only who holds the lease completes it."""

import asyncio
from datetime import timedelta
from itertools import chain

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from hub.db.engine import Database
from hub.db.signals import Topic
from hub.due.queue import Plan, cancel, hasten, next_ready, plan, take
from hub.due.returns import Return, hold, hold_all, postpone, put_back, release
from tests.integration.due.conftest import LEASE, NOW, Work, keys

LATER = NOW + timedelta(seconds=30)


async def test_work_is_claimable_from_its_time_on(work: Work) -> None:
    await work.plan("soon", at=1)
    assert keys(await work.take()) == []
    assert keys(await work.take(at=1)) == ["soon"]


async def test_the_nearest_deadline_comes_first(work: Work) -> None:
    await work.plan("third", at=-1)
    await work.plan("first", at=-3)
    await work.plan("second", at=-2)
    assert keys(await work.take(limit=2)) == ["first", "second"]


async def test_the_limit_is_each_kinds_own(work: Work) -> None:
    await work.plan("a", "b", "c", kind="call", at=-9)
    await work.plan("d", "e", "f", kind="mail")
    assert sorted(keys(await work.take("call", "mail", "none", limit=2))) == ["a", "b", "d", "e"]


async def test_what_is_in_hand_is_not_claimed_again_until_the_lease_ends(work: Work) -> None:
    await work.plan("one")
    [first] = await work.take()
    assert keys(await work.take(at=59.9)) == []
    [second] = await work.take(at=60)
    assert (first.attempt, second.attempt) == (1, 2)
    assert await work.complete(first) == set(), "a late completer completes nothing"
    assert await work.complete(second) == {"one"}
    assert await work.left() == set()


async def test_concurrent_claimers_share_the_work(work: Work) -> None:
    await work.plan(*(str(n) for n in range(200)))

    async def claim_all() -> list[str]:
        mine: list[str] = []
        while claims := await work.take(limit=7):
            mine += keys(claims)
        return mine

    shares = await asyncio.gather(*(claim_all() for _ in range(6)))
    assert sorted(chain.from_iterable(shares)) == sorted(str(n) for n in range(200))


async def test_a_claim_passes_over_rows_that_are_locked(database: Database, work: Work) -> None:
    await work.plan("locked", "free")
    async with database.transaction() as session:
        await session.execute(text("SELECT 1 FROM due WHERE key = 'locked' FOR UPDATE"))
        async with asyncio.timeout(20):
            assert keys(await work.take()) == ["free"]
    assert keys(await work.take()) == ["locked"]


async def test_planning_anew_takes_the_work_out_of_hand(work: Work) -> None:
    await work.plan("visit", at=0, room=1)
    [old] = await work.take()
    await work.plan("visit", at=30, room=2)
    assert await work.complete(old) == set()
    assert keys(await work.take(at=29)) == []
    [new] = await work.take(at=30)
    assert (new.attempt, new.due_at, new.data) == (1, LATER, {"room": 2})


async def test_one_key_twice_in_one_plan_counts_once_the_last_time(
    database: Database, work: Work
) -> None:
    async with database.transaction() as session:
        await plan(session, [Plan("call", "x", NOW), Plan("call", "x", LATER)])
    assert keys(await work.take()) == []


async def test_a_rolled_back_plan_is_none_and_rings_nobody(database: Database, work: Work) -> None:
    rung = database.signals.subscribe(Topic.DUE)
    with pytest.raises(DBAPIError):  # noqa: PT012 - the transaction is what fails
        async with database.transaction() as session:
            await plan(session, [Plan("call", "x", NOW)])
            await session.execute(text("SELECT 1 / 0"))
    assert await work.left() == set()
    assert not await rung.wait(0.01)
    await work.plan("y")
    assert await rung.wait(1)


async def test_hastened_work_starts_sooner_never_later(database: Database, work: Work) -> None:
    await work.plan("a", at=30)
    for moment in (LATER + LEASE, NOW):
        async with database.transaction() as session:
            await hasten(session, [Plan("call", "a", LATER), Plan("call", "a", moment)])
    assert keys(await work.take()) == ["a"]


async def test_hastening_leaves_work_in_hand(database: Database, work: Work) -> None:
    await work.plan("a")
    [one] = await work.take()
    async with database.transaction() as session:
        await hasten(session, [Plan("call", "a", NOW)])
    assert keys(await work.take(at=1)) == []
    assert await work.complete(one) == {"a"}


async def test_who_holds_its_claim_sees_what_the_hastener_wrote(
    database: Database, work: Work
) -> None:
    """The lost wake-up: work is added to a key while its claim is about to be completed."""
    await work.plan("lane")
    [one] = await work.take()

    async def finish() -> list[str]:
        async with database.transaction() as session:
            assert await hold(session, one)
            return list(await session.scalars(text("SELECT name FROM leases")))

    async with database.transaction() as session:
        await session.execute(text("INSERT INTO leases VALUES ('new work', '', now())"))
        await hasten(session, [Plan("call", "lane", NOW)])
        finishing = asyncio.gather(finish())
        await asyncio.sleep(0.1)
        assert not finishing.done(), "hold waits for the hastener"
    [seen] = await finishing
    assert seen == ["new work"]


async def test_returned_work_comes_back_when_asked(database: Database, work: Work) -> None:
    await work.plan("a", "b", "c", n=1)
    one, two, three = await work.take()
    async with database.transaction() as session:
        assert await postpone(session, one, LATER)
        assert await put_back(session, [Return(two, LATER, {"n": 2})], NOW) == {two.id}
        assert await release(session, [three], NOW) == {three.id}
    assert await work.complete(one, two, three) == set(), "given back is given back"
    assert [(c.key, c.attempt, c.data) for c in await work.take()] == [("c", 1, {"n": 1})], (
        "released is untried"
    )
    again = {c.key: (c.attempt, c.data) for c in await work.take(at=30)}
    assert again == {"a": (2, {"n": 1}), "b": (2, {"n": 2})}


async def test_a_lost_lease_gives_nothing_back(database: Database, work: Work) -> None:
    await work.plan("a")
    [old] = await work.take()
    await work.take(at=60)
    async with database.transaction() as session:
        assert not await hold(session, old)
        assert await hold_all(session, [old]) == set()
        assert not await postpone(session, old, NOW)
        assert await put_back(session, [Return(old, NOW)], NOW) == set()
    assert keys(await work.take(at=61)) == []


async def test_cancelled_work_is_gone_even_out_of_a_hand(database: Database, work: Work) -> None:
    await work.plan("a", "b")
    [held] = await work.take(limit=1)
    async with database.transaction() as session:
        assert await cancel(session, "call", ["a", "b", "c"]) == {"a", "b"}
    assert await work.complete(held) == set()


async def test_it_says_when_more_becomes_ready(database: Database, work: Work) -> None:
    async def after_taking(*kinds: str) -> tuple[object, object]:
        async with database.at_once() as session:
            taken = await take(session, kinds, now=NOW, limit=1, lease=LEASE)
            return taken.next_ready, await next_ready(session, kinds)

    assert await after_taking("call", "mail") == (None, None)
    await work.plan("m", kind="mail", at=90)
    await work.plan("a", at=0)
    await work.plan("b", at=30)
    assert await after_taking("call", "mail") == (LATER, LATER), "what was just taken is no news"
    assert await after_taking("mail") == (NOW + timedelta(seconds=90),) * 2
