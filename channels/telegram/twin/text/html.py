"""Reads parse_mode HTML, with the faults that the real server finds, at the same bytes."""

import re
from dataclasses import dataclass, field

from channels.telegram.twin.refusals import Refused, bad_request
from channels.telegram.twin.text.links import checked_link, user_of
from channels.telegram.twin.text.units import byte, utf16

_PLAIN = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
}
_TAGS = {*_PLAIN, "a", "code", "pre", "blockquote", "tg-emoji", "tg-time"}
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_REFERENCE = re.compile(r"&(?:#x([0-9a-fA-F]{1,6})|#([0-9]{1,7})|([a-zA-Z]+));?")
_ATTRIBUTE = re.compile(r"[^\s=>/\"']*")
_KEPT = {
    ("a", "href"): "",
    ("code", "class"): "language-",
    ("span", "class"): "tg-",
    ("tg-emoji", "emoji-id"): "",
    ("tg-time", "unix"): "",
}
"""Attributes with a meaning, and how their value has to begin."""


def parse(text: str) -> tuple[str, list[dict[str, object]]]:
    """Plain text and its entities. Raises Refused."""
    reader = _Reader(text)
    reader.read()
    return "".join(reader.said), reader.entities


@dataclass(slots=True)
class _Open:
    tag: str
    argument: str
    offset: int
    at: int
    """How many pieces had been said before it."""


@dataclass(slots=True)
class _Reader:
    text: str
    said: list[str] = field(default_factory=list)
    units: int = 0
    open: list[_Open] = field(default_factory=list)
    entities: list[dict[str, object]] = field(default_factory=list)

    def read(self) -> None:
        at = 0
        while at < len(self.text):
            mark = self._next_mark(at)
            self._say(self.text[at:mark])
            if mark == len(self.text):
                break
            at = self._tag(mark) if self.text[mark] == "<" else self._reference(mark)
        if self.open:
            raise _fault(f'Can\'t find end tag corresponding to start tag "{self.open[-1].tag}"')

    def _next_mark(self, at: int) -> int:
        found = re.compile("[<&]").search(self.text, at)
        return found.start() if found else len(self.text)

    def _say(self, text: str) -> None:
        if text:
            self.said.append(text)
            self.units += utf16(text)

    def _reference(self, at: int) -> int:
        decoded, after = decode(self.text, at)
        self._say(decoded)
        return after

    def _tag(self, begin: int) -> int:
        return self._end(begin) if self.text[begin + 1 : begin + 2] == "/" else self._start(begin)

    def _start(self, begin: int) -> int:
        found = re.compile(r"[^\s>]*").match(self.text, begin + 1)
        name, at = (found[0].lower(), found.end()) if found else ("", begin + 1)
        where = byte(self.text, begin)
        if at >= len(self.text):
            raise _fault(f"Unclosed start tag at byte offset {where}")
        if name not in _TAGS:
            raise _fault(f'Unsupported start tag "{name}" at byte offset {where}')
        argument, at = _Attributes(self.text, name, where).read(at)
        if name == "span" and argument != "spoiler":
            raise _fault(f'Tag "span" must have class "tg-spoiler" at byte offset {where}')
        self.open.append(_Open(name, argument, self.units, len(self.said)))
        return at + 1

    def _end(self, begin: int) -> int:
        where = byte(self.text, begin)
        if not self.open:
            raise _fault(f"Unexpected end tag at byte offset {where}")
        found = re.compile(r"([^\s>]*)\s*").match(self.text, begin + 2)
        name, at = (found[1].lower(), found.end()) if found else ("", begin + 2)
        if self.text[at : at + 1] != ">":
            raise _fault(f"Unclosed end tag at byte offset {where}")
        opened = self.open.pop()
        if name and name != opened.tag:
            raise _fault(
                f"Unmatched end tag at byte offset {where}, "
                f'expected "</{opened.tag}>", found "</{name}>"'
            )
        if self.units > opened.offset:
            self._add(opened)
        return at + 1

    def _add(self, opened: _Open) -> None:
        where: dict[str, object] = {"offset": opened.offset, "length": self.units - opened.offset}
        match opened.tag:
            case "a":
                url = opened.argument or "".join(self.said[opened.at :])
                self.entities += link(url, where)
            case "pre":
                self._pre(where)
            case "code":
                self._code(opened, where)
            case "blockquote":
                kind = "expandable_blockquote" if opened.argument else "blockquote"
                self.entities.append({"type": kind, **where})
            case "tg-emoji" | "tg-time":
                self._special(opened, where)
            case _:
                self.entities.append({"type": _PLAIN[opened.tag], **where})

    def _special(self, opened: _Open, where: dict[str, object]) -> None:
        number = opened.argument
        if opened.tag == "tg-time" and number.isdecimal():
            self.entities.append({"type": "date_time", **where, "unix_time": int(number)})
        elif opened.tag == "tg-emoji":
            if not number.isdecimal():
                raise _fault("Invalid custom emoji identifier specified")
            self.entities.append({"type": "custom_emoji", **where, "custom_emoji_id": number})

    def _pre(self, where: dict[str, object]) -> None:
        last = self.entities[-1] if self.entities else {}
        if last.get("type") == "code" and last.get("language") and where.items() <= last.items():
            last["type"] = "pre"
        else:
            self.entities.append({"type": "pre", **where})

    def _code(self, opened: _Open, where: dict[str, object]) -> None:
        """A language is kept for the <pre> around it, and of no use without one."""
        within = self.open and self.open[-1].tag == "pre"
        language = {"language": opened.argument} if opened.argument and within else {}
        self.entities.append({"type": "code", **where, **language})


