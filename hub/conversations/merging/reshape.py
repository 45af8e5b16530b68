"""Merging customers, taking addresses out, and undoing either: with all that follows from it.

One transaction each: the edge, the conversations, a line on every timeline it touched, and
`customer.reshaped` for whoever has one of them open.
"""

from collections.abc import Mapping
from uuid import UUID

import orjson

from hub.conversations.merging import following, regroup
from hub.conversations.merging.by import By
from hub.conversations.merging.following import Followed
from hub.customers import edges
from hub.customers.edge import Edge, find, hold, refuse_ended
from hub.customers.edges import Moved
from hub.customers.evidence import Evidence, Grounds
from hub.customers.folding import fold
from hub.customers.naming import shown_name
from hub.customers.roots import lock_trees
from hub.customers.streams import record_stream
from hub.db import event_log
from hub.db.engine import WriteSession
from hub.db.rows import Query
from hub.errors import Conflict, NotFound
from hub.events import EventType, NewEvent
from hub.ids import new_id
from hub.timeline.record import NewEntry, record

_NAMES = Query(f"""
    SELECT root.id, {shown_name("root")} AS name FROM customers AS root
    WHERE root.id = ANY (CAST(:ids AS uuid[]))
""")  # noqa: S608 - a constant

_POINT = Query("""
    SELECT p.id, p.scheme, p.value, p.label FROM contact_points AS p WHERE p.id = :id
""")

_POINT_OF_STREAM = Query("""
    SELECT p.id, p.scheme, p.value, p.label FROM contact_points AS p
    JOIN streams AS s ON s.contact_point_id = p.id WHERE s.id = :stream
""")

_NOTE = Query("""
    UPDATE identity_edges SET detail = detail || CAST(:more AS jsonb) WHERE id = :id
""")


async def merge(
    session: WriteSession, survivor_id: UUID, other_id: UUID, grounds: Grounds, by: By
) -> Moved:
    """Make one customer of two; the survivor's values win, the other's id keeps working.

    Raises NotFound, Conflict `already-merged`.
    """
    roots = await lock_trees(session, [survivor_id, other_id])
    names = await _names(session, set(roots.values()))
    moved = await edges.merge(session, survivor_id, other_id, grounds, by.now)
    followed = await _follow(session, moved, by)
    facts = {
        "customer": {"id": str(moved.old_root), "name": names[moved.old_root]},
        "evidence": str(grounds.evidence),
        "reason": grounds.reason,
    }
    await _tell(session, moved, {moved.new_root: ("customer.merged", facts)}, by)
    await _announce(session, moved, followed, by)
    return moved


async def undo(session: WriteSession, customer_id: UUID, edge_id: UUID, by: By) -> Moved:
    """Take back a merge, a split or an added address of this customer, whatever came after it.

    Raises NotFound for what is not this customer's, Conflict `already-undone`.
    """
    edge = await hold(session, await find(session, edge_id), customer_id)
    if edge.act == "merge":
        return await _unmerge(session, edge, by)
    if edge.act == "split":
        return await _unsplit(session, edge, by)
    if edge.act == "added" and not edge.has_earlier:
        return await _unadd(session, edge, by)
    raise Conflict("This cannot be undone.", code="not-undoable")


async def _unmerge(session: WriteSession, edge: Edge, by: By) -> Moved:
    moved = await edges.unmerge(session, edge, by.author.id, by.now)
    followed = await _follow(session, moved, by)
    names = await _names(session, {moved.old_root, moved.new_root})

    def without(other: UUID) -> tuple[str, Mapping[str, object]]:
        return "customer.unmerged", {"customer": {"id": str(other), "name": names[other]}}

    lines = {moved.old_root: without(moved.new_root), moved.new_root: without(moved.old_root)}
    await _tell(session, moved, lines, by)
    await _announce(session, moved, followed, by)
    return moved


async def split(session: WriteSession, contact_point_id: UUID, grounds: Grounds, by: By) -> Moved:
    """Take a contact point out to a customer of its own, with all that was said there.

    Raises NotFound, Conflict `nothing-to-split`.
    """
    rows = await _POINT.rows(session, {"id": contact_point_id})
    if not rows:
        raise NotFound(f"There is no contact point {contact_point_id}.")
    label = rows[0]["label"]
    moved = await edges.split(session, contact_point_id, (label, fold(label)), grounds, by.now)
    await _tell_of_split(session, moved, "contact_point.split", by, grounds.reason)
    return moved


async def _unsplit(session: WriteSession, edge: Edge, by: By) -> Moved:
    moved = await edges.unsplit(session, edge, by.author.id, by.now)
    await _tell_of_split(session, moved, "contact_point.returned", by)
    return moved


