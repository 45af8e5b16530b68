"""How often a visitor, and everybody at one network address, may do what: token buckets."""

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network

from channels.webchat.bodies import MAX_FILES
from channels.webchat.errors import Refused
from channels.webchat.settings import WebChatSettings

_KEPT = 20_000
"""Buckets remembered a node; the least recently used go first. A forgotten one is full again."""

MOST_BODIES = 60
"""Requests of one network address whose bodies are on their way: slow ones hold up their kind."""
MOST_SILENT = 100
"""Sockets of one network address that have not said who they are."""


@dataclass(frozen=True, slots=True)
class Rate:
    """`per_minute` in the long run, `burst` at once."""

    per_minute: float
    burst: float


class Buckets:
    """One rate, one bucket for each key. `clock` gives seconds that never run backwards."""

    def __init__(self, rate: Rate, clock: Callable[[], float]) -> None:
        self._rate = rate
        self._clock = clock
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str, cost: float = 1) -> float:
        """Take `cost`; returns 0, or the seconds after which there will be so much to take."""
        if not self._rate.per_minute:
            return 0.0
        now, each_second = self._clock(), self._rate.per_minute / 60
        level, since = self._levels.pop(key, (self._rate.burst, now))
        level = min(self._rate.burst, level + (now - since) * each_second)
        wait = 0.0 if level >= cost else (cost - level) / each_second
        self._levels[key] = (level if wait else level - cost, now)
        if len(self._levels) > _KEPT:
            self._levels.popitem(last=False)
        return wait


# What may be done how many times for each message allowed, and what share of a minute's worth at
# once. Without a limit on messages there is none on the rest.
_VISIT: Mapping[str, tuple[float, float]] = {
    "messages": (1, 1 / 3),
    "files": (1 / 5, 5 / 6),
    "reads": (4, 1 / 4),
    "pages": (4, 1 / 4),
    "typing": (2 / 3, 3 / 40),
    "changes": (1 / 3, 1 / 3),
    # A laptop's lid, a tunnel, eight tabs: a widget that comes back sooner waits in between.
    "returns": (1 / 2, 2 / 3),
    # Many acknowledgements follow a reconnection; what floods beyond them is a broken client.
    "frames": (20, 1 / 2),
}
_ADDRESS: Mapping[str, tuple[float, float]] = {
    "messages": (1, 1 / 3),
    "files": (1 / 10, 1 / 2),
    "typing": (1, 1 / 10),
    "changes": (1 / 3, 1 / 3),
    "sockets": (1, 1 / 2),
    # Of visitors who have said nothing yet, and of tokens that have to be looked up.
    "config": (2, 1 / 2),
    "tokens": (4, 1 / 4),
}


class AtOnce:
    """At most `most` things under way at one network address."""

    def __init__(self, most: int, told: str) -> None:
        self._most = most
        self._told = told
        self._open: Counter[str] = Counter()

    @contextmanager
    def one(self, remote: str) -> Iterator[None]:
        """While it lasts; raises Refused(429) for one too many."""
        key = network(remote)
        if self._open[key] >= self._most:
            raise Refused(429, "too-many-at-once", self._told, retry_after=1)
        self._open[key] += 1
        try:
            yield
        finally:
            self._open[key] -= 1
            if not self._open[key]:
                del self._open[key]


class Limits:
    """All the limits of one web chat on this node."""

    def __init__(self, settings: WebChatSettings, clock: Callable[[], float]) -> None:
        visit, address = settings.messages_per_minute, settings.address_messages_per_minute
        self.bodies = AtOnce(MOST_BODIES, "Too much is being sent from here at once.")
        self.silent = AtOnce(MOST_SILENT, "Too many connections that say nothing.")
        self._visits = Buckets(_rate(settings.visits_per_minute, 1, 2), clock)
        # A message full of files at once, then two files a minute.
        size = settings.max_file_mb if visit else 0
        self._visit_mb = Buckets(Rate(2 * size, MAX_FILES * size), clock)
        self._address_mb = Buckets(Rate(10 * size, 3 * MAX_FILES * size), clock)
        self._visit = {
            what: Buckets(_rate(visit, times, share), clock)
            for what, (times, share) in _VISIT.items()
        }
        self._address = {
            what: Buckets(_rate(address, times, share), clock)
            for what, (times, share) in _ADDRESS.items()
        }

    def visit(self, remote: str) -> None:
        """A new visit from `remote` (an IP); raises Refused(429)."""
        _refuse_after(self._visits.take(network(remote)))

    def stranger(self, what: str, remote: str) -> None:
        """One of `what` from this address, by nobody in particular; raises Refused(429)."""
        _refuse_after(self._address[what].take(network(remote)))

    def uploaded(self, megabytes: float, visit_id: str, remote: str) -> None:
        """A piece of a file came; raises Refused(429)."""
        _refuse_after(self._visit_mb.take(visit_id, megabytes))
        _refuse_after(self._address_mb.take(network(remote), megabytes))

    def check(self, what: str, visit_id: str, remote: str) -> None:
        """One of `what` by this visit, from this address; raises Refused(429)."""
        # The visit first: a visitor over his own limit must not use up his neighbours'.
        _refuse_after(self._visit[what].take(visit_id))
        if what in self._address:
            _refuse_after(self._address[what].take(network(remote)))


@lru_cache(maxsize=4096)
def network(remote: str) -> str:
    """What counts as one address: an IPv4 address, or the /64 that a home gets in IPv6."""
    try:
        ip = ip_address(remote.split("%", 1)[0])
    except ValueError:
        return remote
    if isinstance(ip, IPv6Address):
        return str(ip.ipv4_mapped or ip_network((ip, 64), strict=False))
    return str(ip)


def _rate(messages_per_minute: int, times: float, share: float) -> Rate:
    per_minute = messages_per_minute * times
    return Rate(per_minute, max(1.0, per_minute * share))


def _refuse_after(wait: float) -> None:
    if wait:
        raise Refused(429, "too-many-requests", "Too fast: wait a moment.", retry_after=wait)
