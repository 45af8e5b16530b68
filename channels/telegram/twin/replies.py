"""Reads `reply_parameters`: which message a new one answers, and what it quotes."""

from collections.abc import Mapping
from typing import Any

from channels.telegram.twin.calls import Call
from channels.telegram.twin.keyboards import visible
from channels.telegram.twin.refusals import bad_request
from channels.telegram.twin.text import formatted
from channels.telegram.twin.text.units import utf16
from channels.telegram.twin.world import Chat, Stored, World


def replied(world: World, chat: Chat, call: Call) -> dict[str, Any]:
    """`reply_to_message` and `quote` of a new message. Raises Refused."""
    value = call.parsed("reply_parameters", "Can't parse reply parameters JSON object")
    if value is None or value == {}:
        return {}
    if not isinstance(value, Mapping):
        raise bad_request("Object expected as reply parameters")
    if value.get("message_id") is None:
        raise bad_request('Can\'t find field "message_id"')
    try:
        number = int(value["message_id"])
        home = int(value.get("chat_id") or chat.id)
    except ValueError:
        raise bad_request('Field "message_id" must be a Number') from None
    stored = world.stored(home, number)
    if stored is None:
        if value.get("allow_sending_without_reply"):
            return {}
        raise bad_request("message to be replied not found")
    return shown(stored) | _quote(stored, value)


def shown(stored: Stored) -> dict[str, Any]:
    """The answered message, which does not show what it answers itself."""
    message = visible(stored.message)
    inner = {name: value for name, value in message.items() if name not in _NOT_NESTED}
    return {"reply_to_message": inner}


_NOT_NESTED = {"reply_to_message", "quote"}


def _quote(stored: Stored, value: Mapping[str, Any]) -> dict[str, Any]:
    if not value.get("quote"):
        return {}
    mode = str(value.get("quote_parse_mode") or "")
    said = formatted(str(value["quote"]), mode, value.get("quote_entities"))
    return quote(stored, said.text)


def quote(stored: Stored, text: str) -> dict[str, Any]:
    """A `TextQuote`. Raises Refused for what the message does not say."""
    whole = str(stored.message.get("text") or stored.message.get("caption") or "")
    at = whole.find(text)
    if at < 0:
        raise bad_request("QUOTE_TEXT_INVALID")
    return {"quote": {"text": text, "position": utf16(whole[:at]), "is_manual": True}}
