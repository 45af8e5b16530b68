"""Rich text that an operator wrote: which HTML of it goes on, and what it says in plain words.

A short list of tags: what a person makes by hand in a composer. Nothing acts, fetches or hides;
an image is a file of the message, named by its id (`cid:FILE`, kept as `data-cid`).
"""

import html
import re
from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any

import nh3
from typing_extensions import override

from hub.errors import Invalid

MOST_NESTED = 60
"""Elements open at once. nh3 takes the square of the nesting, and no person nests that deep."""
_MOST_MARKS = 20_000
"""Characters `<` and `&`: nh3 takes the square of a run of them."""
_MOST_LINE_BREAKS = re.compile(r"\n{3,}")
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_VOID = frozenset({"br", "hr", "img", "wbr", "input", "meta", "link", "col"})
_KEPT: Mapping[str, Any] = {
    "tags": {
        *("a", "b", "blockquote", "br", "code", "del", "div", "em", "h1", "h2", "h3", "hr", "i"),
        *("img", "li", "ol", "p", "pre", "s", "span", "strong", "sub", "sup", "table", "tbody"),
        *("td", "th", "thead", "tr", "u", "ul"),
    },
    "clean_content_tags": {"script", "style", "title", "textarea", "iframe", "noscript", "svg"},
    "attributes": {
        "*": {"dir", "lang"},
        "a": {"href"},
        "img": {"alt", "height", "src", "width", "data-cid"},
        "ol": {"start"},
        "td": {"colspan", "rowspan"},
        "th": {"colspan", "rowspan"},
    },
    "url_schemes": {"http", "https", "mailto", "tel", "cid"},
    "link_rel": "noopener noreferrer nofollow",
}
_CLEANER = nh3.Cleaner(
    **_KEPT,
    attribute_filter=lambda _tag, name, value: (
        # An image from elsewhere would tell its owner who reads the mail, and when.
        None if name == "src" and not value.lower().startswith("cid:") else value
    ),
)
_WITHOUT_IMAGES = nh3.Cleaner(**_KEPT)
"""For what has no attribute of that name: to be asked about each attribute takes half the time."""
_MARK_UP = re.compile(r'<(?:[^">]|"[^"]*")*>|&[^;]*;')
_BEGINS = re.compile(r'\s*(?:<(?:[^">]|"[^"]*")*>\s*)*+[^\W_]')
_PLAIN_LETTER = re.compile(r"[^\W_]")
_IMAGE = re.compile(r'(<img(?:[^">]|"[^"]*")*?) src="cid:([^"]*)"')
_NAMED = re.compile(r'<img(?:[^">]|"[^"]*")*? data-cid="([^"]*)"')


def safe(source: str) -> str:
    """The HTML that goes on; empty when nothing of it is to be seen. Raises Invalid."""
    if not source.strip():
        return ""
    _check_size(source)
    cleaner = _CLEANER if "src" in source.lower() else _WITHOUT_IMAGES
    cleaned = cleaner.clean(source).strip()
    if "<img" in cleaned:
        cleaned = _IMAGE.sub(r'\1 data-cid="\2"', cleaned)
    return cleaned if says_something(cleaned) else ""


def says_something(cleaned: str) -> bool:
    """Whether something is to be seen of HTML that was cleaned."""
    # Nearly always a letter stands behind the first tags; only else does it have to be read.
    if _BEGINS.match(cleaned) or _PLAIN_LETTER.search(_MARK_UP.sub("", cleaned)):
        return True
    return bool(as_text(cleaned) or images(cleaned))


def images(cleaned: str) -> frozenset[str]:
    """The ids of the files that HTML from `safe` shows among its words."""
    if "<img" not in cleaned:
        return frozenset()
    return frozenset(html.unescape(found) for found in _NAMED.findall(cleaned))


def as_text(cleaned: str) -> str:
    """What HTML from `safe` says, as a person would type it."""
    writer = _Writer()
    writer.feed(cleaned)
    writer.close()
    return writer.text()


