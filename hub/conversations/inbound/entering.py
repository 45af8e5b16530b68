"""A batch's first step, in one round trip: enter the ledger, lock the customers, draw positions.

In this order, so that a position is drawn while its customer's root is held: each customer's
positions rise in the order of the commits. What is locked here is what could be seen when the
statement began; whoever was merged or created while it waited is locked later, and what was drawn
for them does not count.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from hub.conversations.inbound.incoming import Incoming
from hub.conversations.ledger import CLAIM, Entrance, claiming
from hub.customers.identify import LOCK, Home, addresses
from hub.db.engine import WriteSession
from hub.db.rows import Query

# The branches are gone through one after the other.
_ENTER = Query(f"""
    WITH claimed AS ({CLAIM}), held AS ({LOCK})
    SELECT inbox_id, external_id, CAST(NULL AS uuid), CAST(NULL AS bigint) FROM claimed
    UNION ALL SELECT NULL, NULL, id, NULL FROM held
    UNION ALL SELECT NULL, NULL, NULL, nextval('entry_positions')
              FROM generate_series(1, CAST(:count AS integer))
""")  # noqa: S608 - constants

_DRAW = Query("SELECT nextval('entry_positions') FROM generate_series(1, CAST(:count AS integer))")


@dataclass(frozen=True, slots=True)
class Entered:
    """unseen: what was not in the ledger yet. held: roots that were locked.

    positions: one for each message of the batch, drawn with those locked.
    """

    unseen: set[Entrance]
    held: set[UUID]
    positions: Sequence[int]


async def enter(session: WriteSession, firsts: dict[Entrance, Incoming]) -> Entered:
    """Enter the messages in the ledger and lock their customers, as far as these are known."""
    keys = sorted({one.address for one in firsts.values()})
    entries = [one.entry_id for one in firsts.values()]
    values = claiming(list(firsts), entries) | addresses(keys) | {"count": len(firsts)}
    unseen, held, positions = set[Entrance](), set[UUID](), list[int]()
    for inbox_id, name, root_id, position in await _ENTER.rows(session, values):
        if root_id is not None:
            held.add(root_id)
        elif position is not None:
            positions.append(position)
        else:
            unseen.add((inbox_id, name))
    return Entered(unseen, held, positions)


async def positions_for(
    session: WriteSession, entered: Entered, homes: Sequence[Home]
) -> Iterable[int]:
    """A position for each message, rising; those drawn already where all of them hold.

    Whoever is new was nobody's before: no position of theirs can be higher.
    """
    if all(home.created or home.root_id in entered.held for home in homes):
        return entered.positions[: len(homes)]
    return [row[0] for row in await _DRAW.rows(session, {"count": len(homes)})]
