"""Whose address this is: finds, or creates, the contact point, its stream and its customer."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from hub.customers.addresses import normalise
from hub.customers.ageing import outlived
from hub.customers.folding import fold
from hub.customers.likeness import other_spelling
from hub.db import event_log
from hub.db.engine import WriteSession
from hub.db.rows import Query
from hub.errors import Conflict
from hub.events import EventType, NewEvent
from hub.ids import new_id
from hub.ports import Proof

EVIDENCE = {Proof.NONE: "claimed", Proof.PROVIDER: "provider", Proof.SIGNED: "signed"}
STRENGTH = {Proof.NONE: 0, Proof.PROVIDER: 1, Proof.SIGNED: 2}
"""A contact point's proof only ever rises."""


class Seen(NamedTuple):
    """An address that somebody used or that a system told us about.

    value: as it was spelled; region (ISO 3166) reads national phone numbers.
    name, locale: used where the customer has none yet. label: what the address calls itself now.
    imported: from history, so the customer's creation is news to nobody.
    by_id: the inbox that saw it, when that differs from address to address.
    """

    scheme: str
    value: str
    proof: Proof = Proof.NONE
    name: str = ""
    locale: str = ""
    label: str = ""
    region: str | None = None
    imported: bool = False
    by_id: UUID | None = None


class Home(NamedTuple):
    """Where entries of that address live, and whose they are. `created`: the customer is new.

    record_id: the record the address hangs on, whatever that is merged into: what an entry says
    of its author stays right when a merge is undone.
    proof: what the contact point has been proved by, this time included.
    ailing: sending there has failed for good before.
    shut_out: operators do not want to hear from there.
    silent_since: nothing has come from there for so long that somebody else may have it now.
    """

    contact_point_id: UUID
    stream_id: UUID
    root_id: UUID
    record_id: UUID
    created: bool
    proof: Proof = Proof.NONE
    ailing: bool = False
    shut_out: bool = False
    silent_since: datetime | None = None

    def under(self, root_id: UUID) -> "Home":
        """The same after a merge: whoever was new a moment ago is somebody known now."""
        same = root_id == self.root_id
        return self._replace(root_id=root_id, created=self.created and same)


Key = tuple[str, str]
"""(scheme, normalised value)"""

LOCK = """
    SELECT id FROM customers
    WHERE id IN (
        SELECT s.root_id
        FROM unnest(CAST(:schemes AS text[]), CAST(:values AS text[])) AS k(scheme, value)
        JOIN contact_points p USING (scheme, value)
        JOIN streams s ON s.contact_point_id = p.id)
    ORDER BY id FOR NO KEY UPDATE OF customers
"""
_LOCK = Query(LOCK)

_KNOWN = Query("""
    SELECT p.scheme, p.value, p.id, p.proof, p.label, p.health, s.id AS stream_id, s.root_id,
           s.record_id, c.name = '' AS nameless, c.locale = '' AS unspoken,
           p.shut_out_at IS NOT NULL AS shut_out,
           -- Only numbers are given to somebody else in time (hub.customers.ageing).
           CASE WHEN p.scheme = 'tel' THEN (
               SELECT max(r.last_inbound_at) FROM reachability r WHERE r.contact_point_id = p.id)
           END AS last_heard_at
    FROM unnest(CAST(:schemes AS text[]), CAST(:values AS text[])) AS k(scheme, value)
    JOIN contact_points p USING (scheme, value)
    JOIN streams s ON s.contact_point_id = p.id
    JOIN customers c ON c.id = s.record_id
""")


class _Known(NamedTuple):
    """One row of `_KNOWN`."""

    scheme: str
    value: str
    id: UUID
    proof: str
    label: str
    health: str
    stream_id: UUID
    root_id: UUID
    record_id: UUID
    nameless: bool
    unspoken: bool
    shut_out: bool
    last_heard_at: datetime | None


# Sorted by address, so that two transactions that bring the same newcomers never deadlock; who
# comes second inserts nothing and reads what the first one committed. Foreign keys look at the end
# of the statement, when all rows are there.
_CREATE = Query("""
    WITH newcomer AS (
        SELECT * FROM unnest(
            CAST(:points AS uuid[]), CAST(:schemes AS text[]), CAST(:values AS text[]),
            CAST(:raws AS text[]), CAST(:labels AS text[]), CAST(:proofs AS text[]),
            CAST(:evidences AS text[]), CAST(:customers AS uuid[]), CAST(:names AS text[]),
            CAST(:foldeds AS text[]), CAST(:locales AS text[]), CAST(:streams AS uuid[]),
            CAST(:by_ids AS uuid[]), CAST(:looses AS text[])
        ) AS n(point, scheme, value, raw, label, proof, evidence, customer, name, folded, locale,
               stream, by_id, loose)
    ), point AS (
        INSERT INTO contact_points (id, scheme, value, raw, label, proof, loose, created_at)
        SELECT point, scheme, value, raw, label, proof, loose, :now
        FROM newcomer ORDER BY scheme, value
        ON CONFLICT DO NOTHING RETURNING id
    ), fresh AS (
        SELECT newcomer.* FROM newcomer JOIN point ON point.id = newcomer.point
    ), customer AS (
        INSERT INTO customers (id, root_id, name, folded, locale, created_at, updated_at)
        SELECT customer, customer, name, folded, locale, :now, :now FROM fresh
    ), stream AS (
        INSERT INTO streams (id, contact_point_id, record_id, root_id, created_at)
        SELECT stream, point, customer, customer, :now FROM fresh
    ), edge AS (
        INSERT INTO identity_edges (stream_id, parent_id, evidence, by_kind, by_id, at)
        SELECT stream, customer, evidence, :by_kind, by_id, :now FROM fresh
    )
    SELECT point, stream, customer FROM fresh
""")

