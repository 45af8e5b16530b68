"""Which conversation a message stands in, after conversations were merged and split by hand.

Pure. Every message has an origin, the conversation it came into; the acts that still count lead
on from there, oldest first. So an undo is exact in any order: the message stands where it would if
the act had never been.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID


class Act(NamedTuple):
    """One merge of `from_id` into `into_id`, or a split of `entries` out of one into the other.

    entries: of a split, the ids of what was taken out.
    """

    id: UUID
    act: str
    from_id: UUID
    into_id: UUID
    entries: frozenset[UUID] = frozenset()
    undone: bool = False

    def leads(self, here: UUID, entry_id: UUID | None) -> UUID:
        """Where something of `here` stands after this act."""
        if self.act == "split":
            if self.undone:
                # What came into the new one meanwhile goes back with the rest.
                return self.from_id if here == self.into_id else here
            return self.into_id if entry_id in self.entries else here
        return self.into_id if here == self.from_id and not self.undone else here


def home(acts: Sequence[Act], origin: UUID, entry_id: UUID | None = None) -> UUID:
    """The conversation in which an entry of `origin` stands; `acts`: the oldest first.

    Without an entry: where the conversation itself has gone, itself when it stands alone. What an
    undo leaves pointing at a conversation that has gone meanwhile follows that one.
    """
    here = _through(acts, origin, entry_id)
    seen = [here]
    while (there := _through(acts, here, None)) not in seen:
        seen.append(there)
        here = there
    # Undone splits can close a circle: all of it is one conversation then, its oldest.
    return min(seen[seen.index(there) :])


def _through(acts: Sequence[Act], here: UUID, entry_id: UUID | None) -> UUID:
    for one in acts:
        here = one.leads(here, entry_id)
    return here


def part_of(acts: Sequence[Act], one: UUID) -> UUID | None:
    """What a conversation is part of, which may be part of another one; None of one that stands.

    It is the first that it was led to, unless later acts have led that one elsewhere.
    """
    root = home(acts, one)
    if root == one:
        return None
    above = [one]
    while above[-1] != root:
        there = next((t for act in acts if (t := act.leads(above[-1], None)) != above[-1]), root)
        if there in above:
            return root
        above.append(there)
    return above[1]


def regrouped(
    before: Sequence[Act], after: Sequence[Act], ids: Collection[UUID]
) -> tuple[list[UUID], list[tuple[UUID, UUID]]]:
    """Which of these leave what they were part of, and which become part of what.

    Whatever is part of one that itself becomes part of another one comes first.
    """
    was = {one: part_of(before, one) for one in ids}
    now = {one: part_of(after, one) for one in ids}
    changed = sorted((one for one in ids if was[one] != now[one]), key=_depth(now), reverse=True)
    leaving = [one for one in changed if was[one] is not None]
    return leaving, [(one, there) for one in changed if (there := now[one]) is not None]


def _depth(parts: Mapping[UUID, UUID | None]) -> Callable[[UUID], int]:
    def depth(one: UUID) -> int:
        above = parts.get(one)
        return 0 if above is None else 1 + depth(above)

    return depth
