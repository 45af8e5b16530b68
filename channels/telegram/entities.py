"""Formatting of a received text as HTML that may be shown as it is: few tags, safe addresses.

Entities (https://core.telegram.org/bots/api#messageentity) count in UTF-16 code units, may nest
and, from a hostile server, overlap or lie: what lies outside the text is cut off, what overlaps is
closed and opened again.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import urlsplit

from channels.telegram.fields import Json, integer, text_of

MAX_ENTITIES = 500
"""Telegram allows 100 in a message."""
_TAGS = {
    "bold": "b",
    "italic": "i",
    "underline": "u",
    "strikethrough": "s",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "expandable_blockquote": "blockquote",
}
_SCHEMES = frozenset({"http", "https", "mailto", "tel"})
_LONGEST_URL = 2048


@dataclass(frozen=True, slots=True)
class Span:
    """Characters (code points) `start` up to `end` between two tags."""

    start: int
    end: int
    opening: str
    closing: str

    @property
    def is_link(self) -> bool:
        return self.closing == "</a>"


def to_html(text: str, entities: Sequence[Json]) -> str:
    """The text as HTML, or '' when nothing in it is formatted."""
    spans = _spans(text, entities)
    return "".join(_written(text, spans)) if spans else ""


def plain_html(text: str) -> str:
    """Text without formatting as HTML."""
    return escape(text).replace("\n", "<br>")


def safe_url(url: str) -> str:
    """The address when it leads to a page, a mailbox or a phone; else ''."""
    cleaned = url.strip()
    if len(cleaned) > _LONGEST_URL or not cleaned.isprintable() or " " in cleaned:
        return ""
    try:
        parts = urlsplit(cleaned)
    except ValueError:
        return ""
    return cleaned if parts.scheme.lower() in _SCHEMES and (parts.netloc or parts.path) else ""


def _spans(text: str, entities: Sequence[Json]) -> list[Span]:
    units = _Units(text)
    spans = []
    for entity in entities[:MAX_ENTITIES]:
        start, length = integer(entity, "offset"), integer(entity, "length")
        first, last = units.first(start), units.last(start + length)
        tags = _tags(entity)
        if tags and start >= 0 and length > 0 and first < last:
            spans.append(Span(first, last, *tags))
    return sorted(spans, key=lambda span: (span.start, -span.end))


def _tags(entity: Json) -> tuple[str, str] | None:
    kind = text_of(entity, "type")
    if kind == "text_link":
        url = safe_url(text_of(entity, "url"))
        opening = f'<a href="{escape(url)}" rel="noopener noreferrer nofollow">'
        return (opening, "</a>") if url else None
    if kind == "spoiler":
        return '<span class="spoiler">', "</span>"
    tag = _TAGS.get(kind)
    return (f"<{tag}>", f"</{tag}>") if tag else None


class _Units:
    """Where the UTF-16 code units of a text lie among its characters."""

    def __init__(self, text: str) -> None:
        self._length = len(text)
        self._starts: list[int] | None = None
        if not text.isascii() and max(text, default="") > "\uffff":
            self._starts, at = [], 0
            for character in text:
                self._starts.append(at)
                at += 2 if character > "\uffff" else 1

    def first(self, unit: int) -> int:
        """The character in which the unit lies."""
        if self._starts is None:
            return min(max(unit, 0), self._length)
        return max(bisect_right(self._starts, unit) - 1, 0)

    def last(self, unit: int) -> int:
        """The first character that begins at the unit or behind it."""
        if self._starts is None:
            return min(max(unit, 0), self._length)
        return bisect_left(self._starts, unit)


def _written(text: str, spans: Sequence[Span]) -> Iterator[str]:
    bounds = sorted({0, len(text), *(s.start for s in spans), *(s.end for s in spans)})
    stack: list[Span] = []
    pending = list(reversed(spans))
    for at, following in zip(bounds, [*bounds[1:], len(text)], strict=True):
        yield from _close(stack, at)
        while pending and pending[-1].start == at:
            span = pending.pop()
            # A link within a link would end the outer one in every browser.
            if not (span.is_link and any(one.is_link for one in stack)):
                stack.append(span)
                yield span.opening
        yield plain_html(text[at:following])
    yield from _close(stack, len(text))


def _close(stack: list[Span], at: int) -> Iterator[str]:
    """Close what ends at `at`; what was opened later and goes on is closed and opened again."""
    ending = next((depth for depth, span in enumerate(stack) if span.end <= at), len(stack))
    closed = stack[ending:]
    del stack[ending:]
    for span in reversed(closed):
        yield span.closing
    for span in closed:
        if span.end > at:
            stack.append(span)
            yield span.opening
