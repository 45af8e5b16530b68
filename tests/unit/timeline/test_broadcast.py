"""A subscription keeps the order, whether events are handed over on the spot or queued."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.timeline.broadcast import LiveEvent, Missed, Subscription


def event(seq: int) -> LiveEvent:
    return LiveEvent(seq, "message.created", b"", frozenset())


@settings(deadline=None)
@given(
    accepts=st.lists(st.booleans(), min_size=1, max_size=40),
    pauses=st.lists(st.integers(0, 2), min_size=1, max_size=40),
)
async def test_everything_once_and_in_order(accepts: list[bool], pauses: list[int]) -> None:
    """The listener is at times busy with what it took, the socket at times full."""
    subscription, got = Subscription(0, 100), list[int]()
    answers = iter(accepts * 40)

    def direct(one: LiveEvent) -> bool:
        taken = next(answers)
        if taken:
            got.append(one.seq)
        return taken

    subscription.direct = direct

    async def listen() -> None:
        turns = iter(pauses * 40)
        while True:
            for one in await subscription.take():
                for _ in range(next(turns, 0)):
                    await asyncio.sleep(0)
                got.append(one.seq)

    async with asyncio.TaskGroup() as group:
        listener = group.create_task(listen())
        for seq, pause in enumerate((pauses * 40)[:40], start=1):
            subscription.offer(event(seq))
            for _ in range(pause):
                await asyncio.sleep(0)
        while len(got) < 40:
            await asyncio.sleep(0)
        listener.cancel()
    assert got == list(range(1, 41))


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
