"""What the provider last said of itself, or that it did not answer: asked by many, called once."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from hub.errors import HubError
from hub.oidc.provider import Provider

BELIEVED = timedelta(minutes=5)
"""How long what a provider says of itself is not asked for again."""
AWAY = timedelta(seconds=10)
"""How long a failure stands: strangers who set out meanwhile make the hub call nobody."""

Asked = Callable[[str], Awaitable[Provider]]
Clock = Callable[[], datetime]


class Acquaintance:
    """The provider of one issuer. `ask` discovers it; it raises a HubError."""

    def __init__(self, ask: Asked, clock: Clock) -> None:
        self._ask = ask
        self._clock = clock
        self._turn = asyncio.Lock()
        self._said: tuple[str, Provider | HubError, datetime] | None = None

    async def of(self, issuer: str) -> Provider:
        """Whoever comes while it is being asked waits for that answer. Raises as `ask` does."""
        async with self._turn:
            said = self._remembered(issuer) or await self._anew(issuer)
        if isinstance(said, HubError):
            raise said.with_traceback(None)
        return said

    def _remembered(self, issuer: str) -> Provider | HubError | None:
        if self._said is None:
            return None
        whose, said, until = self._said
        return said if whose == issuer and until > self._clock() else None

    async def _anew(self, issuer: str) -> Provider | HubError:
        said: Provider | HubError
        try:
            said, lasts = await self._ask(issuer), BELIEVED
        except HubError as error:
            said, lasts = error, AWAY
        self._said = (issuer, said, self._clock() + lasts)
        return said
