"""Customers as others ask for them: one, a page, or changed.

hidden: the inboxes the viewer may not see; a contact point does not name them.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from hub.customers import changes, find, view
from hub.customers.changes import CustomerChanges
from hub.customers.find import After
from hub.customers.roots import roots_of
from hub.db.base import Json
from hub.db.engine import AnySession, WriteSession


async def get(
    session: AnySession, customer_id: UUID, *, hidden: Collection[UUID] = (), now: datetime
) -> Json:
    """The customer, also by the id of a record merged into it. Raises NotFound."""
    root_id = (await roots_of(session, [customer_id]))[customer_id]
    [customer] = await view.load(session, [root_id], now, hidden)
    return customer


async def search(  # noqa: PLR0913 - what is wanted, and who may see it
    session: AnySession,
    q: str,
    *,
    limit: int,
    after: After | None = None,
    owner: UUID | None = None,
    hidden: Collection[UUID] = (),
    now: datetime,
) -> list[Json]:
    """A page of the customers `q` may mean, newest-updated first; of all when it is empty.

    owner: only those this operator is responsible for.
    """
    found = await find.matching(session, q, limit=limit, after=after, owner=owner)
    return await view.load(session, found, now, hidden)


async def by_contact_point(
    session: AnySession, spelled: str, *, hidden: Collection[UUID] = (), now: datetime
) -> list[Json]:
    """The customer at `scheme:value`, in any spelling: one or none. Raises Invalid."""
    root_id = await find.by_contact_point(session, spelled)
    return await view.load(session, [] if root_id is None else [root_id], now, hidden)


async def by_external(
    session: AnySession,
    system: str,
    external_id: str,
    *,
    hidden: Collection[UUID] = (),
    now: datetime,
) -> Json | None:
    """The customer whom another system calls `external_id`."""
    root_id = await find.by_external(session, system, external_id)
    if root_id is None:
        return None
    [customer] = await view.load(session, [root_id], now, hidden)
    return customer


async def update(
    session: WriteSession,
    customer_id: UUID,
    wanted: CustomerChanges,
    *,
    hidden: Collection[UUID] = (),
    now: datetime,
) -> Json:
    """Change the customer and return it as it is now. Raises NotFound, Invalid."""
    root_id = await changes.update(session, customer_id, wanted, now=now)
    [customer] = await view.load(session, [root_id], now, hidden)
    return customer
