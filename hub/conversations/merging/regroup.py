"""Merging conversations, splitting them and undoing either by hand: with all that follows from it.

One transaction each: the act, where messages and their deliveries stand, what is kept of both
conversations, a line on the timeline, and events for whoever has one of them open.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from hub.conversations import reads, update
from hub.conversations.activities import Activity, Place, tell
from hub.conversations.merging import following, lending, moves
from hub.conversations.merging.by import By
from hub.conversations.merging.lineage import Act
from hub.conversations.merging.moves import Move, Went
from hub.conversations.merging.parting import FOLLOWED_TOO, opening
from hub.conversations.update import Held
from hub.db import event_log
from hub.db.engine import WriteSession
from hub.db.rows import Query
from hub.errors import Conflict, Invalid, NotFound
from hub.events import EventType, NewEvent
from hub.ids import new_id
from hub.operators.access import Viewer

_INSIDE = Query("""
    SELECT id, kind, inbox_id, position FROM entries
    WHERE conversation_id = :conversation AND kind <> 'activity'
    ORDER BY position
""")
_OPEN = opening("id = ANY (CAST(:entries AS uuid[]))", ":now")
_PLACES = Query("""
    SELECT c.id, c.inbox_id, s.root_id FROM conversations AS c
    JOIN streams AS s ON s.id = c.opening_stream_id
    WHERE c.id = ANY (CAST(:ids AS uuid[])) ORDER BY c.id
""")
# Whether somebody may see the one inbox and not the other; an inbox without teams is everybody's.
_BLINDING = Query("""
    SELECT 1 WHERE EXISTS (SELECT 1 FROM team_inboxes WHERE inbox_id = :stays) AND (
        NOT EXISTS (SELECT 1 FROM team_inboxes WHERE inbox_id = :goes)
        OR EXISTS (SELECT team_id FROM team_inboxes WHERE inbox_id = :goes
                   EXCEPT SELECT team_id FROM team_inboxes WHERE inbox_id = :stays))
