"""Fetching the pictures of a message: our credentials go to the provider's own host alone."""

import asyncio
import mimetypes
from collections.abc import AsyncIterator, Mapping, Sequence
from urllib.parse import urlsplit

import aiohttp

from channels.sms.wire import Media
from hub.ports import Attachment, ChannelError, Host, PermanentError, Reason

MOST_BYTES = 10 * 1024 * 1024
"""Of one picture; the largest that Twilio takes has 5 MB."""
MOST_REDIRECTS = 3
PATIENCE = 8.0
"""Seconds for all pictures of a message: a provider waits about 15 for our answer."""

_HTTP = frozenset({"http", "https"})


class NotFetched(Exception):
    """`str(error)` says why, without the address."""


async def fetch(
    host: Host, media: Sequence[Media], *, base: str, headers: Mapping[str, str]
) -> tuple[list[Attachment], list[dict[str, str]]]:
    """The files, and those that could not be had: `[{"content_type", "why"}]`.

    base: the address of the API; `headers` (with our credentials) are sent to its host alone.
    Raises SinkUnavailable.
    """
    fetcher = _Fetcher(host, base, headers)
    results = await asyncio.gather(
        *[fetcher.one(part, number) for number, part in enumerate(media, start=1)],
        return_exceptions=True,
    )
    for one in results:
        if isinstance(one, BaseException):
            raise one
    files = [one for one in results if isinstance(one, Attachment)]
    return files, [one for one in results if isinstance(one, dict)]


class _Fetcher:
    def __init__(self, host: Host, base: str, headers: Mapping[str, str]) -> None:
        self._host = host
        self._own = _origin(base)
        self._headers = headers

    async def one(self, part: Media, number: int) -> Attachment | dict[str, str]:
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._save(part, number)
        except (NotFetched, ChannelError, aiohttp.ClientError, OSError, ValueError) as error:
            why = str(error) if isinstance(error, NotFetched) else _why(error)
            return {"content_type": part.content_type[:100], "why": why}

    async def _save(self, part: Media, number: int) -> Attachment:
        url = part.url
        for _ in range(MOST_REDIRECTS + 1):
            async with self._get(url) as response:
                if response.status in {301, 302, 303, 307, 308}:
                    url = _next(response)
                    continue
                if response.status != 200:
                    raise NotFetched(f"The provider answered {response.status}.")
                if (response.content_length or 0) > MOST_BYTES:
                    raise NotFetched("The file is too large.")
                kind = part.content_type or response.content_type
                name = f"{number}{mimetypes.guess_extension(kind.partition(';')[0]) or ''}"
                stored = await self._host.files.save(name, _bounded(response))
                return Attachment(name, file_id=stored.id, content_type=kind)
        raise NotFetched("The provider sent us from one address to the next.")

    def _get(self, url: str) -> "aiohttp.client._RequestContextManager":
        origin = _origin(url)
        if origin[0] not in _HTTP:
            raise NotFetched("The file's address is not one of the web.")
        # Wherever a redirect leads (a store of files), there our credentials have no business.
        headers = self._headers if origin == self._own else {}
        return self._host.http.get(url, headers=dict(headers), allow_redirects=False)


def _next(response: aiohttp.ClientResponse) -> str:
    location = response.headers.get("Location", "")
    if not location:
        raise NotFetched("The provider sent us on without saying where.")
    return str(response.url.join(response.url.__class__(location)))


async def _bounded(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    size = 0
    async for chunk in response.content.iter_chunked(65_536):
        size += len(chunk)
        if size > MOST_BYTES:
            raise NotFetched("The file is too large.")
        yield chunk


def _origin(url: str) -> tuple[str, str, int]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "", "", 0
    return parts.scheme, parts.hostname or "", port or (443 if parts.scheme == "https" else 80)


def _why(error: BaseException) -> str:
    if isinstance(error, PermanentError) and error.reason is Reason.TOO_LARGE:
        return "The file is larger than this installation takes."
    if isinstance(error, TimeoutError):
        return "The provider took too long."
    return "The provider could not be reached."
