"""Reading what a request carries, strictly: path, query, JSON, files; faults name their field."""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

import orjson
from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import HttpProcessingError
from pydantic import BaseModel, ConfigDict, ValidationError

from hub.errors import HubError, Invalid, NotFound
from hub.faults import faults_of
from hub.ids import parse_id

M = TypeVar("M", bound=BaseModel)

_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_LONGEST_NAME = 300
_CHUNK = 64 * 1024
_BODY_WITHIN = 30.0
"""Seconds for a whole body of JSON or of a form: whoever sends it by the byte, also before anybody
knows them, holds a connection no longer."""
_PIECE_WITHIN = 60.0
"""Seconds for the next piece of a file, which may be large and its line a slow one."""
# aiohttp reports a broken form with these, each in its own way.
_BROKEN_FORM = (
    ValueError,
    LookupError,
    AssertionError,
    RuntimeError,
    HttpProcessingError,
    web.RequestPayloadError,
)
_MOST_PARTS = 20
_DEEPEST_NAME = 10
_BROKEN_OFF = (TimeoutError, ConnectionError, web.RequestPayloadError)


class Input(BaseModel):
    """What a caller sends as JSON: unknown fields are refused, types are not guessed."""

    # Most starts of the hub see few of them used: pydantic makes each ready when it is.
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)


