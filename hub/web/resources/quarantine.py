"""`/quarantine`: input that could not be stored as a message, and bringing it in once more."""

from uuid import UUID

from aiohttp import web
from pydantic import AwareDatetime

from hub.conversations.inbound import replay
from hub.conversations.inbound.replay import Replays, Reread
from hub.errors import Unavailable
from hub.operators import audit
from hub.operators.access import Scope
from hub.ports import Rereads
from hub.web.api import AnyCall, Call, Routes
from hub.web.cursors import Page, Paging, after_id, by_id
from hub.web.shapes import Json, Output

routes = Routes("quarantine")


class QuarantineView(Output):
    """`message`: what could be read of it. `replayable`: it was read, so it can be tried again."""

    id: UUID
    inbox_id: UUID
    channel: str
    inbox_name: str
    external_id: str
    error: str
    message: Json
    size: int
    replayable: bool
    created_at: AwareDatetime
    resolved_at: AwareDatetime | None
    resolution: str
    entry_id: UUID | None


class QuarantineQuery(Paging):
    resolved: bool = False


class ReplayedView(Output):
    """`entry_id`: the message it became; null when its channel reads it again."""

    entry_id: UUID | None
    released: bool


@routes.op(
    "GET",
    "/quarantine",
    query=QuarantineQuery,
    out=Page[QuarantineView],
    scope=Scope.INBOXES_ADMIN,
)
async def list_quarantine(call: Call[None, QuarantineQuery]) -> Json:
    """Newest first; what was dealt with comes along with `resolved=true`."""
    async with call.reading() as session:
        items = await replay.listing(
            session,
            limit=call.query.limit,
            before=after_id(call.query),
            resolved=call.query.resolved,
            hidden=call.viewer.hidden_inboxes,
        )
    return by_id(items, call.query)


@routes.op(
    "GET",
    "/quarantine/{id}/raw",
    scope=Scope.INBOXES_ADMIN,
    media_type="application/octet-stream",
)
async def get_quarantined(call: Call) -> web.Response:
    """The input as it came, to be saved, never shown."""
    async with call.reading() as session:
        await replay.get(session, call.id, hidden=call.viewer.hidden_inboxes)
        raw = await replay.raw_of(session, call.id)
    name = f'attachment; filename="{call.id}.bin"'
    headers = {"Content-Disposition": name, "Content-Security-Policy": "sandbox"}
    return web.Response(body=raw, content_type="application/octet-stream", headers=headers)


@routes.op(
    "POST",
    "/quarantine/{id}/replay",
    out=ReplayedView,
    scope=Scope.INBOXES_ADMIN,
    transactional=False,
    also={409: "`already-resolved`, or `needs-channel`: only its channel could read it."},
)
async def replay_quarantined(call: Call) -> Json:
    """Try to store the input once more; 422 says why it still cannot be."""
    async with call.reading() as session:
        kept = await replay.get(session, call.id, hidden=call.viewer.hidden_inboxes)
    reread = None if kept["message"] else _reread(call, UUID(kept["inbox_id"]))
    done = await _replays(call).replay(call.id, reread=reread)
    await _audit(call, "quarantine.replayed")
    return {"entry_id": done.entry_id, "released": done.released}


@routes.op(
    "POST",
    "/quarantine/{id}/dismiss",
    status=204,
    scope=Scope.INBOXES_ADMIN,
    transactional=False,
    also={409: "`already-resolved`."},
)
async def dismiss_quarantined(call: Call) -> None:
    """Leave the input be: it stays among the resolved ones."""
    await _seen(call)
    await _replays(call).dismiss(call.id)
    await _audit(call, "quarantine.dismissed")


def _reread(call: AnyCall, inbox_id: UUID) -> Reread | None:
    """How the input's channel reads it again; None when it is not open here, or cannot."""
    try:
        opened = call.services.open_inbox(inbox_id, "")
    except Unavailable:
        return None
    channel = opened.channel if opened is not None else None
    if not isinstance(channel, Rereads):
        return None

    async def reread(_: UUID, raw: bytes, external_id: str) -> None:
        await channel.reread(raw, external_id)

    return reread


async def _seen(call: AnyCall) -> None:
    async with call.reading() as session:
        await replay.get(session, call.id, hidden=call.viewer.hidden_inboxes)


def _replays(call: AnyCall) -> Replays:
    services = call.services
    return Replays(services.database, services.clock, services.files)


async def _audit(call: AnyCall, action: str) -> None:
    async with call.services.database.transaction() as session:
        await audit.record(
            session, call.viewer, action, about=("quarantine", call.id), now=call.now
        )
