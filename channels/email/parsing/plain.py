"""HTML as text that reads like it: paragraphs, lists, tables, links, and marks for quotes."""

import re
from collections.abc import Iterable

from channels.email.parsing import quote_marks
from channels.email.parsing.markup import BLOCKS, VOID, Start, Token
from channels.email.parsing.phrases import names

CUT = "\x01"
"""A line of its own: from here on everything is quoted, says the client's mark-up."""

_SPACE = re.compile(r"[ \t\r\n\f\v]+")
_EMPTY = re.compile(r"\n{3,}")
_HIDDEN = re.compile(
    r"display\s*:\s*none|mso-hide\s*:\s*all"
    r"|visibility\s*:\s*hidden",
    re.IGNORECASE,
)
_PARAGRAPHS = names("p h1 h2 h3 h4 h5 h6 ul ol dl table blockquote pre")
_ODD = ("\xa0", "\u200b", "\xad", CUT)
_UNBROKEN = str.maketrans({"\xa0": " ", "\u200b": None, "\xad": None, CUT: None})


def text(tokens: Iterable[Token], *, marks: bool = False) -> str:
    """The text of a page.

    With `marks`, lines of `CUT` where mark-up says that a quote begins, and no signatures that it
    names, unless the page begins with one.
    """
    writer = _Writer(marks=marks)
    for token in tokens:
        writer.take(token)
    return writer.text()


class _Writer:
    def __init__(self, *, marks: bool) -> None:
        self._marks = marks
        self._lines: list[str] = []
        self._line: list[str] = []
        self._stack: list[tuple[str, str]] = []
        self._prefix = ""
        self._hidden = 0
        self._pre = 0
        self._links: list[tuple[str, int]] = []
        self._numbers: list[int] = []

    def text(self) -> str:
        self._break()
        return _EMPTY.sub("\n\n", "\n".join(self._lines)).strip("\n")

    def take(self, token: Token) -> None:
        if isinstance(token, str):
            self._write(token)
        elif isinstance(token, Start):
            self._start(token)
        else:
            self._end(token.name)

    def _write(self, raw: str) -> None:
        if self._hidden:
            return
        if any(odd in raw for odd in _ODD):
            raw = raw.translate(_UNBROKEN)
        if self._pre:
            first, *others = raw.replace("\r\n", "\n").split("\n")
            self._line.append(first)
            for line in others:
                self._break(keep_empty=True)
                self._line.append(line)
            return
        clean = _SPACE.sub(" ", raw)
        if clean == " " and not self._line:
            return
        self._line.append(clean if self._line else clean.lstrip())

    def _break(self, *, keep_empty: bool = False) -> None:
        line = "".join(self._line).rstrip()
        self._line = []
        if line or keep_empty:
            self._lines.append(f"{self._prefix}{line}".rstrip() if line else self._prefix.rstrip())

    def _gap(self) -> None:
        self._break()
        if self._lines and self._lines[-1].strip("> "):
            self._lines.append(self._prefix.rstrip())

    def _start(self, token: Start) -> None:
        name = token.name
        if name == "br":
            self._break(keep_empty=not self._hidden)
            return
        if name in VOID:
            self._void(token)
            return
        if self._marks and quote_marks.begins_quote(token) and not self._hidden:
            self._break()
            self._lines.append(CUT)
        self._stack.append((name, self._prefix))
        if self._hidden or self._is_hidden(token):
            self._hidden += 1
            return
        self._open(token)

    def _is_hidden(self, token: Start) -> bool:
        if _HIDDEN.search(token.attributes.get("style", "")):
            return True
        return self._marks and bool(self._lines) and quote_marks.is_signature(token)

    def _void(self, token: Start) -> None:
        if self._hidden:
            return
        if token.name == "hr":
            self._break()
            if self._marks and quote_marks.begins_quote(token):
                self._lines.append(CUT)
        elif token.name == "img" and (alt := _alt(token)):
            self._line.append(alt if self._line and self._line[-1].endswith(" ") else f" {alt}")

    def _open(self, token: Start) -> None:
        name = token.name
        if name in _PARAGRAPHS:
            self._gap()
        elif name in {"td", "th"}:
            if self._line:
                self._line.append(" ")
        elif name in BLOCKS:
            self._break()
        self._note(token)

    def _note(self, token: Start) -> None:
        """What the text inside an element will look like."""
        name = token.name
        if name == "blockquote" and quote_marks.is_quote(token):
            self._prefix += "> "
        elif name == "pre":
            self._pre += 1
        elif name in {"ol", "ul"}:
            self._numbers.append(0 if name == "ol" else -1)
        elif name == "li":
            self._line.append(self._bullet())
        elif name == "a":
            self._links.append((token.attributes.get("href", "").strip(), len(self._line)))

    def _bullet(self) -> str:
        if not self._numbers or self._numbers[-1] < 0:
            return "- "
        self._numbers[-1] += 1
        return f"{self._numbers[-1]}. "

    def _end(self, name: str) -> None:
        if not self._stack:
            return
        _, prefix = self._stack.pop()
        if self._hidden:
            self._hidden -= 1
            return
        if name == "a" and self._links:
            self._link(*self._links.pop())
        elif name in {"ol", "ul"} and self._numbers:
            self._numbers.pop()
        elif name == "pre":
            self._pre = max(0, self._pre - 1)
        if name in _PARAGRAPHS:
            self._break()
            self._prefix = prefix
            self._gap()
        elif name in BLOCKS and name not in {"td", "th"}:
            self._break()

    def _link(self, href: str, start: int) -> None:
        shown = "".join(self._line[start:]).strip()
        bare = href.rsplit("://", maxsplit=1)[-1].rstrip("/")
        if href.startswith(("http://", "https://")) and shown and bare not in shown:
            self._line.append(f" <{href}>")


def _alt(token: Start) -> str:
    return _SPACE.sub(" ", token.attributes.get("alt", "")).strip()
