"""One lane that fails takes no other with it."""

import asyncio

import pytest

from hub.webhooks.sending import together


async def test_the_others_end_before_the_failure_is_told():
    ended: list[int] = []
    failed = asyncio.Event()

    async def work(number: int) -> None:
        if number == 1:
            failed.set()
            raise OverflowError
        await failed.wait()
        await asyncio.sleep(0)
        ended.append(number)

    with pytest.raises(OverflowError):
        await together(work(number) for number in range(4))
    assert sorted(ended) == [0, 2, 3]


async def test_nothing_is_told_when_all_went_well():
    ended: list[int] = []

    async def work(number: int) -> None:
        ended.append(number)

    await together(work(number) for number in range(3))
    assert ended == [0, 1, 2]
