"""Entries this process has just recorded, so that its live feed need not read them again.

Only what is told for the first time is taken from here, once; whatever happens to an entry later
is read as it is then.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from hub.timeline.record import NewEntry, Recorded
from hub.timeline.view import Key, to_json

_KEPT = 2048
_LONGEST = 10_000
"""Characters of an entry that is kept: all of them together stay small."""

ContactPoint = tuple[object, str, str]
"""(id, scheme, canonical value)"""


class FreshEntry(NamedTuple):
    entry: NewEntry
    recorded: Recorded
    point: ContactPoint


class FreshEntries:
    def __init__(self) -> None:
        self._entries: OrderedDict[Key, FreshEntry] = OrderedDict()

    def add(self, entries: Iterable[FreshEntry]) -> None:
        """What has been committed. Entries with files or facts of a channel are left out."""
        for one in entries:
            entry = one.entry
            if not (entry.files or entry.data) and len(entry.text) + len(entry.html) <= _LONGEST:
                self._entries[one.recorded.stream_id, one.recorded.position] = one
        while len(self._entries) > _KEPT:
            self._entries.popitem(last=False)

    def forget(self) -> None:
        """Nobody is told of what has been recorded so far."""
        self._entries.clear()

    def take(self, keys: Iterable[Key]) -> dict[Key, Mapping[str, Any]]:
        """Those at hand, as `hub.timeline.view.load` would show them."""
        return {key: _shown(self._entries.pop(key)) for key in keys if key in self._entries}


def _shown(fresh: FreshEntry) -> Mapping[str, Any]:
    entry, place = fresh.entry, fresh.recorded
    # In the order of `hub.timeline.view.SHOWN`: not changed, not deleted, no files, no reactions.
    row = (
        place.stream_id, place.position, entry.id, entry.kind, entry.direction, entry.channel,
        entry.inbox_id, entry.conversation_id, entry.author_kind, entry.author_id,
        entry.author_name, entry.text, entry.html, entry.data, entry.external_id,
        entry.status, entry.purpose, entry.automatic, entry.imported, 1, None,
        entry.occurred_at, place.recorded_at, place.sort_at, *fresh.point, None, None,
    )  # fmt: skip
    return to_json(row)
