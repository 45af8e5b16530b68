"""Reading orders and appointments, as the API shows them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select

from hub import clock
from hub.customers.tables import Customer
from hub.db.engine import AnySession
from hub.objects.tables import Pushed

Table = type[Pushed]
"""Of orders or of appointments."""


@dataclass(frozen=True, slots=True)
class Only:
    """Which objects: of one customer, of one status, that start within a span of time."""

    customer_id: UUID | None = None
    status: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def view(row: Pushed, root_id: UUID) -> dict[str, Any]:
    """The JSON shape of an object. Amounts are strings, so that no digit is lost."""
    return {
        "id": str(row.id),
        "system": row.system,
        "external_id": row.external_id,
        "customer_id": str(root_id),
        "status": row.status,
        "version": row.version,
        "revision": row.revision,
        "sequence": row.sequence,
        "number": row.number,
        "total": None if row.total is None else format(row.total.normalize(), "f"),
        "currency": row.currency,
        "items": row.items,
        "tracking_url": row.tracking_url,
        "starts_at": clock.rfc3339(row.starts_at) if row.starts_at else None,
        "ends_at": clock.rfc3339(row.ends_at) if row.ends_at else None,
        "place": row.place,
        "data": row.data,
        "occurred_at": clock.rfc3339(row.occurred_at),
        "created_at": clock.rfc3339(row.created_at),
        "updated_at": clock.rfc3339(row.updated_at),
    }


def _with_root(table: Table) -> Select[Pushed, UUID]:
    return select(table, Customer.root_id).join(Customer, Customer.id == table.customer_id)


async def get(
    session: AnySession, table: Table, system: str, external_id: str
) -> dict[str, Any] | None:
    query = _with_root(table).where(table.system == system, table.external_id == external_id)
    found = (await session.execute(query)).first()
    return view(*found) if found else None


async def by_ids(
    session: AnySession, table: Table, ids: Sequence[UUID]
) -> dict[UUID, dict[str, Any]]:
    rows = await session.execute(_with_root(table).where(table.id.in_(ids)))
    return {row.id: view(row, root) for row, root in rows}


async def newest(
    session: AnySession, table: Table, only: Only, *, before: UUID | None, limit: int
) -> list[dict[str, Any]]:
    """Newest first; `before` is the id of the last one seen."""
    query = _with_root(table).order_by(table.id.desc()).limit(limit)
    if only.customer_id is not None:
        same = select(Customer.root_id).where(Customer.id == only.customer_id)
        query = query.where(Customer.root_id.in_(same))
    if only.status is not None:
        query = query.where(table.status == only.status)
    if only.since is not None:
        query = query.where(table.starts_at >= only.since)
    if only.until is not None:
        query = query.where(table.starts_at < only.until)
    if before is not None:
        query = query.where(table.id < before)
    return [view(row, root) for row, root in await session.execute(query)]
