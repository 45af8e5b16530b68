"""What becomes of conversations that are part of one another as one more joins, or one leaves.

Pure. The one that stands alone shows what follows from its journal; a part is closed, and what it
would be alone again follows from its own. What a part loses, all above it lose.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from hub.conversations.merging.inheriting import MERGED, Journal, Standing, Traits


@dataclass(frozen=True, slots=True)
class Node:
    """A conversation. traits: what it shows; into: what it is part of, maybe itself a part."""

    traits: Traits
    journal: Journal
    last_inbound_at: datetime | None = None
    into: UUID | None = None

    def seen(self, now: datetime) -> "Node":
        """With what was done to it since it was last looked at; to a part nothing is done."""
        if self.into is not None:
            return self
        return replace(self, journal=self.journal.seen(self.traits, self.last_inbound_at, now))


Forest = Mapping[UUID, Node]


def above(forest: Forest, one: UUID) -> list[UUID]:
    """What it is part of, what that is part of, and so on to the one that stands alone."""
    into = forest[one].into
    return [] if into is None else [into, *above(forest, into)]


def joined(forest: Forest, one: UUID, into: UUID, now: datetime) -> dict[UUID, Node]:
    """`one`, which stands alone, becomes part of `into`; gives those that are changed."""
    goes = forest[one].seen(now)
    traits = goes.journal.traits
    aside = replace(traits, standing=Standing("closed", closed_at=now, close_reason=MERGED))
    stays = forest[into].seen(now)
    journal = stays.journal.plus(one, traits)
    return {one: replace(goes, traits=aside, into=into)} | _up(forest, into, journal, now)


def left(forest: Forest, one: UUID, now: datetime) -> dict[UUID, Node]:
    """`one` stands alone again; gives those that are changed."""
    leaves = forest[one]
    assert leaves.into is not None  # noqa: S101 - of a part
    alone = replace(leaves, traits=leaves.journal.traits, into=None)
    journal = forest[leaves.into].seen(now).journal.minus(one)
    return {one: alone} | _up(forest, leaves.into, journal, now)


def _up(forest: Forest, one: UUID, journal: Journal, now: datetime) -> dict[UUID, Node]:
    """The journal of `one` is another one: what it shows follows, or what all above it show."""
    node = replace(forest[one].seen(now), journal=journal)
    if node.into is None:
        return {one: replace(node, traits=journal.traits)}
    whole = forest[node.into].seen(now).journal.with_part_as(one, journal.traits)
    return {one: node} | _up(forest, node.into, whole, now)
