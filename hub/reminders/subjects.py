"""What reminders must know of orders and appointments: whose, which times, whether it is over."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Literal, NamedTuple
from uuid import UUID

from asyncpg import Record

from hub.appointments.status import CANCEL_REQUESTED, CANCELLED, has_ended, meaning
from hub.db.engine import AnySession
from hub.db.rows import Query
from hub.mappings import NOTHING
from hub.objects import repository as objects
from hub.orders import repository as orders
from hub.reminders.timing import Standing
from hub.rules.loaders import Loaded, of_object
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
_PAGE = {kind: _page(table) for kind, table in _TABLES.items()}
_OF_CUSTOMERS = {kind: _of_customers(table) for kind, table in _TABLES.items()}


async def load(session: AnySession, kind: str, ids: Collection[UUID]) -> Mapping[UUID, Subject]:
    """The objects of one kind that exist, by id."""
    rows, reached = await _stored(session, kind, ids)
    return {row["id"]: _subject(row, reached.get(row["id"], NOTHING)) for row in rows}


class Read(NamedTuple):
    """Objects of one reading: as their reminders see them, and as the rules do."""

    subjects: Mapping[UUID, Subject]
    loaded: Mapping[tuple[str, UUID], Loaded]

    def beside(self, more: "Read") -> "Read":
        return Read({**self.subjects, **more.subjects}, {**self.loaded, **more.loaded})


async def read(session: AnySession, kind: str, ids: Collection[UUID]) -> Read:
    """`load`, with what rules see of the same objects."""
    rows, reached = await _stored(session, kind, ids)
    return Read(
        {row["id"]: _subject(row, reached.get(row["id"], NOTHING)) for row in rows},
        {(kind, row["id"]): of_object(row, reached.get(row["id"], NOTHING)) for row in rows},
    )


async def _stored(
    session: AnySession, kind: str, ids: Collection[UUID]
) -> tuple[Sequence[Record], Mapping[UUID, Mapping[str, datetime]]]:
    """The rows, and when each order among them came to its statuses."""
    rows = await objects.stored(session, _TABLES[kind], ids)
    return rows, await orders.reached(session, list(ids)) if kind == "order" else {}


def _subject(row: Record, reached: Mapping[str, datetime]) -> Subject:
    times = {
        "starts_at": row["starts_at"],
        "ends_at": row["ends_at"],
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
        **reached,
    }
    return Subject(row["id"], row["root_id"], row["revision"], row["status"], times)


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
