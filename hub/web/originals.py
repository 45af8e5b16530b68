"""`/messages/{id}/source` and `/versions`: what a message came as, and what it said before."""

from aiohttp import web
from pydantic import AwareDatetime, BaseModel

from hub.operators.access import Scope
from hub.timeline import originals
from hub.web.api import Call, Routes
from hub.web.shapes import Json

routes = Routes("originals")


class EndedBy(BaseModel):
    """`name` of an operator; empty for a customer."""

    kind: str
    name: str


class VersionView(BaseModel):
    """What a message said until `ended_at`, when it was changed or deleted."""

    version: int
    text: str
    html: str
    ended_at: AwareDatetime
    ended_by: EndedBy


class VersionList(BaseModel):
    items: list[VersionView]
    next: None


@routes.op(
    "GET",
    "/messages/{id}/source",
    scope=Scope.MESSAGES_READ,
    media_type="application/octet-stream",
)
async def get_source(call: Call) -> web.Response:
    """The message as it came, byte by byte, to be saved; 404 when it was not kept."""
    async with call.reading() as session:
        original = await originals.source(session, call.viewer, call.id)
    headers = {
        "Content-Disposition": f'attachment; filename="{original.name}"',
        "Content-Security-Policy": "sandbox",
    }
    return web.Response(
        body=original.raw, content_type="application/octet-stream", headers=headers
    )


@routes.op("GET", "/messages/{id}/versions", out=VersionList, scope=Scope.MESSAGES_READ)
async def list_versions(call: Call) -> Json:
    """What the message said before it was changed or deleted, the latest first."""
    async with call.reading() as session:
        return {
            "items": await originals.versions(session, call.viewer, call.id),
            "next": None,
        }
