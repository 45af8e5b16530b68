"""Rich text of an operator (HTML) as Telegram's text with entities: there is nothing to escape.

Entities count in UTF-16 code units (https://core.telegram.org/bots/api#messageentity).
"""

from dataclasses import dataclass, field
from html.parser import HTMLParser

from aiogram.types import MessageEntity
from typing_extensions import override

from channels.telegram.entities import safe_url

_KINDS = {
    "b": "bold", "strong": "bold", "h1": "bold", "h2": "bold", "h3": "bold", "th": "bold",
    "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
    "s": "strikethrough", "del": "strikethrough", "strike": "strikethrough",
    "code": "code", "pre": "pre", "blockquote": "blockquote", "tg-spoiler": "spoiler",
}  # fmt: skip
_BLOCKS = frozenset({
    "p", "div", "li", "ul", "ol", "tr", "table", "h1", "h2", "h3", "blockquote", "pre", "hr",
})  # fmt: skip
_MOST = 100
"""Entities of one message: Telegram drops what is beyond."""


def units(text: str) -> int:
    """The length of the text in UTF-16 code units."""
    return len(text) + sum(character > "\uffff" for character in text)


def formatted(html: str) -> tuple[str, list[MessageEntity]]:
    """What the HTML says, and how it is formatted."""
    writer = _Writer()
    writer.feed(html)
    writer.close()
    return writer.finished()


@dataclass(slots=True)
class _Open:
    tag: str
    kind: str
    start: int
    url: str = ""


@dataclass(slots=True)
class _State:
    parts: list[str] = field(default_factory=list)
    length: int = 0
    """In UTF-16 code units."""
    breaks: int = 0
    """Line breaks owed before the next words."""


class _Writer(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._written = _State()
        self._open: list[_Open] = []
        self._found: list[MessageEntity] = []

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            self._break()
        elif tag in _BLOCKS:
            self._block()
        if tag == "li":
            self._say("• ")
        url = safe_url(dict(attrs).get("href") or "") if tag == "a" else ""
        kind = "text_link" if url else _KINDS.get(tag, "")
        if tag not in {"br", "hr"}:
            self._open.append(_Open(tag, kind, -1, url))

    @override
    def handle_endtag(self, tag: str) -> None:
        for depth in range(len(self._open) - 1, -1, -1):
            if self._open[depth].tag == tag:
                for one in self._open[depth:]:
                    self._close(one)
                del self._open[depth:]
                break
        if tag in _BLOCKS:
            self._block()

    @override
    def handle_data(self, data: str) -> None:
        preformatted = any(one.tag == "pre" for one in self._open)
        words = data if preformatted else self._folded(data)
        if words:
            self._say(words)

    def finished(self) -> tuple[str, list[MessageEntity]]:
        for one in self._open:
            self._close(one)
        found = sorted(self._found, key=lambda entity: (entity.offset, -entity.length))
        return "".join(self._written.parts), found[:_MOST]

    def _folded(self, data: str) -> str:
        """As a browser shows it: runs of white space are one space, none at a line's start."""
        words = " ".join(data.split())
        if not words:
            return " " if self._may_space() and not self._written.breaks else ""
        before = " " if data[0].isspace() and self._may_space() else ""
        after = " " if data[-1].isspace() else ""
        return before + words + after

    def _may_space(self) -> bool:
        parts = self._written.parts
        return bool(parts) and not parts[-1][-1:].isspace() and not self._written.breaks

    def _break(self) -> None:
        self._written.breaks += 1

    def _block(self) -> None:
        if self._written.parts:
            self._written.breaks = max(self._written.breaks, 1)

    def _say(self, words: str) -> None:
        state = self._written
        if state.breaks:
            self._write("\n" * min(state.breaks, 2) if state.parts else "")
            state.breaks = 0
        for one in self._open:
            if one.start < 0:
                one.start = state.length
        self._write(words)

    def _write(self, words: str) -> None:
        if words:
            self._written.parts.append(words)
            self._written.length += units(words)

    def _close(self, one: _Open) -> None:
        length = self._written.length - one.start
        if one.kind and one.start >= 0 and length > 0:
            self._found.append(
                MessageEntity(type=one.kind, offset=one.start, length=length, url=one.url or None)
            )
