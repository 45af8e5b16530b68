"""Taking an object from another system: idempotent, in whatever order its versions come.

Orders and appointments differ in what a change of them means: their `Kind` says it. All else is
here: one push at a time, versions, whose it is, events, the lines on the timeline.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import select, text

from hub.customers import roots
from hub.customers.streams import record_stream
from hub.db import event_log
from hub.db.engine import WriteSession
from hub.errors import Conflict, Invalid
from hub.events import EventType, NewEvent
from hub.ids import new_id
from hub.objects import customer
from hub.objects.body import PushedBody
from hub.objects.decide import Coming, Known, Verdict, judge
from hub.objects.tables import Pushed, PushedVersion
from hub.timeline.record import NewEntry, record

Row = TypeVar("Row", bound=Pushed)
Facts = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class State:
    """What of an object its news are about."""

    status: str = ""
    starts_at: datetime | None = None
    known: bool = False
    """False before the first push."""
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class News:
    """What a change amounts to, as events and as lines on the customer's timeline, in order.

    Each with its own facts, beside those that all carry: the object's id, status and version.
    """

    events: Sequence[tuple[EventType, Facts]]
    activities: Sequence[tuple[str, Facts]] = ()


def _never(_before: State, _now: State) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Kind(Generic[Row]):
    """What makes one kind of object. `name` is its word: `order`; `status`: until it is told."""

    name: str
    table: type[Row]
    versions: type[PushedVersion]
    status: str
    news: Callable[[State, State], News]
    """What has happened to an object that was the first and is the second."""
    rescheduled: Callable[[State, State], bool] = _never
    """Whether calendars that hold it have to be told (`Pushed.sequence`)."""


@dataclass(frozen=True, slots=True)
class Put(Generic[Row]):
    """`applied` is False for a repeat and for a stale version; `row` is what holds now."""

    applied: bool
    row: Row


@dataclass(frozen=True, slots=True)
class Who:
    """Who changes an object, as the author of what the timeline says."""

    kind: str
    id: UUID | None
    name: str


async def put(  # noqa: PLR0913 - which object, what of it, by whom and when
    session: WriteSession,
    kind: Kind[Row],
    system: str,
    external_id: str,
    body: PushedBody,
    *,
    by: UUID | None,
    now: datetime,
) -> Put[Row]:
    """Raises NotFound for an unknown customer id, Conflict for one version with two bodies."""
    await one_at_a_time(session, kind.name, system, external_id)
    row = await session.scalar(
        select(kind.table).where(
            kind.table.system == system, kind.table.external_id == external_id
        )
    )
    if row is not None:
        known = Known(row.version, row.occurred_at, row.fingerprint)
        verdict = judge(known, Coming(body.version, body.occurred_at, body.fingerprint()))
        if verdict is not Verdict.APPLY:
            _refuse(verdict, kind.name, row, body)
            return Put(applied=False, row=row)
    before = state(row)
    row = row or _new(kind, system, external_id, body, now)
    await _own(session, row, body, by, now)
    _fill(row, body, now)
    session.add(row)
    await settle(session, kind, row, before, body.facts(), Who("integration", by, system), now=now)
    return Put(applied=True, row=row)


def state(row: Pushed | None) -> State:
    return (
        State()
        if row is None
        else State(row.status, row.starts_at, known=True, ends_at=row.ends_at)
    )


async def settle(  # noqa: PLR0913 - what changed, from what, by whom and when
    session: WriteSession,
    kind: Kind[Row],
    row: Row,
    before: State,
    said: Mapping[str, Any],
    who: Who,
    *,
    now: datetime,
    more: News | None = None,
) -> UUID:
    """Keep the changed row as a new version, append its events, tell its customer's timeline.

    said: what the change was made of. more: news beside those of the kind. Returns the customer's
    root, which is locked from here on.
    """
    row.revision += 1
    row.sequence += kind.rescheduled(before, state(row))
    row.updated_at = now
    root = (await roots.lock_roots(session, [row.customer_id]))[row.customer_id]
    await session.flush()
    session.add(
        kind.versions(
            object_id=row.id,
            revision=row.revision,
            version=row.version,
            status=row.status,
            starts_at=row.starts_at,
            body=dict(said),
            occurred_at=row.occurred_at,
            recorded_at=now,
        )
    )
    await session.flush()
    told = [kind.news(before, state(row)), *([more] if more else [])]
    common = {
        f"{kind.name}_id": str(row.id),
        "status": row.status,
        "version": row.version,
        "revision": row.revision,
    }
    events = [
        NewEvent(type_, now, customer_id=root, data={**common, **facts})
        for news in told
        for type_, facts in news.events
    ]
    activities = [one for news in told for one in news.activities]
    told_of = await _tell(session, kind.name, row, activities, who, root)
    await event_log.append(session, [*events, *told_of])
    return root


async def _tell(
    session: WriteSession,
    kind: str,
    row: Pushed,
    activities: Sequence[tuple[str, Facts]],
    who: Who,
    root: UUID,
) -> list[NewEvent]:
    if not activities:
        return []
    now = row.updated_at
    # On the record it was pushed for: the line goes where the object goes.
    stream_id = await record_stream(session, row.customer_id, now)
    about = {"kind": kind, "id": str(row.id), "number": row.number}
    entries = [
        NewEntry(
            stream_id,
            "activity",
            who.kind,
            now,
            new_id(),
            author_id=who.id,
            author_name=who.name,
            data={"activity": name, "object": about, **facts},
        )
        for name, facts in activities
    ]
    return [
        NewEvent(
            EventType.ACTIVITY_CREATED,
            now,
            customer_id=root,
            stream_id=one.stream_id,
            position=one.position,
        )
        for one in await record(session, entries, now=now)
    ]


async def one_at_a_time(session: WriteSession, kind: str, system: str, external_id: str) -> None:
    # A row lock cannot guard a row that does not exist yet; the first push needs guarding too.
    await (await session.connection()).execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"),
        {"name": f"{kind}:{len(system)}:{system}:{external_id}"},
    )


def _refuse(verdict: Verdict, kind: str, row: Pushed, body: PushedBody) -> None:
    if verdict is Verdict.CONFLICT:
        raise Conflict(
            f"Version {body.version} of this {kind} was pushed before with another body.",
            remedy=f"Raise the version with every change of the {kind}.",
            code="version-conflict",
            extra={"id": str(row.id), "version": row.version},
        )
    if verdict is Verdict.VERSION_MISSING:
        raise Invalid(
            f"This {kind} was pushed with a version before, so every push needs one.",
            fields={"version": f"needed; the last one was {row.version}"},
        )


def _new(kind: Kind[Row], system: str, external_id: str, body: PushedBody, now: datetime) -> Row:
    if body.customer is None:
        raise Invalid(
            f"Nobody knows whose {kind.name} this is.",
            remedy="The first push names the customer.",
            fields={"customer": "needed with the first push"},
        )
    return kind.table(
        system=system,
        external_id=external_id,
        status=kind.status,
        revision=0,
        sequence=0,
        number=external_id,
        currency="",
        items=[],
        tracking_url="",
        place="",
        data={},
        created_at=now,
    )


async def _own(
    session: WriteSession, row: Pushed, body: PushedBody, by: UUID | None, now: datetime
) -> None:
    """Whose it is, as far as the body says so."""
    if body.customer is None:
        return
    owner = await customer.find(session, row.system, body.customer, by, now)
    row.customer_id = owner.customer_id
    row.contact_point_id = owner.contact_point_id or row.contact_point_id


def _fill(row: Pushed, body: PushedBody, now: datetime) -> None:
    """What is left out keeps its value."""
    for name, value in body.model_dump(
        exclude_none=True, exclude={"customer", "items", "occurred_at"}
    ).items():
        setattr(row, name, value)
    if body.items is not None:
        row.items = [item.model_dump(mode="json", exclude_none=True) for item in body.items]
    row.occurred_at = body.occurred_at or now
    row.fingerprint = body.fingerprint()
    if row.starts_at and row.ends_at and row.ends_at < row.starts_at:
        raise Invalid(
            "It would end before it starts.",
            remedy="Push ends_at together with starts_at when it moves.",
            fields={"ends_at": "before starts_at"},
        )
