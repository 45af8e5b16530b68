"""An address that an operator, or a program, writes down for a customer."""

from dataclasses import dataclass
from uuid import UUID

from hub.conversations.merging.by import By
from hub.customers import edges
from hub.customers.addresses import normalise
from hub.customers.evidence import Evidence
from hub.customers.roots import lock_roots
from hub.db import event_log
from hub.db.engine import WriteSession
from hub.db.rows import Query
from hub.errors import Conflict
from hub.events import EventType, NewEvent

_AT = Query("""
    SELECT p.id, s.root_id FROM contact_points AS p JOIN streams AS s ON s.contact_point_id = p.id
    WHERE p.scheme = :scheme AND p.value = :value
""")


@dataclass(frozen=True, slots=True)
class Added:
    """merge_id: what takes the address away again; None when the customer had it already."""

    customer_id: UUID
    contact_point_id: UUID
    merge_id: UUID | None


async def add(session: WriteSession, customer_id: UUID, address: tuple[str, str], by: By) -> Added:
    """Give the customer the contact point `address`, (scheme, value as it is spelled).

    Raises NotFound, Invalid for no address, Conflict `address-in-use` naming its customer.
    """
    scheme, raw = address
    value = normalise(scheme, raw)
    root = (await lock_roots(session, [customer_id]))[customer_id]
    evidence = Evidence.OPERATOR if by.author.kind == "operator" else Evidence.INTEGRATION
    made = await edges.attach(session, root, (scheme, value, raw), by.grounds(evidence), by.now)
    if made is None:
        [there] = await _AT.rows(session, {"scheme": scheme, "value": value})
        if there["root_id"] != root:
            raise _in_use(there["root_id"], there["id"])
        return Added(root, there["id"], None)
    facts = {"changed": ["contact_points"]}
    event = NewEvent(EventType.CUSTOMER_UPDATED, by.now, customer_id=root, data=facts)
    await event_log.append(session, [event])
    return Added(root, made[0], made[1])


def _in_use(customer_id: UUID, contact_point_id: UUID) -> Conflict:
    return Conflict(
        "This address belongs to another customer.",
        remedy="Merge the two, or take the address out there first.",
        code="address-in-use",
        extra={"customer_id": str(customer_id), "contact_point_id": str(contact_point_id)},
    )
