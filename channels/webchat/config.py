"""What a widget is told before anybody has said anything: words, hours, what may be sent."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

import orjson
from aiohttp import web

from channels.webchat.bodies import MAX_FILES, MAX_TEXT
from channels.webchat.language import Language, choose
from channels.webchat.settings import WebChatSettings
from hub.ports import Host, Opening

Json = dict[str, object]

_CACHED = 60
"""Seconds a browser may keep it; so late is the news that the chat has closed for today."""


class Config:
    """`GET config`, the same for everybody who asks in one language: no cookie, no token."""

    def __init__(self, settings: WebChatSettings, host: Host) -> None:
        self._settings = settings
        self._host = host

    async def serve(self, request: web.Request) -> web.Response:
        asked = request.query.get("locale", "")
        language = choose(asked, request.headers.get("Accept-Language", ""))
        away = self._away(language, await self._host.opening())
        if away is not None:
            away["mail"] = await self._host.carries("email")
        body = orjson.dumps(self._told(language, away))
        tag = hashlib.sha256(body).hexdigest()[:32]
        headers = {
            "Cache-Control": f"public, max-age={_CACHED}",
            "ETag": f'"{tag}"',
            "Vary": "Accept-Language",
        }
        if any(one.value == tag for one in request.if_none_match or ()):
            return web.Response(status=304, headers=headers)
        return web.Response(body=body, content_type="application/json", headers=headers)

    def _told(self, language: Language, away: Json | None) -> Json:
        """The body, as the head of `channels/webchat/live.py` and docs/web-chat.md describe it."""
        chat = self._settings
        return {
            "name": self._host.inbox_name,
            "locale": language.locale,
            "dir": language.dir,
            "words": dict(language.words),
            "greeting": chat.greeting or language.text("greeting"),
            "away": away,
            "form": _form(chat.form),
            "files": _files(chat.max_file_mb),
            "max_text": MAX_TEXT,
            "identify": bool(chat.jwt_secret.get_secret_value()),
        }

    def _away(self, language: Language, hours: Opening) -> Json | None:
        if hours.open:
            return None
        return {
            "text": self._settings.away_text or language.text("away"),
            "until": None if hours.next is None else _rfc3339(hours.next),
        }


def _form(form: str) -> Json | None:
    if form == "none":
        return None
    fields: Sequence[Json] = [
        {"name": name, "required": form == "required"} for name in ("name", "email")
    ]
    return {"fields": fields}


def _files(max_file_mb: int) -> Json | None:
    if not max_file_mb:
        return None
    return {"max_bytes": max_file_mb * 1024 * 1024, "max_count": MAX_FILES}


def _rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
