"""Reads parse_mode MarkdownV2, with the faults that the real server finds, at the same bytes."""

import re
from dataclasses import dataclass, field

from channels.telegram.twin.refusals import Refused, bad_request
from channels.telegram.twin.text.html import link
from channels.telegram.twin.text.units import byte, utf16

_RESERVED = set("_*[]()~`>#+-=|{}.!\n")
_MARKS = {
    "||": "Spoiler",
    "__": "Underline",
    "```": "Pre",
    "![": "CustomEmoji",
    "_": "Italic",
    "*": "Bold",
    "~": "Strikethrough",
    "[": "TextUrl",
    "`": "Code",
}
"""What begins an entity, longest first, and what the server calls it in its complaints."""
_ENDS = {
    "Spoiler": "||",
    "Underline": "__",
    "Pre": "```",
    "PreCode": "```",
    "CustomEmoji": "]",
    "Italic": "_",
    "Bold": "*",
    "Strikethrough": "~",
    "TextUrl": "]",
    "Code": "`",
    "BlockQuote": "",
}
_EMOJI = re.compile(r"tg://emoji\?id=(\d{1,20})")
_TIME = re.compile(r"tg://time\?unix=(\d{1,10})(?:&.*)?")


def parse(text: str) -> tuple[str, list[dict[str, object]]]:
    """Plain text and its entities. Raises Refused."""
    reader = _Reader(text)
    reader.read()
    return "".join(reader.said), reader.entities


@dataclass(slots=True)
class _Open:
    kind: str
    offset: int
    at: int
    said: int
    language: str = ""


@dataclass(slots=True)
class _Reader:
    text: str
    at: int = 0
    said: list[str] = field(default_factory=list)
    units: int = 0
    open: list[_Open] = field(default_factory=list)
    entities: list[dict[str, object]] = field(default_factory=list)
    quoting: bool = False
    line_begins: bool = True

    def read(self) -> None:
        while self.at < len(self.text):
            self._step(self.text[self.at])
        if self.quoting:
            self._end_quote()
        if self.open:
            raise self._unended(self.open[-1])

    def _step(self, char: str) -> None:
        following = self.text[self.at + 1 : self.at + 2]
        if char == "\\" and "\0" < following <= "~":
            self._say(following)
            self.at += 2
        elif char not in self._reserved():
            self._say(char)
            self.at += 1
        elif self._ends(char):
            self._end(char)
        else:
            self._begin(char)

    def _reserved(self) -> set[str]:
        code = self.open and self.open[-1].kind in ("Code", "Pre", "PreCode")
        return {"`"} if code else _RESERVED

    def _say(self, char: str) -> None:
        self.said.append(char)
        self.units += utf16(char)
        if char != "\r":
            self.line_begins = char == "\n"

    def _ends(self, char: str) -> bool:
        if not self.open:
            return False
        if self.quoting and char == "\n" and self.text[self.at + 1 : self.at + 2] != ">":
            return True
        kind = self.open[-1].kind
        end = _ENDS[kind]
        if kind == "Italic" and self.text.startswith("__", self.at):
            return False
        return bool(end) and self.text.startswith(end, self.at)

    def _begin(self, char: str) -> None:
        if char == "\n":
            self._say(char)
            self.at += 1
        elif char == ">":
            self._begin_quote()
        else:
            mark = next((one for one in _MARKS if self.text.startswith(one, self.at)), "")
            if not mark:
                raise self._unescaped(char)
            self._push(_MARKS[mark])
            self.at += len(mark)
            if mark == "```":
                self._begin_pre()

    def _push(self, kind: str) -> None:
        self.open.append(_Open(kind, self.units, self.at, len(self.said)))

    def _begin_quote(self) -> None:
        if not self.line_begins:
            raise self._unescaped(">")
        if not self.quoting:
            self.quoting = True
            self._push("BlockQuote")
        self.at += 1

    def _begin_pre(self) -> None:
        found = re.compile(r"[^\s`]+(?=\s)").match(self.text, self.at)
        if found:
            self.open[-1].kind, self.open[-1].language = "PreCode", found[0]
            self.at = found.end()
        newline = re.compile(r"\r\n|\n\r|\n|\r").match(self.text, self.at)
        self.at = newline.end() if newline else self.at

    def _end(self, char: str) -> None:
        if char == "\n":
            self._end_quote()
            self._say("\n")
            self.at += 1
            return
        opened = self.open.pop()
        self.at += len(_ENDS[opened.kind])
        where: dict[str, object] = {"offset": opened.offset, "length": self.units - opened.offset}
        made = self._made(opened, where)
        if where["length"]:
            self.entities += made

    def _made(self, opened: _Open, where: dict[str, object]) -> list[dict[str, object]]:
        match opened.kind:
            case "TextUrl":
                url = self._url()
                return link("".join(self.said[opened.said :]) if url is None else url, where)
            case "CustomEmoji":
                return [self._special(where)]
            case "PreCode":
                return [{"type": "pre", **where, "language": opened.language}]
            case kind:
                return [{"type": kind.lower(), **where}]

    def _special(self, where: dict[str, object]) -> dict[str, object]:
        url = self._url()
        if url is None:
            raise _fault("The entity must contain a tg://emoji or tg://time URL")
        if emoji := _EMOJI.fullmatch(url):
            return {"type": "custom_emoji", **where, "custom_emoji_id": emoji[1]}
        if time := _TIME.fullmatch(url):
            return {"type": "date_time", **where, "unix_time": int(time[1])}
        raise _fault("Invalid tg://emoji or tg://time URL specified")

    def _url(self) -> str | None:
        """What stands in parentheses right here, if anything does."""
        if self.text[self.at : self.at + 1] != "(":
            return None
        begin = self.at + 1
        found = re.compile(r"((?:\\[\x01-~]|[^)\\]|\\)*)\)", re.DOTALL).match(self.text, begin)
        if found is None:
            raise _fault(f"Can't find end of a URL at byte offset {byte(self.text, begin)}")
        self.at = found.end()
        return re.sub(r"\\([\x01-~])", r"\1", found[1])

    def _end_quote(self) -> None:
        kind = "blockquote"
        if self.open and self.open[-1].kind == "Spoiler" and self.open[-1].at == self.at - 2:
            # A quote that ends with || can be unfolded.
            self.open.pop()
            kind = "expandable_blockquote"
        if not self.open or self.open[-1].kind != "BlockQuote":
            raise self._unended(self.open[-1])
        opened = self.open.pop()
        self.quoting = False
        length = self.units - opened.offset
        if length:
            self.entities.append({"type": kind, "offset": opened.offset, "length": length})

    def _unended(self, opened: _Open) -> Refused:
        where = byte(self.text, opened.at)
        return _fault(f"Can't find end of {opened.kind} entity at byte offset {where}")

    def _unescaped(self, char: str) -> Refused:
        return _fault(
            f"Character '{char}' is reserved and must be escaped with the preceding '\\'"
        )


def _fault(message: str) -> Refused:
    return bad_request(f"Can't parse entities: {message}")
