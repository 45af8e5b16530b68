"""The channel type `telegram`, without the library that speaks to Telegram.

aiogram takes seconds to import. It comes in a thread of its own when the first bot is opened or
checked: a hub without one never waits for it, and one with a bot serves meanwhile.
"""

import asyncio
import importlib
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from pydantic import BaseModel

from channels.telegram import quick_types
from channels.telegram.media import ANIMATIONS, MAX_PHOTO, MUSIC, PHOTOS, VIDEOS, VOICES
from channels.telegram.people import SCHEME
from channels.telegram.settings import TelegramSettings
from hub.ports import API_VERSION, Capabilities, Channel, FileKind, Finding, Host

WEBHOOK = "webhook"
"""What follows `/channels/{inbox}/`."""

CAPABILITIES = Capabilities(
    address_schemes=frozenset({SCHEME}),
    max_text_length=4096,
    html=True,
    files=True,
    max_file_bytes=50 * 1024 * 1024,
    max_files=10,
    buttons=True,
    edits=True,
    deletes=True,
    reactions=True,
    replies=True,
    typing=True,
    utf16=True,
    max_caption_length=1024,
    file_kinds=(
        FileKind(PHOTOS | VIDEOS, max_bytes=MAX_PHOTO),
        FileKind(MUSIC),
        FileKind(PHOTOS | VIDEOS | VOICES | ANIMATIONS, together=False),
        FileKind(),
    ),
    sends_per_second=30,
    recipient_sends_per_second=1,
)


class TelegramType:
    """The channel type `telegram`."""

    name = "telegram"
    api_version = API_VERSION
    settings: type[BaseModel] = TelegramSettings
    capabilities = CAPABILITIES
    paths: Mapping[str, str] = {"webhook": WEBHOOK}

    async def check(self, settings: BaseModel, host: Host) -> Sequence[Finding]:
        module = await asyncio.to_thread(_imported, "channels.telegram.check")
        found: Sequence[Finding] = await module.findings(
            TelegramSettings.model_validate(settings), host
        )
        return found

    def accounts(self, settings: BaseModel, /) -> Collection[str]:
        """The bot: a second poller of the same one is refused by Telegram, in turns."""
        return (TelegramSettings.model_validate(settings).bot_id,)

    @asynccontextmanager
    async def open(self, settings: BaseModel, host: Host) -> AsyncIterator[Channel]:
        module = await asyncio.to_thread(_imported, "channels.telegram.channel")
        channel = module.Telegram(TelegramSettings.model_validate(settings), host)
        await channel.connect()
        yield channel


def _imported(name: str) -> Any:  # noqa: ANN401 - a module
    quick_types.load()
    return importlib.import_module(name)


channel_type = TelegramType()
