"""What a rule sees: the customer and the object it is about, as they are now."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from asyncpg import Record
from typing_extensions import override

from hub.clock import zone_of
from hub.customers.roots import lock_roots
from hub.db.engine import AnySession, WriteSession
from hub.db.rows import Query
from hub.deliveries import policy
from hub.hours import store as hours
from hub.hours.store import Calendars
from hub.mappings import NOTHING
from hub.rules import loaders
from hub.rules.fields import OBJECTS, Kind
from hub.rules.loaders import Loaded, Loader, Values

# The root's own before those that were merged into it, the oldest first.
_RECORDS = Query(f"""
    SELECT root_id, name, locale, time_zone, labels, attributes, {policy.ZONE} AS default_zone
    FROM customers
    WHERE root_id = ANY (CAST(:roots AS uuid[])) ORDER BY id <> root_id, id
""")  # noqa: S608 - no value is pasted in
_OPEN = Query("""
    SELECT s.root_id, count(*) AS open
    FROM streams AS s JOIN conversations AS c ON c.opening_stream_id = s.id
    WHERE s.root_id = ANY (CAST(:roots AS uuid[])) AND c.status <> 'closed' GROUP BY s.root_id
""")


class Subject(NamedTuple):
    """The object a rule is asked about.

    told: what the event said of it, which may have changed since: it counts.
    """

    kind: str
    id: UUID
    told: Values = NOTHING


class Facts(Mapping[str, Any]):
    """The values by dotted name, as `dotted` says, and `own` ones beside them.

    Worked out when asked for, and once: a rule looks at two or three of the fifty there are, and
    all rules at the same ones.
    """

    __slots__ = ("_all", "_known", "_values")

    def __init__(self, values: Mapping[str, Values], own: Values) -> None:
        self._values = values
        self._known = dict(own)
        self._all: dict[str, Any] | None = None

    def beside(self, more: Values) -> "Facts":
        """These, and `more` of its own."""
        return Facts(self._values, {**self._known, **more})

    @override
    def __getitem__(self, path: str) -> Any:
        if path not in self._known:
            self._known[path] = self._find(path)
        return self._known[path]

    def _find(self, path: str) -> object:
        kind, _, name = path.partition(".")
        held = self._values.get(kind)
        if held is not None:
            if name in held and not isinstance(held[name], dict):
                return _value(kind, name, held[name])
            above = name.partition(".")[0]
            found = dotted({kind: {above: held[above]}}) if above in held else {}
            if path in found:
                return found[path]
        return self._whole()[path]

    def _whole(self) -> dict[str, Any]:
        if self._all is None:
            self._all = {**dotted(self._values), **self._known}
        return self._all

    @override
    def __iter__(self) -> Iterator[str]:
        return iter(self._whole())

    @override
    def __len__(self) -> int:
        return len(self._whole())


class Context(NamedTuple):
    """`values` for templates, by kind (customer, order); `facts` the same, dotted and typed, for
    conditions. A tuple: thousands are made and changed at a time.

    current: the object still has the status that the event told of.
    place: (stream, position) of the inbound message it is about.
    told: what the event said of the object.
    """

    customer_id: UUID
    object_kind: str
    object_id: UUID
    conversation_id: UUID | None
    values: Mapping[str, Values]
    facts: Facts
    current: bool = True
    place: tuple[UUID, int] | None = None
    told: Values = NOTHING

    @property
    def subject(self) -> Subject:
        """What it was read for."""
        return Subject(self.object_kind, self.object_id, self.told)

    @property
    def customer(self) -> Values:
        return self.values["customer"]

    def with_facts(self, more: Values) -> "Context":
        return self._replace(facts=self.facts.beside(more))


async def load(
    session: AnySession, subjects: Sequence[Subject], now: datetime
) -> list[Context | None]:
    """The context of each subject, in their order; None where the object is gone."""
    found: dict[tuple[str, UUID], Loaded] = {}
    for kind in sorted({one.kind for one in subjects}):
        ids = sorted({one.id for one in subjects if one.kind == kind})
        loaded = await _LOADERS[kind](session, ids)
        found |= {(kind, id_): one for id_, one in loaded.items()}
    return await around(session, subjects, found, now)


async def around(
    session: AnySession,
    subjects: Sequence[Subject],
    found: Mapping[tuple[str, UUID], Loaded],
    now: datetime,
) -> list[Context | None]:
    """`load` of objects that are read already: `found` by kind and id."""
    people = await customers(session, {one.customer_id for one in found.values()})
    known = _Known(people, await hours.load(session), now) if found else None
    return [
        _of(one, there, known) if known and (there := found.get((one.kind, one.id))) else None
        for one in subjects
    ]


async def hold(
    session: WriteSession, seen: Sequence[Context], now: datetime
) -> list[Context | None]:
    """Lock their customers until the transaction ends; each as it is then, None where it is gone.

    All at once and sorted: one by one they would deadlock with what comes in meanwhile. Read
    again, since a customer may have been merged into another while we waited.
    """
    if not seen:
        return []
    await lock_roots(session, {one.customer_id for one in seen})
    return await load(session, [one.subject for one in seen], now)


@dataclass(frozen=True, slots=True)
class _Known:
    """What is the same for all objects that are looked at together.

    hours: whether it is open now, by whose hours hold; found out once.
    """

    people: Mapping[UUID, Values]
    calendars: Calendars
    now: datetime
    hours: dict[tuple[UUID | None, UUID | None], bool] = field(default_factory=dict)
    clocks: dict[str, Values] = field(default_factory=dict)

    def is_open(self, one: Loaded) -> bool:
        if one.desk not in self.hours:
            self.hours[one.desk] = self.calendars.of(*one.desk).open_at(self.now)
        return self.hours[one.desk]

    def clock(self, customer: Values) -> Values:
        """`clock_facts`, once for a zone."""
        zone = str(customer["time_zone"])
        if zone not in self.clocks:
            self.clocks[zone] = clock_facts(customer, self.now)
        return self.clocks[zone]


def _of(subject: Subject, loaded: Loaded, known: _Known) -> Context:
    customer, is_open = known.people[loaded.customer_id], known.is_open(loaded)
    # What the event told decides: by now the object may be further.
    told = {**loaded.values, **subject.told} if subject.told else loaded.values
    values = {"customer": customer, **loaded.more}
    if subject.kind != "customer":
        values[subject.kind] = told
    status = loaded.values.get("status")
    return Context(
        customer_id=loaded.customer_id,
        object_kind=subject.kind,
        object_id=subject.id,
        conversation_id=loaded.conversation_id,
        values=values,
        facts=Facts(values, {**known.clock(customer), "hours.open": is_open}),
        current=subject.told.get("status", status) == status,
        place=loaded.place,
        told=subject.told,
    )


def clock_facts(customer: Values, now: datetime) -> Values:
    zone = zone_of(str(customer["time_zone"]))
    return {"now": now, "now.date": now.astimezone(zone).date().isoformat()}


def dotted(values: Mapping[str, Values]) -> dict[str, Any]:
    """The values by dotted name, numbers and times as such; what is open is spread out."""
    facts: dict[str, Any] = {}
    for kind, fields in values.items():
        for name, value in fields.items():
            if isinstance(value, dict):
                facts |= _spread(f"{kind}.{name}", value, levels=4)
            else:
                facts[f"{kind}.{name}"] = _value(kind, name, value)
    return facts


def _value(kind: str, name: str, value: object) -> object:
    """A field's value, numbers and times as such."""
    return _typed(_held(kind, name), value) if isinstance(value, str) else value


