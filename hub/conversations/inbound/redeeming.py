"""A link code that comes in with a message: its sender is the customer the code was made for.

All in the message's transaction: the message is the first one on the joined timeline, and the
answer to it goes where it came from.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from hub.conversations.inbound.incoming import Incoming
from hub.conversations.merging import reshape
from hub.conversations.merging.by import By
from hub.conversations.update import HUB
from hub.customers import link_codes
from hub.customers.evidence import Evidence, Grounds
from hub.customers.identify import Home
from hub.customers.link_codes import Valid
from hub.customers.roots import lock_trees, roots_of
from hub.db.engine import WriteSession
from hub.operators import audit
from hub.operators.access import SYSTEM
from hub.ports import Proof


async def redeem(
    session: WriteSession, new: Sequence[Incoming], homes: Sequence[Home], now: datetime
) -> list[Home]:
    """The homes, with the customers they belong to once the codes among the messages are used."""
    codes = [_codes(one) for one in new]
    if not any(codes):
        return list(homes)
    joined = False
    for one, home, found in zip(new, homes, codes, strict=True):
        if found and not home.shut_out:
            joined = await _redeem(session, one, home, found, now) or joined
    if not joined:
        return list(homes)
    roots = await roots_of(session, {home.record_id for home in homes})
    return [home.under(roots[home.record_id]) for home in homes]


def _codes(incoming: Incoming) -> list[str]:
    if not incoming.live:
        return []
    start = incoming.message.data.get("start")
    return link_codes.found_in(
        f"{start if isinstance(start, str) else ''} {incoming.message.text}"
    )


async def _redeem(
    session: WriteSession, one: Incoming, home: Home, codes: Sequence[str], now: datetime
) -> bool:
    """Use the code in this message; whether that joined two customers."""
    point = home.contact_point_id
    place = (one.inbox.id, one.inbox.channel)
    code = await link_codes.valid(session, codes, place, point, now)
    # Spent before anything else: of two who send it at once, the second one finds it used.
    if code is None or not await link_codes.use(session, code.id, point, now):
        return False
    if one.message.proof is Proof.NONE:
        # Anybody may write this sender's name: what the code proves is not whose address it is.
        return False
    return await _join(session, code, home, one.inbox.id, now)


async def _join(
    session: WriteSession, code: Valid, home: Home, inbox_id: UUID, now: datetime
) -> bool:
    roots = await lock_trees(session, [code.customer_id, home.record_id])
    if roots[code.customer_id] == roots[home.record_id]:
        return False
    detail = {"link_code": str(code.id), "purpose": code.purpose}
    grounds = Grounds(Evidence.LINK_CODE, ("inbox", inbox_id), detail=detail)
    moved = await reshape.merge(
        session, code.customer_id, home.record_id, grounds, By(HUB.author, now)
    )
    await link_codes.linked(session, code.id, moved.edge_id)
    facts = {"from": str(moved.old_root), "merge_id": str(moved.edge_id)}
    await audit.record(
        session,
        SYSTEM,
        "customer.merged",
        about=("customer", moved.new_root),
        detail={**facts, "evidence": str(grounds.evidence), "link_code_id": str(code.id)},
        now=now,
    )
    return True
