"""Which twins are installed: found by entry point, and left out when they cannot be loaded."""

from collections.abc import Iterable, Mapping
from importlib.metadata import EntryPoint, entry_points

import structlog

from hub.ports import Twin

GROUP = "hub.twins"

log = structlog.get_logger(__name__)


def load() -> Mapping[str, Twin]:
    """Every twin that an installed package offers, by its channel's name, in that order."""
    return of(entry_points(group=GROUP))


def of(points: Iterable[EntryPoint]) -> Mapping[str, Twin]:
    found: dict[str, Twin] = {}
    for point in sorted(points, key=lambda one: one.name):
        # A checkout beside its installation is seen twice.
        if point.name not in found and (twin := _loaded(point)) is not None:
            found[point.name] = twin
    return found


def _loaded(point: EntryPoint) -> Twin | None:
    try:
        twin: Twin = point.load()
        called = twin.name
    # Somebody else's code runs here: whatever it raises costs the demo this twin and no more.
    except Exception:
        log.exception("twin.import_failed", twin=point.name)
        return None
    if called != point.name:
        log.error("twin.misnamed", twin=point.name, called=called)
        return None
    return twin
