"""What the edges of the identity forest add up to: who hangs below whom, and what an undo brings.

Pure: the database keeps the edges (`hub.customers.edges`), these functions say what follows.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar
from uuid import UUID

N = TypeVar("N")


def below(parents: Mapping[N, N], top: N) -> frozenset[N]:
    """`top` and everything that hangs below it."""
    children: defaultdict[N, list[N]] = defaultdict(list)
    for child, parent in parents.items():
        children[parent].append(child)
    found, waiting = {top}, [top]
    while waiting:
        fresh = [child for child in children[waiting.pop()] if child not in found]
        found.update(fresh)
        waiting += fresh
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class Link:
    """One edge of a child's history, with what an undo needs of it."""

    id: UUID
    parent_id: UUID
    ended_at: datetime | None = None
    replaced_by: UUID | None = None

    @property
    def active(self) -> bool:
        return self.ended_at is None

    @property
    def undone(self) -> bool:
        """Ended, and by nothing that an undo would take away again."""
        return not self.active and self.replaced_by is None


def replaced(links: Iterable[Link], fresh: Link, at: datetime) -> list[Link]:
    """The child's links after `fresh` took the place of the active one."""
    return [
        replace(one, ended_at=at, replaced_by=fresh.id) if one.active else one for one in links
    ] + [fresh]


def undone(links: Collection[Link], link_id: UUID, at: datetime) -> list[Link]:
    """The child's links after one was taken back, whatever came after it.

    What it had replaced is replaced by its successor then, and active when it has none: so undos
    in any order lead back to where it began.
    """
    taken = next(one for one in links if one.id == link_id)
    after = []
    for one in links:
        if one.id == link_id:
            after.append(replace(one, ended_at=one.ended_at or at, replaced_by=None))
        elif one.replaced_by == link_id:
            ended_at = None if taken.active else one.ended_at
            after.append(replace(one, ended_at=ended_at, replaced_by=taken.replaced_by))
        else:
            after.append(one)
    return after
