"""Which channels are installed, and which of them may be used: decided once per name, lazily."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points

import structlog

from hub.errors import Invalid
from hub.ports import API_VERSION, Capabilities, ChannelType

GROUP = "hub.channels"

log = structlog.get_logger(__name__)


class ChannelUnusable(Invalid):
    """No inbox of this channel can be opened here; says why and what to do."""

    code = "channel-unusable"

    def __init__(self, channel: str, message: str, *, remedy: str) -> None:
        super().__init__(message, remedy=remedy, fields={"channel": message})
        self.channel = channel


@dataclass(frozen=True, slots=True)
class Installed:
    """A channel as found: the distributions that offer it, and how to import it."""

    offered_by: tuple[str, ...]
    load: Callable[[], ChannelType]


class Registry:
    """Channel types by name. Importing one happens at its first use; its failure harms only it."""

    def __init__(self, types: Mapping[str, ChannelType]) -> None:
        self._installed = {name: _ready(channel_type) for name, channel_type in types.items()}
        self._decided: dict[str, ChannelType | ChannelUnusable] = {}

    @classmethod
    def load(cls) -> "Registry":
        """Every channel that an installed package offers under the entry point group."""
        return cls.of(entry_points(group=GROUP))

    @classmethod
    def of(cls, points: Iterable[EntryPoint]) -> "Registry":
        registry = cls({})
        registry._installed = _found(points)
        return registry

    def names(self) -> list[str]:
        """All installed channels, usable or not, in alphabetical order."""
        return sorted(self._installed)

    def type(self, name: str) -> ChannelType:
        """The channel type called `name`; raises ChannelUnusable. The first call may import it."""
        if name not in self._decided:
            self._decided[name] = self._decide(name)
        decided = self._decided[name]
        if isinstance(decided, ChannelUnusable):
            raise decided
        return decided

    def capabilities(self, name: str) -> Capabilities | None:
        """What channel `name` can carry at most; None when it cannot be used."""
        try:
            return self.type(name).capabilities
        except ChannelUnusable:
            return None

    def _decide(self, name: str) -> "ChannelType | ChannelUnusable":
        installed = self._installed.get(name)
        if installed is None:
            return ChannelUnusable(
                name,
                f"No installed package offers the channel {name!r}.",
                remedy=f"Install it, or choose one of: {', '.join(self.names()) or 'none'}.",
            )
        if len(installed.offered_by) > 1:
            return ChannelUnusable(
                name,
                f"Two packages offer the channel {name!r}: {' and '.join(installed.offered_by)}.",
                remedy="Uninstall one of them and restart.",
            )
        return _checked(name, installed)


def _ready(channel_type: ChannelType) -> Installed:
    return Installed((channel_type.name,), lambda: channel_type)


def _found(points: Iterable[EntryPoint]) -> dict[str, Installed]:
    # The same distribution may be seen twice (a checkout beside its installation): that is one.
    offers: defaultdict[str, dict[str, EntryPoint]] = defaultdict(dict)
    for point in points:
        distribution = point.dist.name if point.dist is not None else point.value
        offers[point.name].setdefault(distribution, point)
    return {
        name: Installed(tuple(sorted(by)), next(iter(by.values())).load)
        for name, by in offers.items()
    }


def _checked(name: str, installed: Installed) -> "ChannelType | ChannelUnusable":
    offered_by = installed.offered_by[0]
    try:
        channel_type = installed.load()
        version, called = channel_type.api_version, channel_type.name
    # Somebody else's code runs here: whatever it raises disables this channel and nothing more.
    except Exception as error:
        log.exception("channel.import_failed", channel=name, package=offered_by)
        return ChannelUnusable(
            name,
            f"The channel {name!r} could not be loaded: {type(error).__name__}: {error}",
            remedy=f"Repair or update the package {offered_by}, then restart.",
        )
    if version != API_VERSION:
        return ChannelUnusable(
            name,
            f"The channel {name!r} is written for version {version} of the channel port, "
            f"this hub has version {API_VERSION}.",
            remedy=f"Install a version of {offered_by} that fits this hub, then restart.",
        )
    if called != name:
        return ChannelUnusable(
            name,
            f"The package {offered_by} registers {name!r}, but its channel is called {called!r}.",
            remedy=f"Tell the authors of {offered_by}: both names must be the same.",
        )
    return channel_type
