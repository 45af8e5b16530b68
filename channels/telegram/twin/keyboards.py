"""Reads `reply_markup`: buttons under a message, or instead of the customer's keyboard."""

from collections.abc import Mapping
from typing import Any

from channels.telegram.twin.calls import Call
from channels.telegram.twin.refusals import Refused, bad_request
from channels.telegram.twin.text.links import checked_link

_MOST_BUTTONS = 100
_MOST_DATA = 64
"""Bytes of callback_data."""
_ACTIONS = (
    "url",
    "callback_data",
    "web_app",
    "login_url",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
    "copy_text",
    "callback_game",
    "pay",
)
_REQUESTS = ("request_contact", "request_location", "request_poll", "web_app")


def reply_markup(call: Call, *, private: bool = True) -> dict[str, Any] | None:
    """The markup of a call, None without one. Raises Refused as the real server does."""
    value = call.parsed("reply_markup", "Can't parse reply keyboard markup JSON object")
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise bad_request("Object expected as reply markup")
    for name in ("keyboard", "inline_keyboard"):
        if not isinstance(value.get(name, []), list):
            raise bad_request(f'Field "{name}" must be of type Array')
    if value.get("inline_keyboard"):
        return {"inline_keyboard": _inline(value["inline_keyboard"])}
    return _keyboard(value, private=private)


def inline_only(call: Call) -> dict[str, Any] | None:
    """The markup of an edit. Raises Refused for any other than buttons under the message."""
    markup = reply_markup(call)
    if markup is not None and "inline_keyboard" not in markup:
        raise bad_request("Inline keyboard expected")
    return markup


def visible(message: Mapping[str, Any]) -> dict[str, Any]:
    """A message as it is shown to the bot: a customer's keyboard is no part of it."""
    hidden = "inline_keyboard" not in message.get("reply_markup", {"inline_keyboard": []})
    return {name: one for name, one in message.items() if not (hidden and name == "reply_markup")}


def _keyboard(value: Mapping[str, Any], *, private: bool) -> dict[str, Any] | None:
    if value.get("keyboard"):
        rows = [_row(row, private=private) for row in value["keyboard"]]
        return {**value, "keyboard": rows}
    if value.get("remove_keyboard") or value.get("force_reply"):
        return dict(value)
    return None


def _row(row: object, *, private: bool) -> list[dict[str, Any]]:
    if not isinstance(row, list):
        raise bad_request('Field "keyboard" must be an Array of Arrays')
    return [_button(button, private=private) for button in row]


def _button(button: object, *, private: bool) -> dict[str, Any]:
    if isinstance(button, str):
        button = {"text": button}
    if not isinstance(button, Mapping):
        raise _fault("keyboard", "KeyboardButton must be a String or an Object")
    text = _text(button, "keyboard")
    if button.get("request_contact") and not private:
        raise bad_request("Phone number can be requested in private chats only")
    return {"text": text} | {name: button[name] for name in _REQUESTS if name in button}


def _inline(rows: list[object]) -> list[list[dict[str, Any]]]:
    made = []
    for row in rows:
        if not isinstance(row, list):
            raise bad_request(
                'Field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays'
            )
        made.append([_inline_button(button) for button in row])
    if sum(len(row) for row in made) > _MOST_BUTTONS:
        raise bad_request("reply markup is too long")
    return [row for row in made if row]


def _inline_button(button: object) -> dict[str, Any]:
    if not isinstance(button, Mapping):
        raise _fault("inline keyboard", "InlineKeyboardButton must be an Object")
    text = _text(button, "inline keyboard")
    action = next((name for name in _ACTIONS if button.get(name) not in (None, "")), "")
    if not action:
        raise _fault("inline keyboard", "Text buttons are unallowed in the inline keyboard")
    value = button[action]
    if action == "url":
        value = _url(value)
    if action == "callback_data" and len(str(value).encode()) > _MOST_DATA:
        raise bad_request("BUTTON_DATA_INVALID")
    return {"text": text, action: value}


def _url(value: object) -> str:
    checked = checked_link(str(value))
    if not checked:
        raise bad_request(f"Inline keyboard button URL '{value}' is invalid: Wrong HTTP URL")
    return checked


def _text(button: Mapping[str, Any], where: str) -> str:
    text = button.get("text")
    if text is None:
        raise _fault(where, 'Can\'t find field "text"')
    if not isinstance(text, str):
        raise _fault(where, 'Field "text" must be of type String')
    if not text.strip():
        raise bad_request(f"{where.capitalize()} button text must be non-empty")
    return text


def _fault(where: str, message: str) -> Refused:
    return bad_request(f"Can't parse {where} button: {message}")
