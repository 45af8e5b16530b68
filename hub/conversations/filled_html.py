"""HTML that a template made: its frame is cleaned once, and filled in for everybody.

What the template itself says comes to the same HTML for a thousand customers. What their fields
hold stands in it as text, or as the address of a link, and both are harmless wherever such a thing
may stand at all. So a frame is cleaned with a mark in place of each field and kept with its gaps.
A frame that puts a field anywhere else (into a tag, an `alt`, an address of its own making) is
kept for nobody: each of its messages is cleaned by itself.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from html.parser import HTMLParser
from itertools import count

from typing_extensions import override

from hub.conversations import rich_text
from hub.conversations.cleaning import clean
from hub.rendering.held import Plain


class _Gap:
    """What stands in place of a field. No enum: those are hashed in Python, time and again."""


_WORDS, _LINK = _Gap(), _Gap()
"""Anything; nothing but the address of a page, so that it may be a link's."""

_Frame = tuple[str | _Gap, ...]

_MOVING = ("<table", "<pre")
"""Elements that blanks and words go into or out of, by what they are (HTML 13.2.6.4)."""

_ADDRESS = re.compile(r"https?://(?:[A-Za-z0-9._~:/?#\[\]@!$()*+,;=%-]|&amp;)+")
"""As it stands in escaped HTML (RFC 3986, without the quotation mark)."""


@dataclass(frozen=True, slots=True)
class _Cleaned:
    """A frame that goes on as it is. order: which field fills each gap between the `parts`."""

    parts: Sequence[str]
    order: Sequence[int]
    speaks: bool
    """Whether something is to be seen of it whatever the fields hold."""

    def filled(self, held: Sequence[str]) -> str:
        pieces = [self.parts[0]]
        for place, part in zip(self.order, self.parts[1:], strict=True):
            pieces += (held[place], part)
        html = "".join(pieces).strip()
        return html if self.speaks or rich_text.says_something(html) else ""


def safe(pieces: Sequence[str]) -> str:
    """`rich_text.safe` of the pieces in one; those that are no plain `str` are escaped fields.

    Raises Invalid as that does.
    """
    held = [one for one in pieces if type(one) is not str]
    for place, one in enumerate(held):
        # Of what is plain there is nothing to look for.
        if type(one) is not Plain:
            if "<" in one:
                return _by_itself(pieces)
            held[place] = _spelled(one)
    cleaned = _cleaned(tuple([one if type(one) is str else _gap(one) for one in pieces]))
    return _by_itself(pieces) if cleaned is None else cleaned.filled(held)


def _by_itself(pieces: Sequence[str]) -> str:
    return rich_text.safe(clean("".join(pieces)))


def _gap(held: str) -> _Gap:
    return _LINK if held[:4] == "http" and _ADDRESS.fullmatch(held) else _WORDS


def _spelled(held: str) -> str:
    """Escaped as the cleaner does: what need not be escaped in a text is not."""
    words = clean(str.__str__(held))
    if "&#3" in words:
        words = words.replace("&#34;", '"').replace("&#39;", "'")
    if "\r" in words:
        words = words.replace("\r\n", "\n").replace("\r", "\n")
    return words.replace("\xa0", "&nbsp;")


@lru_cache(maxsize=512)
def _cleaned(frame: _Frame) -> _Cleaned | None:
    """None where a field stands in a place that its value decides about."""
    own = clean("".join(one for one in frame if isinstance(one, str)))
    mark = next(one for number in count() if (one := f"gap{number}x") not in own.lower())
    gaps = [one for one in frame if isinstance(one, _Gap)]
    numbers = iter(range(len(gaps)))
    marked = [
        clean(one) if isinstance(one, str) else _stand_in(one, f"{mark}{next(numbers)}y")
        for one in frame
    ]
    html = rich_text.safe("".join(marked))
    if any(one in html for one in _MOVING):
        return None
    marks = re.compile(rf"(?:https://)?{mark}(\d+)y")
    places = _Places(marks)
    places.feed(html)
    places.close()
    parts = marks.split(html)
    order = [*map(int, parts[1::2])]
    if sorted(order) != [*range(len(gaps))]:
        return None
    words = {number for number, gap in enumerate(gaps) if gap is _WORDS}
    if not words <= places.in_text or not {*order} <= places.in_text | places.in_links:
        return None
    return _Cleaned(parts[::2], order, rich_text.says_something("".join(parts[::2])))


def _stand_in(gap: _Gap, mark: str) -> str:
    return f"https://{mark}" if gap is _LINK else mark


class _Places(HTMLParser):
    """Where the marks stand in HTML that was cleaned."""

    def __init__(self, marks: re.Pattern[str]) -> None:
        super().__init__(convert_charrefs=True)
        self._marks = marks
        self.in_text: set[int] = set()
        self.in_links: set[int] = set()

    @override
    def handle_data(self, data: str) -> None:
        self.in_text |= {int(one) for one in self._marks.findall(data)}

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if (tag, name) == ("a", "href"):
                self.in_links |= {int(one) for one in self._marks.findall(value or "")}
