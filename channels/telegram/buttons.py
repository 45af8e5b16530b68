"""Buttons under a message: what a press brings back, in the 64 bytes Telegram has for it."""

from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256

from aiogram.types import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    ReplyKeyboardMarkup,
)

from hub.ports import Button, ChannelState, Host

MOST_DATA = 64
"""Bytes: https://core.telegram.org/bots/api#inlinekeyboardbutton"""
_KEPT_FOR = timedelta(days=365)
_MARK = "~"
"""Stands before the name of a value that is too long to be sent itself."""


def data_of(value: str) -> str:
    """What the button carries: the value, or where it is long the name under which it is kept."""
    if len(value.encode()) <= MOST_DATA and not value.startswith(_MARK):
        return value
    return _MARK + sha256(value.encode()).hexdigest()[:40]


async def remember(host: Host, buttons: Sequence[Button]) -> None:
    """Keep the values that do not fit, before a message with them leaves."""
    for button in buttons:
        name = data_of(button.value)
        if name != button.value:
            until = host.now() + _KEPT_FOR
            await host.state.put(_key(name), {"value": button.value}, expires_at=until)


async def pressed_value(state: ChannelState, data: str) -> str:
    """The value of the button that carried `data`."""
    if not data.startswith(_MARK):
        return data
    kept = await state.get(_key(data[: MOST_DATA + 1])) or {}
    return str(kept.get("value") or data)


def _key(name: str) -> str:
    return f"button:{name}"


def keyboard(buttons: Sequence[Button]) -> InlineKeyboardMarkup | ReplyKeyboardMarkup | None:
    """Buttons under the message; or, when one asks for the phone, keys below the typing line.

    Telegram asks for a phone number only there; the others become keys that write their label.
    """
    if not buttons:
        return None
    if any(button.asks == "phone" for button in buttons):
        keys = [
            KeyboardButton(text=button.label, request_contact=button.asks == "phone" or None)
            for button in buttons
        ]
        return ReplyKeyboardMarkup(
            keyboard=[[key] for key in keys], resize_keyboard=True, one_time_keyboard=True
        )
    rows = [
        [InlineKeyboardButton(text=button.label, callback_data=data_of(button.value))]
        for button in buttons
    ]
    return InlineKeyboardMarkup(inline_keyboard=rows)
