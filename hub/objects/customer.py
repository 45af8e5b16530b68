"""Whose pushed object it is: found by our id, by its system's own id, or by an address."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from hub.customers import identify, roots
from hub.customers.tables import ExternalRef
from hub.db.engine import WriteSession
from hub.errors import NotFound
from hub.objects.body import Whose
from hub.ports import Proof


@dataclass(frozen=True, slots=True)
class Owner:
    """contact_point_id: of the address that was named, if one was."""

    customer_id: UUID
    contact_point_id: UUID | None = None


async def find(
    session: WriteSession, system: str, whose: Whose, by: UUID | None, now: datetime
) -> Owner:
    """The customer, created for a new contact point. Raises NotFound for an unknown id."""
    known = await _known(session, system, whose)
    if whose.contact_point is None:
        if known is None:
            raise NotFound(
                "No such customer.",
                remedy="Name a known customer, or give a contact_point to create one.",
                fields={"customer": "unknown"},
            )
        return Owner(known)
    scheme, _, value = whose.contact_point.partition(":")
    seen = identify.Seen(
        scheme=scheme, value=value, proof=Proof.NONE, name=whose.name, locale=whose.locale
    )
    [home] = await identify.identify(session, [seen], evidence_by=("integration", by), now=now)
    if known is not None:
        # The system knows the customer by its own id; an address beside it is only a claim.
        return Owner(known, home.contact_point_id)
    if whose.external_id:
        await _remember(session, system, whose.external_id, home.record_id)
    return Owner(home.record_id, home.contact_point_id)


async def _known(session: WriteSession, system: str, whose: Whose) -> UUID | None:
    if whose.id is not None:
        await roots.roots_of(session, [whose.id])
        return whose.id
    if whose.external_id is None:
        return None
    reference = await session.get(ExternalRef, (system, whose.external_id))
    return reference.customer_id if reference is not None else None


async def _remember(
    session: WriteSession, system: str, external_id: str, customer_id: UUID
) -> None:
    await session.execute(
        insert(ExternalRef)
        .values(system=system, external_id=external_id, customer_id=customer_id)
        .on_conflict_do_nothing()
    )