_PROVE = Query("""
    UPDATE contact_points p SET proof = k.proof, label = k.label
    FROM unnest(CAST(:ids AS uuid[]), CAST(:proofs AS text[]), CAST(:labels AS text[]))
         AS k(id, proof, label)
    WHERE p.id = k.id
""")

_NAME = Query("""
    UPDATE customers c
    SET name = CASE WHEN c.name = '' THEN k.name ELSE c.name END,
        folded = CASE WHEN c.name = '' THEN k.folded ELSE c.folded END,
        locale = CASE WHEN c.locale = '' THEN k.locale ELSE c.locale END,
        updated_at = :now
    FROM unnest(CAST(:ids AS uuid[]), CAST(:names AS text[]), CAST(:foldeds AS text[]),
                CAST(:locales AS text[])) AS k(id, name, folded, locale)
    WHERE c.id = k.id
""")

_TRIES = 10


async def identify(
    session: WriteSession,
    seen: Sequence[Seen],
    *,
    evidence_by: tuple[str, UUID | None],
    now: datetime,
) -> list[Home]:
    """The home of each address, in the same order, with the customers' roots locked.

    Unknown addresses get a contact point, a stream and a customer; `evidence_by` is who says so:
    ("inbox" | "integration" | "operator" | "system", id). Raises Invalid for no address at all.
    """
    keys = [(one.scheme, normalise(one.scheme, one.value, region=one.region)) for one in seen]
    return await find_homes(session, keys, seen, evidence_by=evidence_by, now=now)


async def find_homes(
    session: WriteSession,
    keys: Sequence[Key],
    seen: Sequence[Seen],
    *,
    evidence_by: tuple[str, UUID | None],
    now: datetime,
    held: Collection[UUID] | None = None,
) -> list[Home]:
    """`identify` for addresses that are normalised already: `keys[i]` belongs to `seen[i]`.

    held: the roots, when `LOCK` has been run for these keys.
    """
    if not keys:
        return []
    homes = await _find_or_create(session, _together(keys, seen), evidence_by, now, held)
    return [homes[key] for key in keys]


def _together(keys: Sequence[Key], seen: Sequence[Seen]) -> dict[Key, Seen]:
    """One sight of each address, sorted: the strongest proof, the first name, the last label."""
    together: dict[Key, Seen] = {}
    for key, one in zip(keys, seen, strict=True):
        before = together.get(key)
        together[key] = one if before is None else _merged(before, one)
    return dict(sorted(together.items()))


def _merged(first: Seen, second: Seen) -> Seen:
    return Seen(
        scheme=first.scheme,
        value=first.value,
        proof=max(first.proof, second.proof, key=STRENGTH.__getitem__),
        name=first.name or second.name,
        locale=first.locale or second.locale,
        label=second.label or first.label,
        region=first.region,
        imported=first.imported and second.imported,
        by_id=first.by_id,
    )


async def _find_or_create(
    session: WriteSession,
    wanted: Mapping[Key, Seen],
    evidence_by: tuple[str, UUID | None],
    now: datetime,
    locked: Collection[UUID] | None,
) -> dict[Key, Home]:
    homes: dict[Key, Home] = {}
    held = set(locked or ())
    for n in range(_TRIES):
        missing = {key: one for key, one in wanted.items() if key not in homes}
        if n > 0 or locked is None:
            held |= await _lock(session, missing.keys())
        known = await _read(session, missing.keys())
        # A merge may have moved a stream while we waited: then its new root is locked as well.
        settled = {key: row for key, row in known.items() if row.root_id in held}
        homes |= await _refresh(session, settled, missing, now)
        strangers = {key: one for key, one in missing.items() if key not in known}
        homes |= await _create(session, strangers, evidence_by, now)
        if len(homes) == len(wanted):
            return homes
    raise Conflict("This customer is being merged and split again and again; try once more.")


