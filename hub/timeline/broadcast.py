"""Who is handed which live event: shared frames, bounded queues, no waiting for anybody."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

K = TypeVar("K")

ContactPointKey = tuple[str, str]
"""(scheme, canonical value)."""


@dataclass(frozen=True, slots=True)
class LiveEvent:
    """An event as it goes out, encoded once for everybody.

    seq: 0 for what is true for a moment only (typing, presence).
    inboxes: what it tells about; whoever may not see one of them does not get it.
    contact_point: whose transcript it belongs to, when it belongs to one.
    operator_id: the only operator it is for; None: everybody.
    """

    seq: int
    type: str
    frame: bytes
    inboxes: frozenset[UUID]
    contact_point: ContactPointKey | None = None
    entry: Mapping[str, Any] | None = None
    delivery_ids: tuple[UUID, ...] = ()
    author_kind: str = ""
    operator_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class ForViewer:
    """Everything, except what tells about these inboxes, or is for another operator alone."""

    hidden_inboxes: frozenset[UUID]
    operator_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class ForContactPoint:
    """What belongs to one contact point's transcript."""

    key: ContactPointKey


Wanted = ForViewer | ForContactPoint


class Missed(Exception):
    """Events were lost to this subscriber: what it shows has to be loaded anew."""


class Subscription:
    """One listener's queue of the events after `start`.

    direct: hands an event over on the spot, or returns False. It is asked only while the listener
    waits in `take` with an empty queue, so the order stays; waking its task costs more than the
    event itself.
    """

    direct: Callable[[LiveEvent], bool] | None = None

    def __init__(self, start: int, capacity: int) -> None:
        self.start = start
        self._last = start
        self._capacity = capacity
        self._queue: list[LiveEvent] = []
        self._ready = asyncio.Event()
        self._missed = False
        self._waiting = False

    def offer(self, event: LiveEvent) -> None:
        """Take an event without waiting: a full queue gives up, it holds up nobody."""
        if self._missed or 0 < event.seq <= self._last:
            return
        if len(self._queue) >= self._capacity:
            self._missed = True
            self._queue.clear()
        else:
            self._last = event.seq or self._last
            if self._handed_over(event):
                return
            self._queue.append(event)
        self._ready.set()

    def _handed_over(self, event: LiveEvent) -> bool:
        idle = self._waiting and not self._queue
        return idle and self.direct is not None and self.direct(event)

    async def take(self) -> Sequence[LiveEvent]:
        """All that has come, at least one event.

        Raises Missed once for every overflow; what comes after that is complete again.
        """
        while not self._queue:
            if self._missed:
                self._missed = False
                raise Missed
            self._ready.clear()
            self._waiting = True
            try:
                await self._ready.wait()
            finally:
                self._waiting = False
        taken = list(self._queue)
        self._queue.clear()
        return taken


class Audience:
    """The subscriptions of this process, grouped by what they may see."""

    def __init__(self) -> None:
        self._by_access: defaultdict[frozenset[UUID], set[Subscription]] = defaultdict(set)
        self._by_contact_point: defaultdict[ContactPointKey, set[Subscription]] = defaultdict(set)
        self._by_viewer: defaultdict[ForViewer, set[Subscription]] = defaultdict(set)

    def __bool__(self) -> bool:
        return bool(self._by_access or self._by_contact_point)

    def add(self, wanted: Wanted, subscription: Subscription) -> None:
        if isinstance(wanted, ForViewer):
            self._by_access[wanted.hidden_inboxes].add(subscription)
            self._by_viewer[wanted].add(subscription)
        else:
            self._by_contact_point[wanted.key].add(subscription)

    def remove(self, wanted: Wanted, subscription: Subscription) -> None:
        if isinstance(wanted, ForViewer):
            _discard(self._by_access, wanted.hidden_inboxes, subscription)
            _discard(self._by_viewer, wanted, subscription)
        else:
            _discard(self._by_contact_point, wanted.key, subscription)

    def tell(self, event: LiveEvent) -> None:
        """Hand `event` to everybody who may have it."""
        if event.operator_id is not None:
            self._tell_one(event)
            return
        for hidden, subscriptions in self._by_access.items():
            if event.inboxes.isdisjoint(hidden):
                for subscription in subscriptions:
                    subscription.offer(event)
        if event.contact_point is not None:
            for subscription in self._by_contact_point.get(event.contact_point, ()):
                subscription.offer(event)

    def _tell_one(self, event: LiveEvent) -> None:
        for wanted, subscriptions in self._by_viewer.items():
            if is_wanted(wanted, event):
                for subscription in subscriptions:
                    subscription.offer(event)


def is_wanted(wanted: Wanted, event: LiveEvent) -> bool:
    """The same choice as `Audience.tell`, for one subscriber that catches up."""
    if isinstance(wanted, ForViewer):
        own = event.operator_id in (None, wanted.operator_id)
        return own and event.inboxes.isdisjoint(wanted.hidden_inboxes)
    return event.operator_id is None and event.contact_point == wanted.key


def _discard(groups: "dict[K, set[Subscription]]", key: K, one: Subscription) -> None:
    groups[key].discard(one)
    if not groups[key]:
        del groups[key]
