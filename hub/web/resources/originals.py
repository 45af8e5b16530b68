"""`/messages/{id}/page`, `/source`, `/versions`: as designed, as it came, as it was before."""

from urllib.parse import urlsplit
from uuid import UUID

from aiohttp import web
from pydantic import AwareDatetime, Field

from hub.operators.access import Scope
from hub.timeline import originals
from hub.web.api import Call, Routes
from hub.web.bodies import Query
from hub.web.resources.mail_page import mail_page
from hub.web.shapes import EntryView, Json, Output

routes = Routes("originals")


class EndedBy(Output):
    """`name` of an operator; empty for a customer."""

    kind: str
    name: str


class VersionView(Output):
    """What a message said until `ended_at`, when it was changed or deleted."""

    version: int
    text: str
    html: str
    ended_at: AwareDatetime
    ended_by: EndedBy


class VersionList(Output):
    items: list[VersionView]
    next: None


class PageQuery(Query):
    images: bool = Field(
        default=False,
        description="Fetch images from elsewhere too: it tells their senders that it was read.",
    )


@routes.op(
    "GET",
    "/messages/{id}/page",
    query=PageQuery,
    scope=Scope.MESSAGES_READ,
    media_type="text/html",
)
async def get_page(call: Call[None, PageQuery]) -> web.Response:
    """A mail as it was designed, for a frame: nothing in it runs, and nothing calls home."""
    async with call.reading() as session:
        source, files = await originals.html_of(session, call.viewer, call.id)

    def link(file_id: str) -> str:
        # Only its path: the frame is reached under the same address as everything else.
        signed = urlsplit(call.services.links.url(UUID(file_id)))
        return f"{signed.path}?{signed.query}"

    page = mail_page(source, files, images=call.query.images, link=link)
    headers = {
        "Content-Security-Policy": page.policy,
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "private, no-store",
    }
    return web.Response(text=page.text, content_type="text/html", headers=headers)


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


@routes.op("GET", "/messages/{id}/answered", out=EntryView, scope=Scope.MESSAGES_READ)
async def get_answered(call: Call) -> Json:
    """The message that this one answers, where its channel says so; else 404."""
    async with call.reading() as session:
        return await originals.answered(session, call.viewer, call.id)
