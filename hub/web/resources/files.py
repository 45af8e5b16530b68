"""`/files`: uploads for messages to come; downloads for who may see the message or has a link."""

from collections.abc import AsyncIterator
from uuid import UUID

import structlog
from aiohttp import web
from pydantic import Field

from hub.errors import NotFound
from hub.operators.access import Scope
from hub.ports import StoredFile
from hub.timeline.files import may_see
from hub.timeline.links import serve_headers
from hub.web.api import Call, Routes
from hub.web.bodies import Query
from hub.web.shapes import Json, Output

log = structlog.stdlib.get_logger(__name__)
routes = Routes("files")


class Uploaded(Output):
    """`content_type` is what the bytes are; `url` opens the file for a day, without a sign-in."""

    id: UUID
    name: str
    content_type: str
    size: int
    url: str


class UploadQuery(Query):
    name: str = Field(default="", max_length=300, description="The file's name, for a raw body.")


class DownloadQuery(Query):
    """A signed address carries both; without them a token or a sign-in is asked for."""

    expires: str = Field(default="", max_length=20)
    signature: str = Field(default="", max_length=100)


@routes.op(
    "POST",
    "/files",
    query=UploadQuery,
    out=Uploaded,
    status=201,
    scope=Scope.MESSAGES_WRITE,
    uploads=True,
    transactional=False,
)
async def upload_file(call: Call[None, UploadQuery]) -> Json:
    """Store a file, to name it in a message afterwards. Until then only the uploader sees it."""
    upload = call.upload
    assert upload is not None  # noqa: S101 - the declaration says `uploads`
    stored = await call.services.files.save(
        upload.name, upload.chunks(), uploaded_by=f"{call.viewer.kind}:{call.viewer.id}"
    )
    return {
        "id": stored.id,
        "name": stored.name,
        "content_type": stored.content_type,
        "size": stored.size,
        "url": call.services.links.url(stored.id),
    }


@routes.op(
    "GET",
    "/files/{id}",
    query=DownloadQuery,
    scope=Scope.MESSAGES_READ,
    signed=True,
    media_type="*/*",
    also={206: "The asked range.", 304: "Unchanged.", 416: "There are no such bytes."},
)
async def download_file(call: Call[None, DownloadQuery]) -> web.StreamResponse:
    """The bytes of a file; one range may be asked for."""
    await _permit(call)
    (file,) = await call.services.files.stat([call.id])
    headers = {**serve_headers(file), "ETag": f'"{file.id}"', "Accept-Ranges": "bytes"}
    request = call.request
    if any(one.value == str(file.id) for one in request.if_none_match or ()):
        return web.Response(status=304, headers=headers)
    wanted = _range(request, file)
    if wanted is None:
        return web.Response(status=416, headers={"Content-Range": f"bytes */{file.size}"})
    first, end = wanted
    partial = (first, end) != (0, file.size)
    response = web.StreamResponse(status=206 if partial else 200, headers=headers)
    if partial:
        response.headers["Content-Range"] = f"bytes {first}-{end - 1}/{file.size}"
    response.content_length = end - first
    await response.prepare(request)
    if request.method != "HEAD":
        await _send(response, call.services.files.stream(file.id, first, end), request)
    return response


async def _send(
    response: web.StreamResponse, pieces: AsyncIterator[bytes], request: web.Request
) -> None:
    """What has begun can only be broken off: any other answer would stand within the file."""
    try:
        async for piece in pieces:
            await response.write(piece)
        await response.write_eof()
    except Exception as error:  # noqa: BLE001 - whatever it is, the answer has begun
        if request.transport is None or request.transport.is_closing():
            # The reader has left: a browser does whenever somebody goes on elsewhere in a record.
            return
        log.warning("file.broken_off", error=type(error).__name__)
        request.transport.abort()


async def _permit(call: Call[None, DownloadQuery]) -> None:
    """A file one may not see is not there."""
    if call.query.signature:
        seen = call.services.links.verify(call.id, call.query.expires, call.query.signature)
    else:
        async with call.reading() as session:
            seen = await may_see(session, call.viewer, call.id)
    if not seen:
        raise NotFound("There is no such file, or its link has expired.")


def _range(request: web.Request, file: StoredFile) -> tuple[int, int] | None:
    """The bytes [first, end) asked for; None when there are none. Several ranges: all of it."""
    try:
        asked = request.http_range
    except ValueError:
        return 0, file.size
    if asked.start is None and asked.stop is None:
        return 0, file.size
    start = 0 if asked.start is None else asked.start
    first = max(0, file.size + start) if start < 0 else start
    end = file.size if asked.stop is None else min(asked.stop, file.size)
    return (first, end) if first < end else None
