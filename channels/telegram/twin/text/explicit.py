"""Entities that came as a list, checked as the real server checks them."""

from collections.abc import Mapping

from channels.telegram.twin.refusals import Refused, bad_request
from channels.telegram.twin.text.html import link
from channels.telegram.twin.text.units import utf16

_OWN = {"bold", "italic", "underline", "strikethrough", "spoiler", "code", "pre"}
_OWN |= {"text_link", "text_mention", "custom_emoji", "blockquote", "expandable_blockquote"}
_OWN |= {"date_time"}
_FOUND = {"mention", "hashtag", "cashtag", "bot_command", "url", "email", "phone_number"}
"""Those the server finds itself; named explicitly they are ignored."""


def parse(text: str, listed: object) -> list[dict[str, object]]:
    """The entities of `text`; what is no list is none, as on the real server. Raises Refused."""
    if not isinstance(listed, list):
        return []
    made: list[dict[str, object]] = []
    for one in listed:
        made += _entity(text, one)
    return made


def _entity(text: str, one: object) -> list[dict[str, object]]:
    if not isinstance(one, Mapping):
        raise _fault("expected an Object")
    offset, length = _number(one, "offset"), _number(one, "length")
    if not isinstance(one.get("type"), str):
        raise _fault('Can\'t find field "type"')
    kind = one["type"]
    if kind in _FOUND:
        return []
    if kind not in _OWN:
        raise _fault("Unsupported type specified")
    _check_place(text, offset, length)
    where: dict[str, object] = {"offset": offset, "length": length}
    if not length:
        return []
    return _made(kind, one, where)


def _made(
    kind: str, one: Mapping[str, object], where: dict[str, object]
) -> list[dict[str, object]]:
    if kind == "text_link":
        return link(str(one.get("url", "")), where)
    kept = {
        "text_mention": "user",
        "pre": "language",
        "custom_emoji": "custom_emoji_id",
        "date_time": "unix_time",
    }
    name = kept.get(kind, "")
    more = {name: one[name]} if one.get(name) else {}
    return [{"type": kind, **where, **more}]


def _check_place(text: str, offset: int, length: int) -> None:
    if offset < 0:
        raise bad_request(f"Receive an entity with incorrect offset {offset}")
    if length < 0:
        raise bad_request(f"Receive an entity with incorrect length {length}")
    units = utf16(text)
    if length and offset >= units:
        raise bad_request(f"Entity begins after the end of the text at UTF-16 offset {offset}")
    if length and offset + length > units:
        raise bad_request(
            f"Entity beginning at UTF-16 offset {offset} ends after the end of the text "
            f"at UTF-16 offset {offset + length}"
        )


def _number(one: Mapping[str, object], name: str) -> int:
    value = one.get(name)
    if value is None:
        raise _fault(f'Can\'t find field "{name}"')
    try:
        return int(str(value))
    except ValueError:
        raise _fault(f'Field "{name}" must be a Number') from None


def _fault(message: str) -> Refused:
    return bad_request(f"Can't parse MessageEntity: {message}")