def _spread(path: str, value: object, levels: int) -> dict[str, Any]:
    if not isinstance(value, Mapping) or not levels:
        return {path: value}
    facts: dict[str, Any] = {}
    for name, inner in value.items():
        facts |= _spread(f"{path}.{name}", inner, levels - 1)
    return facts


@lru_cache(maxsize=1000)
def _held(kind: str, name: str) -> Kind | None:
    """What a field holds, where that is not plain text."""
    wanted = OBJECTS.get(kind, {}).get(f"{kind}.{name}")
    return Kind.TIME if wanted is None and name.endswith("_at") else wanted


def _typed(wanted: Kind | None, value: str) -> object:
    """The API spells amounts and times as text; conditions compare them."""
    if wanted is Kind.TIME:
        return datetime.fromisoformat(value) if value else None
    return Decimal(value) if wanted is Kind.NUMBER and value else value


async def customers(session: AnySession, ids: set[UUID]) -> dict[UUID, Values]:
    """By root: its own values, and where they are empty those of the records merged into it.

    Who has no time zone at all lives in the installation's.
    """
    rows = await _RECORDS.rows(session, {"roots": list(ids)})
    found: dict[UUID, dict[str, Any]] = {}
    for row in rows:
        root = row["root_id"]
        found[root] = _completed(found[root], row) if root in found else _own(row)
    default_zone = rows[0]["default_zone"] if rows else ""
    for known in found.values():
        known["time_zone"] = known["time_zone"] or default_zone
    for busy in await _OPEN.rows(session, {"roots": list(found)}):
        found[busy["root_id"]]["open_conversations"] = busy["open"]
    return dict(found)


def _own(row: Record) -> dict[str, Any]:
    return {
        "id": str(row["root_id"]),
        "name": row["name"],
        "locale": row["locale"],
        "time_zone": row["time_zone"],
        "labels": sorted(row["labels"]),
        "attributes": {**row["attributes"]},
        "open_conversations": 0,
    }


def _completed(known: Mapping[str, Any], below: Record) -> dict[str, Any]:
    """The customer, with what only a record that was merged into it knows."""
    return {
        **known,
        **{name: known[name] or below[name] for name in ("name", "locale", "time_zone")},
        "labels": sorted({*known["labels"], *below["labels"]}),
        "attributes": {**below["attributes"], **known["attributes"]},
    }


async def _of_customers(session: AnySession, ids: Sequence[UUID]) -> Mapping[UUID, Loaded]:
    return {id_: Loaded(id_, {}) for id_ in await customers(session, set(ids))}


_LOADERS: Mapping[str, Loader] = {
    "customer": _of_customers,
    "order": loaders.orders_by_id,
    "appointment": loaders.appointments_by_id,
    "conversation": loaders.conversations_by_id,
    "message": loaders.messages_by_id,
    "event": loaders.events_by_id,
}
