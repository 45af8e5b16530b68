"""What a provider vouches for: a further address of whoever writes to us from a known one."""

from datetime import datetime
from uuid import UUID

from hub.conversations.draft import Author
from hub.conversations.merging import reshape
from hub.conversations.merging.by import By
from hub.customers import edge
from hub.customers.evidence import Evidence, Grounds
from hub.customers.identify import Seen, identify
from hub.db.engine import WriteSession
from hub.errors import Invalid
from hub.inboxes.open_inbox import InboxRef
from hub.ports import Address, Proof


async def prove(
    session: WriteSession, inbox: InboxRef, address: Address | None, root_id: UUID, now: datetime
) -> None:
    """Make the address the customer's, whoever has it now; taken apart like any other merge.

    Whom we have known longer stays; a record made this very moment never does. A number that has
    been silent for long stays where it is: its old owner's history is nobody else's. And where
    somebody's mere word had put the address to another customer it is taken out there: a wrong
    number in a shop's books must not make one of two people.
    """
    if address is None:
        raise Invalid("The channel did not say which address is proven.")
    seen = Seen(address.scheme, address.value, proof=Proof.PROVIDER, region=inbox.region or None)
    [home] = await identify(session, [seen], evidence_by=("inbox", inbox.id), now=now)
    # After a year of silence a number may be somebody else's by now: then a person decides.
    if home.root_id == root_id or home.silent_since is not None:
        return
    grounds = Grounds(Evidence.PROVIDER, ("inbox", inbox.id))
    by = By(Author("system", None, ""), now)
    ends = (root_id, home.root_id)
    if await edge.weakly_held(session, home.stream_id):
        moved = await reshape.split(session, home.contact_point_id, grounds, by)
        ends = (root_id, moved.new_root)
    elif not home.created and home.root_id < root_id:
        ends = (home.root_id, root_id)
    await reshape.merge(session, *ends, grounds, by)