def _check_size(source: str) -> None:
    if source.count("<") + source.count("&") > _MOST_MARKS:
        raise Invalid(
            "This HTML is more mark-up than words.",
            remedy="Send it as plain text, or attach it as a file.",
            fields={"html": f"more than {_MOST_MARKS} tags and references"},
        )
    if source.count("<") <= MOST_NESTED:
        return
    depth = 0
    for tag in _TAG.finditer(source):
        if tag[2].lower() in _VOID:
            continue
        depth = max(0, depth - 1) if tag[1] else depth + 1
        if depth > MOST_NESTED:
            raise Invalid(
                "This HTML is nested too deep, or its elements are not closed.",
                remedy="Send it as plain text, or close every element.",
                fields={"html": f"more than {MOST_NESTED} elements open at once"},
            )


_BLOCKS = {
    **dict.fromkeys(("blockquote", "h1", "h2", "h3", "hr", "ol", "p", "pre", "table", "ul"), 2),
    **dict.fromkeys(("div", "li", "tr"), 1),
}
"""How many line breaks separate an element from what stands around it."""


class _Writer(HTMLParser):
    """Reads what nh3 wrote: every element closed, every attribute quoted."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._lines: list[list[str]] = [[]]
        """Each begins with the marks of the quotes it stands in."""
        self._marks = ""
        self._lists: list[int | None] = []
        self._links: list[tuple[str, int]] = []
        self._preformatted = 0
        self._pending = 0

    def text(self) -> str:
        joined = "\n".join("".join(line).rstrip() for line in self._lines)
        return _MOST_LINE_BREAKS.sub("\n\n", joined).strip("\n")

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._separate(tag)
        if tag == "br":
            self._break()
        elif tag == "hr":
            self._write("---")
            self._separate(tag)
        elif tag == "img":
            self._write(f"[{given['alt']}]" if given.get("alt") else "")
        elif tag == "a":
            self._links.append((given.get("href") or "", len(self._lines[-1])))
        else:
            self._open(tag, given)

    def _open(self, tag: str, given: dict[str, str | None]) -> None:
        if tag == "blockquote":
            self._flush()
            self._marks += "> "
        elif tag == "pre":
            self._preformatted += 1
        elif tag in {"ol", "ul"}:
            start = given.get("start") or "1"
            first = int(start) if start.isdecimal() and len(start) < 6 else 1
            self._lists.append(first if tag == "ol" else None)
        elif tag == "li":
            self._write(self._bullet())
        elif tag in {"td", "th"} and self._within_line:
            self._write(" ")

    @override
    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._links:
            self._end_link(*self._links.pop())
        elif tag == "blockquote":
            self._marks = self._marks.removesuffix("> ")
        elif tag == "pre":
            self._preformatted -= 1
        elif tag in {"ol", "ul"} and self._lists:
            self._lists.pop()
        self._separate(tag)

    @override
    def handle_data(self, data: str) -> None:
        if self._preformatted:
            for number, line in enumerate(data.split("\n")):
                if number:
                    self._break()
                self._write(line)
        elif words := " ".join(data.split()):
            before = " " if data[0].isspace() and self._within_line else ""
            self._write(f"{before}{words}{' ' if data[-1].isspace() else ''}")
        elif self._within_line:
            self._write(" ")

    @property
    def _within_line(self) -> bool:
        line = self._lines[-1]
        return len(line) > 1 and not line[-1].endswith(" ") and not self._pending

    def _bullet(self) -> str:
        indent = "  " * (len(self._lists) - 1)
        if not self._lists or self._lists[-1] is None:
            return f"{indent}- "
        number = self._lists[-1]
        self._lists[-1] = number + 1
        return f"{indent}{number}. "

    def _end_link(self, href: str, start: int) -> None:
        shown = "".join(self._lines[-1][start:]).strip()
        bare = href.removeprefix("mailto:").removeprefix("tel:")
        if bare and shown.rstrip("/") != bare.rstrip("/"):
            self._write(f" ({bare})" if shown else bare)

    def _separate(self, tag: str) -> None:
        gap = _BLOCKS.get(tag, 0)
        # Within a list the items follow each other without an empty line.
        self._pending = max(self._pending, min(gap, 1) if self._lists else gap)

    def _break(self) -> None:
        self._flush()
        if not self._lines[-1]:
            self._lines[-1].append(self._marks)
        self._lines.append([])

    def _flush(self) -> None:
        for _ in range(self._pending if any(self._lines) else 0):
            if not self._lines[-1]:
                self._lines[-1].append(self._marks)
            self._lines.append([])
        self._pending = 0

    def _write(self, words: str) -> None:
        if words:
            self._flush()
            if not self._lines[-1]:
                self._lines[-1].append(self._marks)
            self._lines[-1].append(words)