""")


@dataclass(frozen=True, slots=True)
class Part:
    """What is to leave a conversation: these entries, or all from a position on."""

    entries: frozenset[UUID] = frozenset()
    from_position: int | None = None

    def takes(self, entry_id: UUID, position: int) -> bool:
        if self.from_position is not None:
            return position >= self.from_position
        return entry_id in self.entries


async def merge(
    session: WriteSession, conversation_id: UUID, other_id: UUID, viewer: Viewer, by: By
) -> Act:
    """Make one conversation of two: `other_id` becomes part of this one, its id leads here.

    Raises NotFound, also for one the viewer may not see, Conflict `already-merged`, for
    conversations of two customers `another-customer`, and `out-of-sight` when somebody who works
    on the other one may not see the inbox of this one.
    """
    stays = await _held(session, conversation_id, viewer)
    goes = await _held(session, other_id, viewer)
    if goes.id == stays.id:
        raise Conflict(
            "These are one conversation already.",
            code="already-merged",
            extra={"conversation_id": str(stays.id)},
        )
    if goes.root_id != stays.root_id:
        raise Conflict(
            "These are conversations of two customers.",
            remedy="Merge the customers first, if they are one person.",
            code="another-customer",
            extra={"customer_id": str(goes.root_id)},
        )
    await _refuse_blinding(session, stays, goes)
    act = Act(new_id(), "merge", goes.id, stays.id)
    facts = {"conversation": str(goes.id)}
    await _carry_out(session, act, stays, Activity("conversation.merged", facts), by)
    return act


async def _refuse_blinding(session: WriteSession, stays: Held, goes: Held) -> None:
    """A conversation is seen by whoever sees its inbox: a merge must take it from nobody."""
    if await _BLINDING.rows(session, {"stays": stays.inbox_id, "goes": goes.inbox_id}):
        raise Conflict(
            "Not everybody who sees the other conversation may see the inbox of this one.",
            remedy="Merge them the other way round, or give the other inbox's teams this one too.",
            code="out-of-sight",
        )


async def split(
    session: WriteSession, conversation_id: UUID, part: Part, viewer: Viewer, by: By
) -> Act:
    """Give some of a conversation's messages and notes one of their own, in the same state.

    Raises NotFound, and Invalid unless a message leaves and a message stays.
    """
    source = await _held(session, conversation_id, viewer)
    chosen = await _chosen(session, source.id, part, viewer)
    act = Act(new_id(), "split", source.id, new_id(), frozenset(chosen))
    values = {"source": source.id, "fresh": act.into_id, "entries": chosen, "now": by.now}
    unseen = await reads.unseen(session, source.id)
    await _OPEN.rows(session, values)
    await FOLLOWED_TOO.rows(session, values)
    facts = {"conversation": str(act.into_id), "messages": len(chosen)}
    await _carry_out(session, act, source, Activity("conversation.split", facts), by)
    await reads.see_all_but(session, [source.id, act.into_id], unseen)
    return act


async def _chosen(
    session: WriteSession, conversation_id: UUID, part: Part, viewer: Viewer
) -> list[UUID]:
    inside = await _INSIDE.rows(session, {"conversation": conversation_id})
    visible = {row["id"] for row in inside if viewer.sees(row["inbox_id"])}
    if strange := part.entries - visible:
        raise _cannot(f"{min(strange)} is no message or note of this conversation")
    # What the viewer does not see stays where it is.
    shown = [row for row in inside if row["id"] in visible]
    leaves = [row for row in shown if part.takes(row["id"], row["position"])]
    if not any(row["kind"] == "message" for row in leaves):
        raise _cannot("no message of this conversation is among them")
    if sum(row["kind"] == "message" for row in inside) == sum(
        row["kind"] == "message" for row in leaves
    ):
        raise _cannot("these are all its messages: one has to stay")
    return [row["id"] for row in leaves]


def _cannot(fault: str) -> Invalid:
    return Invalid(
        "This cannot be split off.",
        remedy="Name some of the messages, or the position of the first one that is to leave.",
        fields={"entries": fault},
    )


async def undo(
    session: WriteSession, conversation_id: UUID, move_id: UUID, viewer: Viewer, by: By
) -> Act:
    """Take back a merge or a split of this conversation, whatever came after it.

    Raises NotFound for what is not its, Conflict `already-undone`.
    """
    act = await moves.find(session, move_id)
    asked = await _held(session, conversation_id, viewer)
    held = await _held(session, act.into_id, viewer)
    near = await moves.cluster(session, [asked.id, conversation_id])
    ends = await _PLACES.rows(session, {"ids": [act.from_id, act.into_id]})
    if act.id not in {one.id for one in near} or not all(
        viewer.sees(row["inbox_id"]) for row in ends
    ):
        raise NotFound(f"There is no merge {move_id} of this conversation.")
    if not await _undo(session, act.id, held, by):
        raise Conflict(
            "This has been undone already.",
            code="already-undone",
            extra={"merge_id": str(act.id)},
        )
    return act


async def part(session: WriteSession, streams: Collection[UUID], by: By) -> None:
    """These streams are another customer's now: what was joined by hand over both is undone.

    Called with the roots locked, before conversations that are still mixed are torn apart.
    """
    for move_id, from_id in reversed(await moves.crossing(session, streams)):
        held = await update.hold(session, from_id)
        if held is not None:
            await _undo(session, move_id, held, by, told=False)


async def _undo(
    session: WriteSession, move_id: UUID, held: Held, by: By, *, told: bool = True
) -> bool:
    """False when it was undone before. told: on the timeline; else what caused it tells."""
    act = await moves.find(session, move_id)
    ends = [act.from_id, act.into_id]
    before = await moves.cluster(session, ends)
    if not await moves.end(session, [act.id], by.author.id, by.now):
        return False
    await _settle(session, act, before, by)
    if told:
        name = "conversation.unmerged" if act.act == "merge" else "conversation.rejoined"
        stays = act.into_id if act.act == "merge" else act.from_id
        gone = act.from_id if act.act == "merge" else act.into_id
        line = Activity(name, {"conversation": str(gone), "merge_id": str(act.id)})
        place = await update.hold(session, stays) or held
        at = Place(place.root_id, place.id, place.inbox_id)
        await tell(session, at, [line], by.author, by.now)
    return True


async def _held(session: WriteSession, conversation_id: UUID, viewer: Viewer) -> Held:
    held = await update.hold(session, conversation_id)
    if held is None or not viewer.sees(held.inbox_id):
        raise NotFound(f"There is no conversation {conversation_id}.")
    return held


async def _carry_out(session: WriteSession, act: Act, held: Held, line: Activity, by: By) -> None:
    before = await moves.cluster(session, [act.from_id, act.into_id])
    place = Place(held.root_id, held.id, held.inbox_id)
    told = Activity(line.name, {**line.facts, "merge_id": str(act.id)})
    [written] = await tell(session, place, [told], by.author, by.now)
    await moves.add(session, Move(act, written.position, by.author, by.now))
    await _settle(session, act, before, by)


async def _settle(session: WriteSession, act: Act, before: Sequence[Act], by: By) -> None:
    """Put the acts into effect: messages first, then what is kept of the conversations."""
    went = await moves.settle(session, [act.from_id, act.into_id], before)
    rejoined: dict[UUID, dict[UUID, int]] = {}
    for one in went.leaving:
        await lending.give_back(session, one, by.now)
    for one, into in went.joining:
        there = went.after[one]
        if went.before[one] == one and act.act == "split":
            rejoined[there] = await _unseen(session, one, there)
        else:
            await lending.reads_along(session, one, there)
        await lending.lend(session, one, into, by.now)
    for one, there in went.after.items():
        if went.before[one] != there:
            await lending.follow_on(session, one, None if there == one else there)
    ends = {*went.moved, act.from_id, act.into_id}
    await following.recount(session, sorted(ends))
    await lending.bound_reads(session, sorted(ends))
    for there, unseen in rejoined.items():
        await reads.see_all_but(session, [there], unseen)
    await _announce(session, went, sorted(ends), by)


async def _unseen(session: WriteSession, one: UUID, there: UUID) -> dict[UUID, int]:
    """Of two parts that become one again: both may hold the same unseen messages."""
    parts = [await reads.unseen(session, each) for each in (one, there)]
    operators = {operator for part_ in parts for operator in part_}
    return {operator: max(part_.get(operator, 0) for part_ in parts) for operator in operators}


async def _announce(session: WriteSession, went: Went, ids: Sequence[UUID], by: By) -> None:
    """Lists learn of both conversations, open timelines that messages have moved."""
    rows = await _PLACES.rows(session, {"ids": list(ids)})
    actor = {"kind": by.author.kind, "id": str(by.author.id) if by.author.id else None}
    events = [
        NewEvent(
            EventType.CONVERSATION_UPDATED,
            by.now,
            customer_id=row["root_id"],
            conversation_id=row["id"],
            inbox_id=row["inbox_id"],
            data={"changed": {"merged_into": _ends(went, row["id"])}, "by": actor},
        )
        for row in rows
    ]
    for root_id in dict.fromkeys(row["root_id"] for row in rows):
        facts = {"act": "conversations", "customers": [str(root_id)]}
        told = NewEvent(EventType.CUSTOMER_RESHAPED, by.now, customer_id=root_id, data=facts)
        events.append(told)
    await event_log.append(session, events)


def _ends(went: Went, conversation_id: UUID) -> list[str | None]:
    return [
        None
        if (there := where.get(conversation_id, conversation_id)) == conversation_id
        else str(there)
        for where in (went.before, went.after)
    ]