class Query(BaseModel):
    """What a caller sends behind the `?`: text, so numbers and times are read from it."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Malformed(HubError):
    """The request is no JSON at all, or lacks what HTTP asks for."""

    code = "malformed"


class Unsupported(HubError):
    """The body is of a type this operation does not read."""

    code = "unsupported-media-type"


class TooLarge(HubError):
    code = "too-large"


class TooSlow(HubError):
    """The body did not come in time."""

    code = "too-slow"


def path_of(values: Mapping[str, str]) -> dict[str, UUID | str]:
    """The parts of a path; raises NotFound when one cannot name anything."""
    return {name: _part(name, value) for name, value in values.items()}


def _part(name: str, value: str) -> UUID | str:
    if name == "id" or (name.endswith("_id") and name != "external_id"):
        found = parse_id(value) if _UUID.fullmatch(value) else None
        if found is None:
            raise NotFound("There is nothing with this id.")
        return found
    if _CONTROL.search(value) or not 0 < len(value) <= _LONGEST_NAME:
        raise NotFound("There is nothing with this name.")
    return value


def query_of(request: web.Request, model: type[BaseModel] | None) -> BaseModel | None:
    """The query, read by `model`; lists may be repeated (`?label=a&label=b`).

    An operation without a query takes none: a misspelt filter must not pass for none.
    """
    if model is None:
        if request.query:
            raise _invalid(dict.fromkeys(request.query, "This is not known here."))
        return None
    given: dict[str, Any] = {}
    for name in request.query:
        values = request.query.getall(name)
        if any("\0" in value for value in values):
            raise _invalid({name: "This may not hold the character NUL."})
        many = name in _lists(model)
        if len(values) > 1 and not many:
            raise _invalid({name: "This can be given once."})
        given[name] = values if many else values[0]
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise _invalid(faults_of(error, given)) from None


@cache
def _lists(model: type[BaseModel]) -> frozenset[str]:
    """The fields that hold lists."""
    return frozenset(
        name for name, field in model.model_fields.items() if "list[" in str(field.annotation)
    )


async def json_of(request: web.Request, model: type[M], limit: int) -> tuple[M, bytes]:
    """The body, read by `model`, and its bytes."""
    if request.content_type != "application/json":
        raise Unsupported("Send this as application/json.", fields={"Content-Type": "Not JSON."})
    raw = await read_bounded(request, limit)
    try:
        # orjson first: pydantic would report broken JSON as a fault of a field.
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise Malformed(f"The body is not JSON: {error}.") from None
    if b"\\u0000" in raw and (where := next(_nul(value), None)) is not None:
        raise _invalid({where: "This may not hold the character NUL."})
    try:
        return model.model_validate_json(raw), raw
    except ValidationError as error:
        raise _invalid(faults_of(error, value)) from None


async def read_bounded(request: web.Request, limit: int, *, within: float = _BODY_WITHIN) -> bytes:
    """All bytes of the body; raises TooLarge past `limit`, unread where that is announced, and
    TooSlow after `within` seconds."""
    if request.content_length is not None and request.content_length > limit:
        raise _too_large(limit)
    body = bytearray()
    try:
        async with asyncio.timeout(within):
            async for chunk in request.content.iter_chunked(_CHUNK):
                body += chunk
                if len(body) > limit:
                    raise _too_large(limit)
    except _BROKEN_OFF as error:
        raise _broken_off(error) from None
    return bytes(body)


def _broken_off(error: Exception) -> HubError:
    """A body that ends too late or too early is the caller's fault, and no sign that the database
    is away."""
    if isinstance(error, TimeoutError):
        return TooSlow("The body took too long to arrive.", remedy="Send it again.")
    return Malformed("The body broke off.")


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"The body is larger than {limit} bytes.", remedy="Send less at once.")


def _nul(value: object) -> Iterator[str]:
    """Where NUL hides, which PostgreSQL's text cannot hold. On a list of its own instead of by
    itself: a body may be nested as deep as Python goes."""
    left: list[tuple[object, tuple[str, ...]]] = [(value, ())]
    while left:
        value, where = left.pop()
        if isinstance(value, str) and "\0" in value:
            yield ".".join(where[:_DEEPEST_NAME]) or "body"
        elif isinstance(value, dict):
            for name, inner in reversed(value.items()):
                left += ((inner, (*where, name)), (name, (*where, "(name)")))
        elif isinstance(value, list):
            left += ((one, (*where, str(at))) for at, one in reversed([*enumerate(value)]))


def _invalid(fields: Mapping[str, str]) -> Invalid:
    names = ", ".join(sorted(fields)[:5])
    return Invalid(f"The request cannot be used as it is: see {names}.", fields=fields)


@dataclass(slots=True)
class Upload:
    """A file on its way in: iterate `chunks` once; `fingerprint` is right when they have ended.

    The file store bounds its size.
    """

    name: str
    _chunks: AsyncIterator[bytes]
    _hash: "hashlib._Hash"

    @property
    def fingerprint(self) -> bytes:
        return self._hash.digest()

    async def chunks(self, *, within: float = _PIECE_WITHIN) -> AsyncIterator[bytes]:
        """Raises TooSlow when the next one has not come after `within` seconds."""
        while (chunk := await self._next(within)) is not None:
            self._hash.update(chunk)
            yield chunk

    async def _next(self, within: float) -> bytes | None:
        try:
            async with asyncio.timeout(within):
                return await anext(self._chunks, None)
        except _BROKEN_OFF as error:
            raise _broken_off(error) from None


async def upload_of(request: web.Request) -> Upload:
    """The file of a request: the first part named `file` of a form, else the body itself.

    Raw bodies name the file by `?name=`.
    """
    if request.content_type == "multipart/form-data":
        part = await _file_part(request)
        name, chunks = part.filename or "file", _part_chunks(part)
    else:
        name, chunks = request.query.get("name") or "file", request.content.iter_chunked(_CHUNK)
    return Upload(name, aiter(chunks), hashlib.sha256(name.encode("utf-8", "replace")))


async def _file_part(request: web.Request) -> BodyPartReader:
    """The file among the first few parts. A part made of parts is not looked into: aiohttp would,
    and deeper, as deep as a body can be written; and reading on over part after part costs more
    with each."""
    with _readable():
        reader = await request.multipart()
        for _ in range(_MOST_PARTS):
            part = await reader.next()
            if not isinstance(part, BodyPartReader):
                break
            if part.name == "file":
                return part
    raise _invalid(
        {"file": f"Send the file as the form's field `file`, of {_MOST_PARTS} at most."}
    )


async def _part_chunks(part: BodyPartReader) -> AsyncIterator[bytes]:
    with _readable():
        while chunk := await part.read_chunk(_CHUNK):
            yield chunk


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except _BROKEN_FORM as error:
        raise Malformed("The form cannot be read.") from error
