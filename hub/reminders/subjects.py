"""What reminders must know of orders and appointments: whose, which times, whether it is over."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Literal, NamedTuple
from uuid import UUID

from hub.appointments.status import CANCEL_REQUESTED, CANCELLED, has_ended, meaning
from hub.db.engine import AnySession
from hub.db.rows import Query
from hub.orders import repository as orders
from hub.reminders.timing import Standing
from hub.rules.triggers import Relative

KINDS = ("order", "appointment")
"""What rules can be bound to here; times of conversations are planned by `hub.rules`."""


class Subject(NamedTuple):
    """An object as its reminders see it. times: by field (starts_at, delivered_at).

    A tuple: thousands are made at a time.
    """

    id: UUID
    root_id: UUID
    revision: int
    status: str
    times: Mapping[str, datetime | None]


def _by_ids(table: str) -> Query:
    return Query(f"""
        SELECT o.id, c.root_id, o.revision, o.status, o.starts_at, o.ends_at, o.created_at,
               o.updated_at
        FROM {table} AS o JOIN customers AS c ON c.id = o.customer_id
        WHERE o.id = ANY (CAST(:ids AS uuid[]))
    """)  # noqa: S608 - one of two constants


def _page(table: str) -> Query:
    return Query(f"""
        SELECT id FROM {table} WHERE id > :after ORDER BY id LIMIT :limit
    """)  # noqa: S608 - one of two constants


def _of_customers(table: str) -> Query:
    return Query(f"""
        SELECT o.id FROM {table} AS o JOIN customers AS c ON c.id = o.customer_id
        WHERE c.root_id IN (SELECT root_id FROM customers WHERE id = ANY (CAST(:ids AS uuid[])))
    """)  # noqa: S608 - one of two constants


_TABLES = {"order": "orders", "appointment": "appointments"}
_BY_IDS = {kind: _by_ids(table) for kind, table in _TABLES.items()}
_PAGE = {kind: _page(table) for kind, table in _TABLES.items()}
_OF_CUSTOMERS = {kind: _of_customers(table) for kind, table in _TABLES.items()}


async def load(session: AnySession, kind: str, ids: Collection[UUID]) -> Mapping[UUID, Subject]:
    """The objects of one kind that exist, by id."""
    rows = await _BY_IDS[kind].rows(session, {"ids": list(ids)})
    reached = await orders.reached(session, list(ids)) if kind == "order" else {}
    return {
        row["id"]: Subject(
            row["id"],
            row["root_id"],
            row["revision"],
            row["status"],
            {
                **{name: row[name] for name in ("starts_at", "ends_at")},
                **{name: row[name] for name in ("created_at", "updated_at")},
                **reached.get(row["id"], {}),
            },
        )
        for row in rows
    }


async def page(session: AnySession, kind: str, after: UUID, limit: int) -> Sequence[UUID]:
    """Ids of objects of a kind, in order."""
    return [row[0] for row in await _PAGE[kind].rows(session, {"after": after, "limit": limit})]


async def of_customers(session: AnySession, kind: str, ids: Collection[UUID]) -> set[UUID]:
    """The objects of these customers, with all that is merged into them."""
    return {row[0] for row in await _OF_CUSTOMERS[kind].rows(session, {"ids": list(ids)})}


def standing(kind: str, one: Subject, when: Relative) -> Standing:
    """What decides about the object's reminders of one rule."""
    over = kind == "appointment" and _over(one.status, when.direction)
    return Standing(one.times.get(when.field), over)


def _over(status: str, direction: Literal["before", "after"]) -> bool:
    """Nobody is reminded of what is off; what took place, or did not, may be followed up."""
    if meaning(status) in {CANCELLED, CANCEL_REQUESTED}:
        return True
    return direction == "before" and has_ended(status)