async def _unadd(session: WriteSession, edge: Edge, by: By) -> Moved:
    """An address that was never written down would be nobody's: it becomes its own customer."""
    assert edge.stream_id is not None  # noqa: S101 - of an added address
    refuse_ended(edge)
    [point] = await _POINT_OF_STREAM.rows(session, {"stream": edge.stream_id})
    grounds = by.grounds(Evidence.OPERATOR)
    return await split(session, point["id"], grounds, by)


async def _tell_of_split(
    session: WriteSession, moved: Moved, activity: str, by: By, reason: str = ""
) -> None:
    followed = await _follow(session, moved, by)
    names = await _names(session, {moved.old_root, moved.new_root})
    [point] = await _POINT_OF_STREAM.rows(session, {"stream": moved.stream_id})
    facts: dict[str, object] = {
        "contact_point": {
            "id": str(point["id"]),
            "scheme": point["scheme"],
            "value": point["value"],
        },
        "reason": reason,
    }

    def line(other: UUID) -> tuple[str, Mapping[str, object]]:
        return activity, {**facts, "customer": {"id": str(other), "name": names[other]}}

    lines = {moved.old_root: line(moved.new_root), moved.new_root: line(moved.old_root)}
    await _tell(session, moved, lines, by)
    await _announce(session, moved, followed, by)


async def _follow(session: WriteSession, moved: Moved, by: By) -> Followed:
    """What was joined by hand over both sides is undone first: so less is mixed."""
    if moved.old_root != moved.new_root and not moved.whole:
        await regroup.part(session, moved.streams, by)
    return await following.follow(session, moved)


async def _names(session: WriteSession, ids: set[UUID]) -> dict[UUID, str]:
    return {row[0]: row[1] for row in await _NAMES.rows(session, {"ids": list(ids)})}


Lines = Mapping[UUID, tuple[str, Mapping[str, object]]]
"""By customer: the activity and its facts."""


async def _tell(session: WriteSession, moved: Moved, lines: Lines, by: By) -> None:
    """A line on each timeline: what was joined or taken apart, by whom and why."""
    entries = [
        NewEntry(
            await record_stream(session, customer, by.now),
            "activity",
            by.author.kind,
            by.now,
            new_id(),
            author_id=by.author.id,
            author_name=by.author.name,
            data={
                "activity": name,
                "merge_id": str(moved.edge_id),
                **{key: fact for key, fact in facts.items() if fact},
            },
        )
        for customer, (name, facts) in lines.items()
    ]
    recorded = await record(session, entries, now=by.now)
    events = [
        NewEvent(
            EventType.ACTIVITY_CREATED,
            by.now,
            customer_id=customer,
            stream_id=one.stream_id,
            position=one.position,
        )
        for customer, one in zip(lines, recorded, strict=True)
    ]
    await event_log.append(session, events)


async def _announce(session: WriteSession, moved: Moved, followed: Followed, by: By) -> None:
    """Conversations that changed hands are news for lists, the customers for open timelines."""
    if followed.torn:
        torn = [{"from": str(one.old_id), "to": str(one.new_id)} for one in followed.torn]
        more = orjson.dumps({"conversations": torn}).decode()
        await _NOTE.rows(session, {"id": moved.edge_id, "more": more})
    changed = {"customer": [str(moved.old_root), str(moved.new_root)]}
    events = [
        _conversation(moved.new_root, conversation, inbox, changed, by)
        for conversation, inbox in followed.unfinished
    ]
    events += [
        _conversation(one.customer_id, one.new_id, one.inbox_id, changed, by)
        for one in followed.torn
    ]
    sides = dict.fromkeys((moved.new_root, moved.old_root))
    events += [_reshaped(customer, moved, by) for customer in sides]
    await event_log.append(session, events)


def _conversation(
    customer: UUID, conversation: UUID, inbox: UUID, changed: Mapping[str, object], by: By
) -> NewEvent:
    actor = {"kind": by.author.kind, "id": str(by.author.id) if by.author.id else None}
    return NewEvent(
        EventType.CONVERSATION_UPDATED,
        by.now,
        customer_id=customer,
        conversation_id=conversation,
        inbox_id=inbox,
        data={"changed": changed, "by": actor},
    )


def _reshaped(customer: UUID, moved: Moved, by: By) -> NewEvent:
    facts = {
        "act": moved.act,
        "undo": moved.undo,
        "merge_id": str(moved.edge_id),
        "customers": [str(moved.new_root), str(moved.old_root)],
    }
    return NewEvent(EventType.CUSTOMER_RESHAPED, by.now, customer_id=customer, data=facts)
