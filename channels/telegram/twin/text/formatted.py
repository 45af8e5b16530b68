"""Text as the server keeps it: parsed, cleaned, trimmed, with links and commands found."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from channels.telegram.twin.refusals import bad_request
from channels.telegram.twin.text import explicit, html, markdown
from channels.telegram.twin.text.units import utf16

_MOST_BYTES = 1 << 15
_FOUND = re.compile(
    r"(?P<url>\b(?:https?://|www\.)[^\s<>\"]*[^\s<>\".,;:!?)\]}»]"
    r"|(?<![\w.@/])(?:[a-z0-9-]+\.)+(?:com|org|net|ru|bg|eu|me|io|example)\b(?:/[^\s<>\"]*)?)"
    r"|(?P<email>(?<![\w.@])[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+)"
    r"|(?P<bot_command>(?<![\w/])/[A-Za-z0-9_]{1,64}(?:@\w{3,32})?\b)"
    r"|(?P<mention>(?<![\w@])@[A-Za-z]\w{3,31}\b)"
    r"|(?P<hashtag>(?<![\w&])#\w*[^\W\d]\w*)"
    r"|(?P<cashtag>(?<![\w$])\$[A-Z]{1,8}\b)"
    r"|(?P<phone_number>(?<![\w+])\+\d[\d ()-]{8,18}\d\b)",
    re.IGNORECASE,
)
_CLOSED = {"code", "pre", "text_link", "text_mention", "custom_emoji"}
"""Nothing is found inside these."""


@dataclass(frozen=True, slots=True)
class Formatted:
    """`entities` as in a Message: offsets and lengths in UTF-16 units."""

    text: str
    entities: tuple[Mapping[str, object], ...] = ()


def formatted(text: str, parse_mode: str = "", listed: object = None) -> Formatted:
    """Read what a bot sent. Raises Refused for what the real server would not take."""
    if len(text.encode("utf-8", "replace")) > _MOST_BYTES:
        raise bad_request("Text is too long")
    mode = parse_mode.lower()
    if not text or mode in ("", "none"):
        return _finished(text, explicit.parse(text, listed))
    match mode:
        case "html":
            return _finished(*html.parse(text))
        case "markdownv2" | "markdown":
            return _finished(*markdown.parse(text))
        case _:
            raise bad_request("Unsupported parse_mode")


def plain(text: str) -> Formatted:
    """What a customer typed."""
    return _finished(text, [])


def _finished(text: str, entities: list[dict[str, object]]) -> Formatted:
    text, entities = _trimmed(_cleaned(text), entities)
    entities += _found(text, entities)
    entities.sort(key=lambda one: (_at(one), -_long(one)))
    return Formatted(text, tuple(entities))


def _cleaned(text: str) -> str:
    """Control characters become spaces: one for one, so that offsets hold."""
    return re.sub(r"[\x00-\x08\x0b-\x1f]", " ", text)


def _trimmed(text: str, entities: list[dict[str, object]]) -> tuple[str, list[dict[str, object]]]:
    kept = text.strip()
    lead = utf16(text[: len(text) - len(text.lstrip())])
    most = utf16(kept)
    moved: list[dict[str, object]] = []
    for one in entities:
        begin = max(_at(one) - lead, 0)
        end = min(_at(one) - lead + _long(one), most)
        if end > begin:
            moved.append({**one, "offset": begin, "length": end - begin})
    return kept, moved


def _found(text: str, entities: Iterable[Mapping[str, object]]) -> list[dict[str, object]]:
    taken = [range(_at(one), _at(one) + _long(one)) for one in entities if one["type"] in _CLOSED]
    found: list[dict[str, object]] = []
    for match in _FOUND.finditer(text):
        offset, length = utf16(text[: match.start()]), utf16(match[0])
        if not any(offset < one.stop and one.start < offset + length for one in taken):
            found.append({"type": match.lastgroup, "offset": offset, "length": length})
    return found


def _at(one: Mapping[str, object]) -> int:
    return int(str(one["offset"]))


def _long(one: Mapping[str, object]) -> int:
    return int(str(one["length"]))
