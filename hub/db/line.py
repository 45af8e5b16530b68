"""A connection to the database: how both ends notice that nobody is at the other end any more, and
what a new one need not ask.

By itself TCP notices within a quarter of an hour what has been sent in vain, and never that an
idle peer has vanished: workers would hang, and a server would keep the locks of the dead. Kernels
do better when asked to: ours by socket options, the server's by settings of the session.
"""

import asyncio
import socket
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import asyncpg

if TYPE_CHECKING:
    from asyncio.trsock import TransportSocket

    from asyncpg.protocol.protocol import BaseProtocol

    Driver = asyncpg.Connection[asyncpg.Record]
else:
    Driver = asyncpg.Connection

SILENT_FOR = 4
"""Seconds without a word after which the other end is asked whether it is there."""
ASKED_EVERY = 2
ASKED_TIMES = 2
GONE_AFTER = SILENT_FOR + ASKED_EVERY * ASKED_TIMES
"""Seconds until a connection whose other end does not answer is over."""

SERVER_SETTINGS: Final[Mapping[str, str]] = {
    "tcp_keepalives_idle": str(SILENT_FOR),
    "tcp_keepalives_interval": str(ASKED_EVERY),
    "tcp_keepalives_count": str(ASKED_TIMES),
    "tcp_user_timeout": str(GONE_AFTER * 1000),
}
"""The same for the server's end; it passes over them on a Unix socket."""

# Not every system has all of them; keep-alive itself is everywhere.
_OPTIONS = {
    "TCP_KEEPIDLE": SILENT_FOR,
    "TCP_KEEPINTVL": ASKED_EVERY,
    "TCP_KEEPCNT": ASKED_TIMES,
    # RFC 5482: how long what was sent may stay unacknowledged.
    "TCP_USER_TIMEOUT": GONE_AFTER * 1000,
}


_BUILT_IN = 12000
"""Types below it are PostgreSQL's own: the same in every database and every release."""
_told: dict[frozenset[int], Sequence[Any]] = {}
"""What a server said of such types: as many answers as statements of ours name sets of them."""


class _Unasked(NamedTuple):
    """Stands for the statement that asks about types, where none was sent."""

    name: str = "unasked"


class Line(Driver):
    """asyncpg's connection, whose socket is watched over by the kernel.

    It asks about PostgreSQL's own types once for a process. asyncpg asks on every connection what
    `uuid[]` is: 5 to 12 ms of the server's time for each such type, and a rush needs many.
    """

    def __init__(
        self,
        protocol: "BaseProtocol[asyncpg.Record]",
        transport: asyncio.Transport,
        *more: object,
    ) -> None:
        super().__init__(protocol, transport, *more)  # type: ignore[arg-type]
        watch_over(transport.get_extra_info("socket"))

    async def _introspect_types(
        self,
        typeoids: Iterable[int],
        timeout: float | None,  # noqa: ASYNC109 - asyncpg's
    ) -> tuple[Sequence[Any], Any]:
        asked = frozenset(typeoids)
        if asked in _told:
            return _told[asked], _Unasked()
        types, statement = await super()._introspect_types(asked, timeout)  # type: ignore[misc]
        if max(asked) < _BUILT_IN:
            _told[asked] = types
        return types, statement


def watch_over(end: "TransportSocket | None") -> None:
    """Set the options on a TCP socket; any other needs none."""
    if end is None or end.family not in {socket.AF_INET, socket.AF_INET6}:
        return
    end.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _OPTIONS.items():
        option = getattr(socket, name, None)
        if option is not None:
            end.setsockopt(socket.IPPROTO_TCP, option, value)