def addresses(keys: Collection[Key]) -> dict[str, object]:
    """The values of `LOCK`."""
    return {"schemes": [key[0] for key in keys], "values": [key[1] for key in keys]}


async def _lock(session: WriteSession, keys: Collection[Key]) -> set[UUID]:
    return {customer_id for (customer_id,) in await _LOCK.rows(session, addresses(keys))}


async def _read(session: WriteSession, keys: Collection[Key]) -> dict[Key, _Known]:
    rows = [_Known(*row) for row in await _KNOWN.rows(session, addresses(keys))]
    return {(row.scheme, row.value): row for row in rows}


async def _refresh(
    session: WriteSession,
    known: Mapping[Key, _Known],
    seen: Mapping[Key, Seen],
    now: datetime,
) -> dict[Key, Home]:
    """Homes of known addresses; writes down a stronger proof, a new label, a first name."""
    proofs = {key: _stronger(row.proof, seen[key].proof) for key, row in known.items()}
    await _write_points(session, known, seen, proofs)
    await _write_names(session, known, seen, now)
    return {
        key: Home(
            contact_point_id=row.id,
            stream_id=row.stream_id,
            root_id=row.root_id,
            record_id=row.record_id,
            created=False,
            proof=proofs[key],
            ailing=row.health != "ok",
            shut_out=row.shut_out,
            silent_since=(
                row.last_heard_at if outlived(row.scheme, row.last_heard_at, now) else None
            ),
        )
        for key, row in known.items()
    }


def _stronger(kept: str, shown: Proof) -> Proof:
    if kept == shown:
        return shown
    return max(Proof(kept), shown, key=STRENGTH.__getitem__)


async def _write_points(
    session: WriteSession,
    known: Mapping[Key, _Known],
    seen: Mapping[Key, Seen],
    proofs: Mapping[Key, Proof],
) -> None:
    changed = [
        (row.id, str(proofs[key]), seen[key].label or row.label)
        for key, row in known.items()
        if proofs[key] != row.proof or seen[key].label not in ("", row.label)
    ]
    if changed:
        ids, strengths, labels = map(list, zip(*changed, strict=True))
        await _PROVE.rows(session, {"ids": ids, "proofs": strengths, "labels": labels})


async def _write_names(
    session: WriteSession,
    known: Mapping[Key, _Known],
    seen: Mapping[Key, Seen],
    now: datetime,
) -> None:
    # The record of the address is named, not the one it is merged into: an undo takes its name
    # along. Two addresses of one record may both bring a name: the first one is taken.
    named: dict[UUID, Seen] = {}
    for key, row in known.items():
        one = seen[key]
        if (row.nameless and one.name) or (row.unspoken and one.locale):
            named.setdefault(row.record_id, one)
    if named:
        await _NAME.rows(
            session,
            {
                "ids": list(named),
                "names": [one.name for one in named.values()],
                "foldeds": [fold(one.name) for one in named.values()],
                "locales": [one.locale for one in named.values()],
                "now": now,
            },
        )


async def _create(
    session: WriteSession,
    strangers: Mapping[Key, Seen],
    evidence_by: tuple[str, UUID | None],
    now: datetime,
) -> dict[Key, Home]:
    """Homes of the addresses nobody else has created meanwhile; the others are left out."""
    if not strangers:
        return {}
    points = [new_id() for _ in strangers]
    rows = await _CREATE.rows(session, _newcomers(strangers, points, evidence_by, now))
    created = {point: (stream, customer, customer) for point, stream, customer in rows}
    homes = {
        key: Home(point, *created[point], created=True, proof=one.proof)
        for (key, one), point in zip(strangers.items(), points, strict=True)
        if point in created
    }
    await event_log.append(
        session, [_created(strangers[key], home, now) for key, home in homes.items()]
    )
    return homes


def _newcomers(
    strangers: Mapping[Key, Seen],
    points: Sequence[UUID],
    evidence_by: tuple[str, UUID | None],
    now: datetime,
) -> dict[str, object]:
    seen = strangers.values()
    return addresses(strangers.keys()) | {
        "points": list(points),
        "raws": [one.value for one in seen],
        "labels": [one.label for one in seen],
        "proofs": [str(one.proof) for one in seen],
        "evidences": ["import" if one.imported else EVIDENCE[one.proof] for one in seen],
        "customers": [new_id() for _ in seen],
        "names": [one.name for one in seen],
        "foldeds": [fold(one.name) for one in seen],
        "locales": [one.locale for one in seen],
        "streams": [new_id() for _ in seen],
        "by_ids": [one.by_id or evidence_by[1] for one in seen],
        "looses": [other_spelling(*key) for key in strangers],
        "by_kind": evidence_by[0],
        "now": now,
    }


def _created(one: Seen, home: Home, now: datetime) -> NewEvent:
    facts = {"imported": True} if one.imported else {}
    return NewEvent(EventType.CUSTOMER_CREATED, now, customer_id=home.root_id, data=facts)
