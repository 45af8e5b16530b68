"""Many who set out at once make the hub call the provider once, and a dead one seldom."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from hub.errors import Unavailable
from hub.oidc.acquaintance import AWAY, BELIEVED, Acquaintance
from hub.oidc.provider import Provider

ISSUER = "https://accounts.example.com"


class There:
    """A provider that is slow, counts who asks, and may be away."""

    def __init__(self) -> None:
        self.now = datetime(2026, 5, 3, 9, tzinfo=UTC)
        self.away = False
        self.asked: list[str] = []
        self.known = Acquaintance(self.ask, lambda: self.now)

    async def ask(self, issuer: str) -> Provider:
        self.asked.append(issuer)
        await asyncio.sleep(0)
        if self.away:
            raise Unavailable("Nobody answers.")
        return Provider(issuer, f"{issuer}/a", f"{issuer}/t", f"{issuer}/k")

    async def asks(self, times: int, issuer: str = ISSUER) -> list[bool]:
        """Who got an answer, of several at once."""
        every = [self.known.of(issuer) for _ in range(times)]
        said = await asyncio.gather(*every, return_exceptions=True)
        return [isinstance(one, Provider) and one.issuer == issuer for one in said]

    def later(self, span: timedelta) -> None:
        self.now += span


@pytest.mark.parametrize(("away", "lasts"), [(False, BELIEVED), (True, AWAY)])
async def test_who_asks_at_once_or_soon_after_gets_one_answer(away: bool, lasts: timedelta):
    there = There()
    there.away = away
    assert await there.asks(5) == [not away] * 5
    there.later(lasts - timedelta(seconds=1))
    assert await there.asks(5) == [not away] * 5
    assert len(there.asked) == 1
    there.later(timedelta(seconds=1))
    await there.asks(5)
    assert len(there.asked) == 2


async def test_a_provider_that_is_back_is_found_and_another_one_is_asked_at_once():
    there = There()
    there.away = True
    assert await there.asks(1) == [False]
    there.away = False
    assert await there.asks(1, "https://other.example.com") == [True]
    assert await there.asks(1) == [True]
    assert there.asked == [ISSUER, "https://other.example.com", ISSUER]
