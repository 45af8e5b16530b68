"""`/conversations/{id}/merge`, `/split`, `/unmerge`: which messages make one conversation."""

from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field

from hub.conversations import repository
from hub.conversations.draft import Sender
from hub.conversations.merging import moves, regroup
from hub.conversations.merging.by import By
from hub.conversations.merging.lineage import Act
from hub.conversations.merging.regroup import Part
from hub.errors import Invalid
from hub.operators import audit
from hub.operators.access import Scope
from hub.web.api import AnyCall, Call, Routes
from hub.web.bodies import Input
from hub.web.shapes import Author, Json, Output

routes = Routes("conversations")


class MergeConversation(Input):
    """`from`: the conversation that becomes part of this one."""

    other: UUID = Field(alias="from")


class SplitConversation(Input):
    """`entries`: ids of the messages and notes that leave; or all from `from_position` on."""

    entries: Annotated[list[UUID], Field(max_length=1_000)] = Field(default_factory=list)
    from_position: Annotated[int, Field(ge=0, lt=2**63)] | None = None


class UndoMove(Input):
    """`merge_id`: of the merge or the split."""

    merge_id: UUID


class Regrouped(Output):
    """`conversation_id`: of a merge, the one that stays; of a split, the new one; of an undo, the
    one that stands alone again, or that took its part back."""

    merge_id: UUID
    conversation_id: UUID


class MoveView(Output):
    """One act. `act`: `merge` (`from` became part of `into`), `split` (`into` came out of `from`).

    `messages`: how many a split took out.
    """

    id: UUID
    act: str
    origin: UUID = Field(alias="from")
    into: UUID
    messages: int
    at: AwareDatetime
    by: Author
    undone_at: AwareDatetime | None


class Moves(Output):
    """The newest first."""

    items: list[MoveView]


@routes.op(
    "POST",
    "/conversations/{id}/merge",
    body=MergeConversation,
    out=Regrouped,
    scope=Scope.MESSAGES_WRITE,
    also={409: "They are one conversation already, or two customers'."},
)
async def merge_conversations(call: Call[MergeConversation]) -> Json:
    """Make one conversation of two of one customer. The other one's id leads here from now on."""
    by = _by(call)
    act = await regroup.merge(call.session, call.id, call.body.other, call.viewer, by)
    await _audit(call, "conversation.merged", act)
    return {"merge_id": act.id, "conversation_id": act.into_id}


@routes.op(
    "POST",
    "/conversations/{id}/split",
    body=SplitConversation,
    out=Regrouped,
    scope=Scope.MESSAGES_WRITE,
)
async def split_conversation(call: Call[SplitConversation]) -> Json:
    """Give some messages a conversation of their own, with the same people, labels and state."""
    asked = call.body
    if bool(asked.entries) == (asked.from_position is not None):
        raise Invalid(
            "Say what is to leave.",
            remedy="Give either `entries` or `from_position`.",
            fields={"entries": "either this or from_position"},
        )
    part = Part(frozenset(asked.entries), asked.from_position)
    act = await regroup.split(call.session, call.id, part, call.viewer, _by(call))
    await _audit(call, "conversation.split", act)
    return {"merge_id": act.id, "conversation_id": act.into_id}


@routes.op(
    "POST",
    "/conversations/{id}/unmerge",
    body=UndoMove,
    out=Regrouped,
    scope=Scope.MESSAGES_WRITE,
    also={409: "It was undone already."},
)
async def undo_move(call: Call[UndoMove]) -> Json:
    """Undo a merge or a split, whatever came after it."""
    merge_id = call.body.merge_id
    act = await regroup.undo(call.session, call.id, merge_id, call.viewer, _by(call))
    await _audit(call, "conversation.unmerged", act)
    return {"merge_id": act.id, "conversation_id": act.from_id}


@routes.op("GET", "/conversations/{id}/merges", out=Moves, scope=Scope.MESSAGES_READ)
async def list_moves(call: Call) -> Json:
    """What was merged into this conversation and split from it, by whom, and what is undone."""
    async with call.lent() as driver:
        shown = await repository.get(driver, call.viewer, call.id)
        return {"items": await moves.listed(driver, UUID(shown["id"]))}


def _by(call: AnyCall) -> By:
    return By(Sender.of(call.viewer).author, call.now)


async def _audit(call: AnyCall, action: str, act: Act) -> None:
    facts = {"from": str(act.from_id), "into": str(act.into_id), "merge_id": str(act.id)}
    about = ("conversation", act.into_id)
    await audit.record(call.session, call.viewer, action, about=about, detail=facts, now=call.now)
