"""`/drafts/{conversation_id}`: what an operator has begun to write, on whichever screen."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field

from hub.conversations.outbound import drafts
from hub.conversations.outbound.drafts import Wording
from hub.operators.access import Scope
from hub.timeline.transient import Transient
from hub.web.api import AnyCall, Call, Routes
from hub.web.bodies import Input
from hub.web.shapes import FileView, Json, Output, Position, Text

routes = Routes("drafts")

Copies = Annotated[list[Annotated[str, Field(max_length=320)]], Field(max_length=50)]
"""As typed so far; whether they are addresses is asked when it is sent."""


class DraftView(Output):
    """`revision` 0: there is none. `note`: it is to become a note."""

    conversation_id: UUID
    text: str
    note: bool
    contact_point: UUID | None
    subject: str
    html: str
    cc: list[str]
    bcc: list[str]
    quote: bool
    files: list[FileView]
    revision: int
    updated_at: AwareDatetime | None


class NewDraft(Input):
    """`base`: the revision it goes on from; left out, it overwrites whatever is there.

    `html`, `cc`, `bcc`, `quote`: of a mail; copies need not be whole addresses yet.
    """

    text: Text = ""
    note: bool = False
    contact_point: UUID | None = None
    subject: Annotated[str, Field(max_length=500)] = ""
    html: Text = ""
    cc: Copies = Field(default_factory=list)
    bcc: Copies = Field(default_factory=list)
    quote: bool = False
    files: Annotated[list[UUID], Field(max_length=50)] = Field(default_factory=list)
    base: Position | None = None


@routes.op(
    "GET",
    "/drafts/{conversation_id}",
    out=DraftView,
    scope=Scope.MESSAGES_WRITE,
    operators_only=True,
)
async def get_draft(call: Call) -> Json:
    """What one has begun to write in a conversation; empty, with revision 0, when nothing."""
    async with call.reading() as session:
        return await drafts.get(session, _conversation(call), call.viewer)


@routes.op(
    "PUT",
    "/drafts/{conversation_id}",
    body=NewDraft,
    out=DraftView,
    scope=Scope.MESSAGES_WRITE,
    operators_only=True,
    transactional=False,
    also={409: "`draft-changed`: `draft` is the newer one, from another screen."},
)
async def put_draft(call: Call[NewDraft]) -> Json:
    """Keep what one has written so far; one's other screens hear of it.

    Sending, or writing a note, in the conversation ends the draft by itself.
    """
    new = call.body
    wording = Wording(
        text=new.text,
        note=new.note,
        contact_point_id=new.contact_point,
        subject=new.subject,
        html=new.html,
        cc=tuple(new.cc),
        bcc=tuple(new.bcc),
        quote=new.quote,
        files=tuple(new.files),
        base=new.base,
    )
    async with call.services.database.transaction() as session:
        kept = await drafts.put(session, _conversation(call), wording, call.viewer, call.now)
    _tell(call, kept["revision"], kept["updated_at"])
    return kept


@routes.op(
    "DELETE",
    "/drafts/{conversation_id}",
    status=204,
    scope=Scope.MESSAGES_WRITE,
    operators_only=True,
    transactional=False,
)
async def delete_draft(call: Call) -> None:
    """Throw away what one has begun to write."""
    async with call.services.database.transaction() as session:
        await drafts.get(session, _conversation(call), call.viewer)
        await drafts.delete(session, _conversation(call), call.viewer)
    _tell(call, 0, call.now)


def _conversation(call: AnyCall) -> UUID:
    found = call.path["conversation_id"]
    assert isinstance(found, UUID)  # noqa: S101 - `bodies.path_of` made it one
    return found


def _tell(call: AnyCall, revision: int, updated_at: datetime) -> None:
    """After the commit: who hears of it reads it at once."""
    told = Transient(
        "draft.updated",
        author_kind=call.viewer.kind,
        author_id=call.viewer.id,
        author_name=call.viewer.name,
        operator_id=call.viewer.id,
        conversation_id=_conversation(call),
        data={"revision": revision, "updated_at": updated_at.isoformat()},
    )
    call.services.feed.signal(told)
