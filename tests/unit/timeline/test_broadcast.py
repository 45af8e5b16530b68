"""A subscription keeps the order, whether events are handed over on the spot or queued."""

import asyncio
from collections.abc import Sequence
from itertools import cycle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.timeline.broadcast import LiveEvent, Missed, Subscription

COUNT = 40


def event(seq: int) -> LiveEvent:
    return LiveEvent(seq, "message.created", b"", frozenset())


async def turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def listen(subscription: Subscription, got: list[int], pauses: Sequence[int]) -> None:
    """Take until everything has come, busy for a while with each event."""
    busy = cycle(pauses)
    while len(got) < COUNT:
        for one in await subscription.take():
            await turns(next(busy))
            got.append(one.seq)


@settings(deadline=None)
@given(
    accepts=st.lists(st.booleans(), min_size=1, max_size=20),
    offered=st.lists(st.integers(0, 5), min_size=1, max_size=20),
    busy=st.lists(st.integers(0, 3), min_size=1, max_size=20),
)
async def test_everything_once_and_in_order(
    accepts: list[bool], offered: list[int], busy: list[int]
) -> None:
    """The listener is at times busy with what it took, the socket at times full."""
    subscription, got = Subscription(0, COUNT + 1), list[int]()
    answers, pauses = cycle(accepts), cycle(offered)

    def direct(one: LiveEvent) -> bool:
        if one.seq < COUNT and next(answers):
            got.append(one.seq)
            return True
        # The last one is queued, so that the listener notices the end.
        return False

    subscription.direct = direct
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        _ = group.create_task(listen(subscription, got, busy))
        for seq in range(1, COUNT + 1):
            subscription.offer(event(seq))
            await turns(next(pauses))
    assert got == list(range(1, COUNT + 1))


async def test_nothing_overtakes_what_is_queued() -> None:
    """Refused, then room again, before the listener had its turn."""
    subscription, direct = Subscription(0, 10), list[int]()
    room = iter([False, True])

    def hand_over(one: LiveEvent) -> bool:
        if next(room):
            direct.append(one.seq)
            return True
        return False

    subscription.direct = hand_over
    async with asyncio.TaskGroup() as group:
        taking = group.create_task(subscription.take())
        await turns(3)
        subscription.offer(event(1))
        subscription.offer(event(2))
    assert [one.seq for one in taking.result()] == [1, 2]
    assert direct == []


async def test_what_overflowed_is_told_once_and_then_it_goes_on() -> None:
    subscription = Subscription(0, 2)
    for seq in (1, 2, 3, 4):
        subscription.offer(event(seq))
    with pytest.raises(Missed):
        await subscription.take()
    subscription.offer(event(5))
    assert [one.seq for one in await subscription.take()] == [5]


async def test_what_was_known_is_not_told_again() -> None:
    subscription = Subscription(7, 10)
    for seq in (6, 7, 8, 8, 9, 0):
        subscription.offer(event(seq))
    assert [one.seq for one in await subscription.take()] == [8, 9, 0]
