"""Reading orders and appointments, as the API shows them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from asyncpg import Record
from sqlalchemy import ColumnElement, Select, or_, select, tuple_

from hub import clock
from hub.customers.tables import Customer
from hub.db.engine import AnySession
from hub.db.rows import Query
from hub.objects.tables import Pushed

Table = type[Pushed]
"""Of orders or of appointments."""


@dataclass(frozen=True, slots=True)
class Only:
    """Which objects: of one customer, of one status, that start within a span of time, that were
    made within one, whose number or id in its system holds `number`.
    """

    customer_id: UUID | None = None
    status: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    made_since: datetime | None = None
    made_until: datetime | None = None
    number: str = ""


def view(row: Pushed, root_id: UUID) -> dict[str, Any]:
    """The JSON shape of an object. Amounts are strings, so that no digit is lost."""
    return _view({name: getattr(row, name) for name in _READ}, root_id)


_READ = (
    *("id", "system", "external_id", "status", "version", "revision", "sequence", "number"),
    *("total", "currency", "items", "tracking_url", "starts_at", "ends_at", "place", "data"),
    *("occurred_at", "created_at", "updated_at"),
)


def _view(row: Mapping[str, Any] | Record, root_id: UUID) -> dict[str, Any]:
    total, starts_at, ends_at = row["total"], row["starts_at"], row["ends_at"]
    return {
        "id": str(row["id"]),
        "system": row["system"],
        "external_id": row["external_id"],
        "customer_id": str(root_id),
        "status": row["status"],
        "version": row["version"],
        "revision": row["revision"],
        "sequence": row["sequence"],
        "number": row["number"],
        "total": None if total is None else format(total.normalize(), "f"),
        "currency": row["currency"],
        "items": row["items"],
        "tracking_url": row["tracking_url"],
        "starts_at": clock.rfc3339(starts_at) if starts_at else None,
        "ends_at": clock.rfc3339(ends_at) if ends_at else None,
        "place": row["place"],
        "data": row["data"],
        "occurred_at": clock.rfc3339(row["occurred_at"]),
        "created_at": clock.rfc3339(row["created_at"]),
        "updated_at": clock.rfc3339(row["updated_at"]),
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
    return {row["id"]: shown(row) for row in await stored(session, table.__tablename__, ids)}


async def stored(session: AnySession, table: str, ids: Collection[UUID]) -> Sequence[Record]:
    """The objects that exist as the table holds them, each with its customer's `root_id`.

    The driver's rows: hundreds at a time, for every batch of reminders.
    """
    return await _by_ids(table).rows(session, {"ids": list(ids)})


def shown(row: Record) -> dict[str, Any]:
    """A `stored` one in the JSON shape."""
    return _view(row, row["root_id"])


@cache
def _by_ids(table: str) -> Query:
    return Query(f"""
        SELECT o.*, c.root_id FROM {table} AS o JOIN customers AS c ON c.id = o.customer_id
        WHERE o.id = ANY (CAST(:ids AS uuid[]))
    """)  # noqa: S608 - the name of one of two tables


async def newest(
    session: AnySession, table: Table, only: Only, *, before: UUID | None, limit: int
) -> list[dict[str, Any]]:
    """Newest first; `before` is the id of the last one seen."""
    query = _only(_with_root(table), table, only).order_by(table.id.desc()).limit(limit)
    if before is not None:
        query = query.where(table.id < before)
    return [view(row, root) for row, root in await session.execute(query)]


async def soonest(
    session: AnySession,
    table: Table,
    only: Only,
    *,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> list[dict[str, Any]]:
    """In the order in which they start; `after`: start and id of the last one seen.

    What has no time yet has no place in this order.
    """
    query = _only(_with_root(table), table, only).where(table.starts_at.is_not(None))
    query = query.order_by(table.starts_at, table.id).limit(limit)
    if after is not None:
        query = query.where(tuple_(table.starts_at, table.id) > after)
    return [view(row, root) for row, root in await session.execute(query)]


def _only(query: Select[Pushed, UUID], table: Table, only: Only) -> Select[Pushed, UUID]:
    if only.customer_id is not None:
        same = select(Customer.root_id).where(Customer.id == only.customer_id)
        query = query.where(Customer.root_id.in_(same))
    if only.number:
        named = only.number.strip()
        query = query.where(
            or_(
                table.number.icontains(named, autoescape=True),
                table.external_id.icontains(named, autoescape=True),
            )
        )
    bounds: list[tuple[Any, Callable[[Any], ColumnElement[bool]]]] = [
        (only.status, table.status.__eq__),
        (only.since, table.starts_at.__ge__),
        (only.until, table.starts_at.__lt__),
        (only.made_since, table.created_at.__ge__),
        (only.made_until, table.created_at.__lt__),
    ]
    return query.where(*[holds(given) for given, holds in bounds if given is not None])
