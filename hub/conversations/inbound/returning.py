"""An answer that comes from another address: whoever sends it joins the customer it was sent to.

A signature of ours in the message proves that the mail it answers reached its sender. That joins
an address that has no past here, visibly, and it can be undone. Somebody we know already is never
joined by it, since a forwarded mail must not make two people one; nor is whoever got a copy, nor
an address of our own: an operator's, who answers what was forwarded to him, or another inbox's.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from hub.conversations import kept
from hub.conversations.inbound.incoming import Incoming
from hub.conversations.merging import reshape
from hub.conversations.merging.by import By
from hub.conversations.update import HUB
from hub.customers.evidence import Evidence, Grounds
from hub.customers.identify import Home
from hub.customers.roots import lock_trees, roots_of
from hub.db.engine import WriteSession
from hub.db.rows import Query

_HAS_PAST = Query("""
    SELECT count(*) FILTER (WHERE s.contact_point_id IS NOT NULL) > 1
        OR bool_or(s.first_sort_at IS NOT NULL) AS past
    FROM streams AS s WHERE s.root_id = :root
""")

# Copies as an answer names them (addresses), and as a mail that came in does (people).
_COPIED = Query("""
    SELECT 1 FROM entries AS e
    WHERE e.conversation_id = :conversation
      AND strpos(lower(concat_ws(' ', e.data ->> 'cc', e.data ->> 'bcc')),
                 '"' || CAST(:address AS text) || '"') > 0
    LIMIT 1
""")

_OURS = Query("""
    SELECT 1 WHERE EXISTS (SELECT FROM operators WHERE lower(email) = :address)
        OR EXISTS (SELECT FROM inboxes
                   WHERE channel = 'email' AND lower(settings ->> 'address') = :address)
""")


async def rejoin(
    session: WriteSession, new: Sequence[Incoming], homes: Sequence[Home], now: datetime
) -> list[Home]:
    """The homes, with the customers they belong to once answers from new addresses have joined."""
    named = await _conversations(session, new)
    if not named:
        return list(homes)
    joined = False
    for one, home in zip(new, homes, strict=True):
        conversation = named.get(one.entry_id)
        if conversation is not None and not home.shut_out:
            joined = await _join(session, one, home, conversation, now) or joined
    if not joined:
        return list(homes)
    roots = await roots_of(session, {home.record_id for home in homes})
    return [home.under(roots[home.record_id]) for home in homes]


async def _conversations(session: WriteSession, new: Sequence[Incoming]) -> Mapping[UUID, UUID]:
    """The conversation that each live message answers by a signature of ours."""
    live = [one for one in new if one.live]
    answers = [(one.inbox.id, sent) for one in live if (sent := one.message.answers_delivery)]
    sent_in = await kept.conversations_of(session, answers)
    found: dict[UUID, UUID] = {}
    for one in live:
        message = one.message
        named = message.conversation_id
        if named is None and message.answers_delivery is not None:
            named = sent_in.get((one.inbox.id, message.answers_delivery))
        if named is not None:
            found[one.entry_id] = named
    return found


async def _join(
    session: WriteSession, one: Incoming, home: Home, conversation_id: UUID, now: datetime
) -> bool:
    """Join them where nothing speaks against it; whether that was done."""
    known = await kept.by_id(session, [conversation_id])
    if not known or known[0].root_id == home.root_id:
        return False
    roots = await lock_trees(session, [known[0].root_id, home.record_id])
    customer, other = roots[known[0].root_id], roots[home.record_id]
    if customer == other or await _has_past(session, other):
        return False
    if await _speaks_against(session, one.address[1].lower(), conversation_id):
        return False
    detail = {"conversation": str(conversation_id)}
    grounds = Grounds(Evidence.REPLY, ("inbox", one.inbox.id), detail=detail)
    await reshape.merge(session, customer, home.record_id, grounds, By(HUB.author, now))
    return True


async def _speaks_against(session: WriteSession, address: str, conversation_id: UUID) -> bool:
    """Whether the address is known to be somebody else's: ours, or one that got a copy."""
    values = {"conversation": conversation_id, "address": address}
    return bool(await _OURS.rows(session, values) or await _COPIED.rows(session, values))


async def _has_past(session: WriteSession, root: UUID) -> bool:
    rows = await _HAS_PAST.rows(session, {"root": root})
    return bool(rows[0][0])
