"""Reading what a visitor sends: bounded in size and in time, whatever is inside."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Annotated, TypeVar
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

from aiohttp import BodyPartReader, MultipartReader, web
from aiohttp.http_exceptions import HttpProcessingError
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from channels.webchat.errors import Refused, misfit

MAX_TEXT = 10_000
MAX_FILES = 10
MAX_JSON = 160 * 1024
"""Bytes: 10,000 characters escaped as badly as JSON allows, and the rest."""
_JSON_WITHIN = 15.0
_FILE_WITHIN = 180.0
_PIECE_WITHIN = 20.0
"""Seconds between two pieces of a body: who sends more slowly than that sends nothing."""
_CHUNK = 64 * 1024

_NOT_KEPT = re.compile(r"[\x00\ud800-\udfff]")
_EMAIL = re.compile(r"[^\s@<>\"(),:;\[\]\\]{1,64}@[^\s@<>\"(),:;\[\]\\]{1,180}\.[^\s@.]{2,63}")
_LONGEST_PAGE = 300
_NOT_IN_A_NAME = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")

B = TypeVar("B", bound=BaseModel)


class Body(BaseModel):
    """What a visitor sent; members that are not known are left alone."""

    model_config = ConfigDict(frozen=True, extra="ignore")


def _line(words: str) -> str:
    return " ".join("".join(char if char.isprintable() else " " for char in words).split())


def _email(words: str) -> str:
    if words and not _EMAIL.fullmatch(words):
        raise ValueError("this is no email address")
    return words


def _page_url(url: str) -> str:
    """Without what only that browser should know; '' for what is no page of a site."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return ""
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=host, fragment=""))[:_LONGEST_PAGE]


Line = Annotated[str, Field(max_length=4000), AfterValidator(_line)]
Name = Annotated[Line, Field(max_length=200)]
Email = Annotated[Line, Field(max_length=254), AfterValidator(_email)]


class Page(Body):
    """The page that shows the chat, in its own words; longer ones are cut."""

    title: Annotated[Line, AfterValidator(lambda words: words[:_LONGEST_PAGE])] = ""
    url: Annotated[Line, AfterValidator(_page_url)] = ""


class StartVisit(Body):
    """`POST visits`. `name`, `email`: what the visitor says of himself."""

    jwt: Annotated[str, Field(max_length=8192)] | None = None
    locale: Annotated[str, Field(max_length=35)] = ""
    name: Name = ""
    email: Email = ""
    page: Page = Page()


class ChangeVisit(Body):
    """`PATCH visits`: left out = stays, empty = taken back."""

    name: Name | None = None
    email: Email | None = None


def _client_id(name: str) -> str:
    if not re.fullmatch(r"[!-.0-~]{1,64}", name):
        raise ValueError("write 1 to 64 of ASCII's characters, without spaces and `/`")
    return name


class PostMessage(Body):
    """`POST messages`, and the frame `message`. `client_id`: the sender's, to repeat safely."""

    client_id: Annotated[str, AfterValidator(_client_id)]
    text: Annotated[
        str, AfterValidator(lambda text: _NOT_KEPT.sub("", text)), Field(max_length=MAX_TEXT)
    ] = ""
    files: Annotated[tuple[UUID, ...], Field(max_length=MAX_FILES)] = ()

    @model_validator(mode="after")
    def _says_something(self) -> "PostMessage":
        if not self.text.strip() and not self.files:
            raise ValueError("text or a file is needed")
        return self


Position = Annotated[int, Field(ge=0, lt=2**63)]


class MarkRead(Body):
    """`POST read`, and the frame `read`: everything up to `position` was seen."""

    position: Position


def parse(model: type[B], raw: bytes | str) -> B:
    """Raises Refused(422) naming the members at fault, never quoting them."""
    try:
        return model.model_validate_json(raw)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False, include_context=False)
        fields = {
            ".".join(str(part) for part in fault["loc"]) or "body": fault["msg"].removeprefix(
                "Value error, "
            )
            for fault in faults[:5]
        }
        raise misfit(fields) from None


async def read_json(request: web.Request, model: type[B]) -> B:
    """The body as `model`; an empty body counts as `{}`. Raises Refused."""
    async with _in_time(_JSON_WITHIN):
        raw = bytearray()
        async for chunk in _bounded(request.content.iter_chunked(_CHUNK), MAX_JSON):
            raw += chunk
    return parse(model, bytes(raw) or b"{}")


@asynccontextmanager
async def uploaded(
    request: web.Request, max_bytes: int
) -> AsyncIterator[tuple[str, AsyncIterator[bytes]]]:
    """Name and bytes of the one file: in a form, or as bare bytes with `?name=`."""
    async with _in_time(_FILE_WITHIN):
        if request.content_type.startswith("multipart/"):
            with _readable():
                part = await _file_part(await request.multipart())
            yield _file_name(part.filename or ""), _bounded(_chunks(part), max_bytes)
        else:
            chunks = request.content.iter_chunked(_CHUNK)
            yield _file_name(request.query.get("name", "")), _bounded(chunks, max_bytes)


@asynccontextmanager
async def _in_time(within: float) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(within):
            yield
    except TimeoutError as error:
        raise Refused(408, "too-slow", "The request took too long to arrive.") from error


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    # aiohttp reports a broken body (framing, encoding, form) with these, each in its own way.
    except (
        ValueError,
        LookupError,
        AssertionError,
        RuntimeError,
        HttpProcessingError,
        web.RequestPayloadError,
    ) as error:
        raise Refused(400, "unreadable", "The request could not be read.") from error


async def _file_part(reader: MultipartReader) -> BodyPartReader:
    for _ in range(10):
        part = await reader.next()
        # None, or a part made of parts: aiohttp would look into it as deep as it goes.
        if not isinstance(part, BodyPartReader):
            break
        if part.filename is not None:
            return part
    raise misfit({"file": "the form holds no file"})


async def _chunks(part: BodyPartReader) -> AsyncIterator[bytes]:
    while chunk := await part.read_chunk(_CHUNK):
        yield chunk


async def _bounded(chunks: AsyncIterator[bytes], max_bytes: int) -> AsyncIterator[bytes]:
    size = 0
    with _readable():
        while chunk := await _next(chunks):
            size += len(chunk)
            if size > max_bytes:
                raise Refused(413, "too-large", "This is larger than the chat accepts.")
            yield chunk


async def _next(chunks: AsyncIterator[bytes]) -> bytes:
    async with asyncio.timeout(_PIECE_WITHIN):
        return await anext(chunks, b"")


def _file_name(claimed: str) -> str:
    name = re.split(r"[/\\]", _NOT_IN_A_NAME.sub("", claimed))[-1].strip(" .")
    return name[-120:] or "file"
