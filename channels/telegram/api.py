"""Calls to a Bot API server: aiogram's methods over the hub's guarded client, answers left raw.

aiogram would refuse an answer in which one field is not as its types say, also when the message
has been sent. So only refusals go through its reading; what succeeded is looked at field by field.
"""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import aiohttp
from aiogram import Bot
from aiogram.client.session.base import BaseSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import (
    ClientDecodeError,
    TelegramEntityTooLarge,
    TelegramNetworkError,
    TelegramNotFound,
    TelegramRetryAfter,
    TelegramServerError,
    TelegramUnauthorizedError,
)
from aiogram.methods import GetFile, TelegramMethod
from aiogram.methods.base import TelegramType
from aiogram.types import InputFile
from typing_extensions import override

from channels.telegram.fields import integer, obj, text_of
from channels.telegram.settings import TelegramSettings

CALL_SECONDS = 30.0
UPLOAD_SECONDS = 38.0
"""Less than the hub gives a send: what takes longer is known to have been given up here."""
MAX_DOWNLOAD = 20 * 1024 * 1024
"""https://core.telegram.org/bots/api#getfile"""
_CHUNK = 64 * 1024
_WAIT = re.compile(r"retry after (\d{1,6})")


class TooLarge(Exception):
    """The file is larger than a bot may fetch."""


class HubSession(BaseSession):
    """aiogram's session over the client the hub gives: no pool of its own, no redirects."""

    def __init__(self, http: aiohttp.ClientSession, base: str) -> None:
        super().__init__(api=TelegramAPIServer.from_base(base), timeout=CALL_SECONDS)
        self._http = http

    @override
    async def close(self) -> None:
        """The client is the hub's."""

    @override
    async def make_request(
        self, bot: Bot, method: TelegramMethod[TelegramType], timeout: int | None = None
    ) -> TelegramType:
        url = self.api.api_url(token=bot.token, method=method.__api_method__)
        form, uploads = self._form(bot, method)
        seconds = timeout or (UPLOAD_SECONDS if uploads else self.timeout)
        try:
            async with self._http.post(
                url,
                data=form,
                timeout=aiohttp.ClientTimeout(total=seconds, connect=10),
                allow_redirects=False,
            ) as response:
                raw = await response.read()
                status = response.status
                wait = response.headers.get("Retry-After", "")
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            # Without its words: they hold the URL, and the URL holds the token.
            raise TelegramNetworkError(method, type(error).__name__) from error
        return cast("TelegramType", self._result(bot, method, (status, wait), raw))

    def _form(self, bot: Bot, method: TelegramMethod[Any]) -> tuple[aiohttp.FormData, bool]:
        form = aiohttp.FormData(quote_fields=False)
        files: dict[str, InputFile] = {}
        for name, value in method.model_dump(warnings=False).items():
            prepared = self.prepare_value(value, bot=bot, files=files)
            if prepared:
                form.add_field(name, prepared)
        for name, file in files.items():
            form.add_field(name, file.read(bot), filename=file.filename or name)
        return form, bool(files)

    def _result(
        self, bot: Bot, method: TelegramMethod[Any], answered: tuple[int, str], raw: bytes
    ) -> object:
        status, wait = answered
        try:
            answer = json.loads(raw)
        except (ValueError, RecursionError) as error:
            raise _unreadable(method, status, wait, error) from None
        if not isinstance(answer, dict) or not isinstance(answer.get("ok"), bool):
            raise _unreadable(method, status, wait, TypeError("no answer of the Bot API"))
        if answer["ok"] and status < 300:
            return answer.get("result")
        # Some servers refuse with 200: the number inside counts then.
        code = status if status >= 300 else integer(answer, "error_code") or 400
        description = text_of(answer, "description") or f"Error {code}"
        parameters = obj(answer, "parameters")
        if code == 429:
            seconds = integer(parameters, "retry_after") or _seconds(description, wait)
            raise TelegramRetryAfter(method, description, seconds)
        refusal = {"ok": False, "error_code": code, "description": description}
        if moved := integer(parameters, "migrate_to_chat_id"):
            refusal["parameters"] = {"migrate_to_chat_id": moved}
        self.check_response(bot, method, code, json.dumps(refusal))
        raise AssertionError("a refusal was taken for an answer")

    @override
    async def stream_content(
        self,
        url: str,
        headers: dict[str, Any] | None = None,
        timeout: int = 30,
        chunk_size: int = _CHUNK,
        raise_for_status: bool = True,
    ) -> Any:
        async with self._http.get(
            url,
            headers=headers,
            timeout=aiohttp.ClientTimeout(total=timeout),
            raise_for_status=raise_for_status,
            allow_redirects=False,
        ) as response:
            async for chunk in response.content.iter_chunked(chunk_size):
                yield chunk


def _seconds(description: str, header: str) -> int:
    found = _WAIT.search(description.lower())
    if found:
        return int(found[1])
    return int(header) if header.isascii() and header.isdecimal() and len(header) < 7 else 1


def _unreadable(
    method: TelegramMethod[Any], status: int, wait: str, error: Exception
) -> Exception:
    """No answer of the Bot API, but perhaps a proxy's before it: its status says enough."""
    said = f"HTTP {status}"
    match status:
        case 401:
            return TelegramUnauthorizedError(method, said)
        case 404:
            return TelegramNotFound(method, said)
        case 413:
            return TelegramEntityTooLarge(method, said)
        case 429:
            return TelegramRetryAfter(method, said, _seconds("", wait))
        case 503:
            return TelegramServerError(method, "Service Unavailable")
        case _:
            pass
    # Not the content: it may quote what was sent.
    return ClientDecodeError(said, error, "")


class BotApi:
    """One bot on one server. Errors are aiogram's; `channels.telegram.errors` reads them."""

    def __init__(self, settings: TelegramSettings, http: aiohttp.ClientSession) -> None:
        token = settings.token.get_secret_value()
        self._session = HubSession(http, settings.base)
        self._bot = Bot(token, session=self._session)
        self._token = token
        self._http = http

    async def call(self, method: TelegramMethod[Any], *, seconds: float | None = None) -> object:
        """The raw `result`."""
        limit = None if seconds is None else max(1, round(seconds))
        return await self._session(self._bot, method, timeout=limit)

    @asynccontextmanager
    async def download(self, file_id: str) -> AsyncIterator[AsyncIterator[bytes]]:
        """The bytes of a file, at most `MAX_DOWNLOAD`. Raises TooLarge, also on the way."""
        found = await self.call(GetFile(file_id=file_id))
        path, size = text_of(found, "file_path"), integer(found, "file_size")
        if size > MAX_DOWNLOAD:
            raise TooLarge
        if not path:
            raise TelegramNotFound(GetFile(file_id=file_id), "the method gave no file_path")
        url = self._session.api.file_url(self._token, path)
        try:
            async with self._http.get(
                url,
                timeout=aiohttp.ClientTimeout(total=UPLOAD_SECONDS, connect=10),
                allow_redirects=False,
            ) as response:
                if response.status != 200:
                    raise TelegramServerError(GetFile(file_id=file_id), f"HTTP {response.status}")
                yield _bounded(response)
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise TelegramNetworkError(GetFile(file_id=file_id), type(error).__name__) from error


async def _bounded(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    size = 0
    async for chunk in response.content.iter_chunked(_CHUNK):
        size += len(chunk)
        if size > MAX_DOWNLOAD:
            raise TooLarge
        yield chunk