@dataclass(frozen=True, slots=True)
class _Attributes:
    text: str
    tag: str
    where: int

    def read(self, at: int) -> tuple[str, int]:
        """The one argument that has a meaning, and where the tag's `>` is."""
        argument = ""
        while True:
            at = self._spaces(at)
            if self.text[at : at + 1] == ">":
                return argument, at
            found, at = self._one(at)
            argument = found or argument

    def _one(self, at: int) -> tuple[str, int]:
        matched = _ATTRIBUTE.match(self.text, at)
        name = matched[0] if matched else ""
        if not name:
            raise _fault(
                f'Empty attribute name in the tag "{self.tag}" at byte offset {self.where}'
            )
        at = self._spaces(at + len(name))
        if self.text[at : at + 1] != "=":
            self._need_more(at)
            return ("1" if (self.tag, name) == ("blockquote", "expandable") else ""), at
        at = self._spaces(at + 1)
        self._need_more(at)
        value, at = self._quoted(at) if self.text[at] in "'\"" else self._token(at)
        if (self.tag, name) == ("blockquote", "expandable"):
            return "1", at
        wanted = _KEPT.get((self.tag, name))
        meant = wanted is not None and value.startswith(wanted)
        return (value.removeprefix(wanted or "") if meant else ""), at

    def _quoted(self, at: int) -> tuple[str, int]:
        end = self.text.find(self.text[at], at + 1)
        if end < 0 or end + 1 >= len(self.text):
            raise _fault(f"Unclosed start tag at byte offset {self.where}")
        value = _REFERENCE.sub(lambda found: decode(found[0], 0)[0], self.text[at + 1 : end])
        return value, end + 1

    def _token(self, at: int) -> tuple[str, int]:
        matched = re.compile(r"[a-zA-Z0-9.-]*").match(self.text, at)
        end = matched.end() if matched else at
        after = self.text[end : end + 1]
        if not after or (after != ">" and not after.isspace()):
            raise _fault(f"Unexpected end of name token at byte offset {byte(self.text, at)}")
        return self.text[at:end].lower(), end

    def _spaces(self, at: int) -> int:
        while at < len(self.text) and self.text[at].isspace():
            at += 1
        return at

    def _need_more(self, at: int) -> None:
        if at >= len(self.text):
            raise _fault(f'Unclosed start tag "{self.tag}" at byte offset {self.where}')


def decode(text: str, at: int) -> tuple[str, int]:
    """The character that a reference at `at` stands for, and what comes after it."""
    found = _REFERENCE.match(text, at)
    if found is None:
        return "&", at + 1
    if found[3]:
        known = _NAMED.get(found[3])
        return (known, found.end()) if known else ("&", at + 1)
    code = int(found[1], 16) if found[1] else int(found[2])
    good = 0 < code < 0x10FFFF and not 0xD800 <= code <= 0xDFFF
    return (chr(code), found.end()) if good else ("&", at + 1)


def link(url: str, where: dict[str, object]) -> list[dict[str, object]]:
    """An entity for a link, none for what is no link; a link to a user is a mention."""
    user = user_of(url)
    if user is not None:
        return [{"type": "text_mention", **where, "user": {"id": user}}]
    checked = checked_link(url)
    return [{"type": "text_link", **where, "url": checked}] if checked else []


def _fault(message: str) -> Refused:
    return bad_request(f"Can't parse entities: {message}")
