"""Where rich text that is too long for one provider message is cut: each part is whole HTML.

Works on what `hub.conversations.rich_text` lets through: well-formed, few tags. Tags that are open
at a cut are closed before it and opened again behind it; a link or a piece of code is not cut.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser
from itertools import pairwise
from re import compile as pattern

from typing_extensions import override

from hub.deliveries.split import split, units

_VOID = frozenset({"br", "hr", "img"})
_BLOCKS = frozenset(
    {"p", "div", "li", "ul", "ol", "tr", "table", "h1", "h2", "h3", "blockquote", "pre", "hr"}
)
_WHOLE = frozenset({"a", "code"})
_WORDS = pattern(r"\s+|\S+")
_BLOCK_UNITS = 4
"""What a block may add to the text that is shown: line breaks, the mark of a list."""

Measure = Callable[[str], int]


@dataclass(frozen=True, slots=True)
class _Atom:
    """What is not cut: a word, a break, a link. rank: how good it is to cut behind it."""

    html: str
    text: str
    rank: int = 0
    before: tuple[str, ...] = ()
    """The tags that are open where it stands."""


def split_html(html: str, limit: int, *, utf16: bool = False) -> list[tuple[str, str]]:
    """(text, html) of each part; the text of one measures at most `limit`."""
    measure: Measure = units if utf16 else len
    atoms = [piece for atom in _atoms(html) for piece in _torn(atom, limit, utf16=utf16)]
    parts = [_written(part) for part in _packed(atoms, limit, measure)]
    return [(text, markup) for text, markup in parts if text]


def _atoms(html: str) -> Sequence[_Atom]:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.finished()


@dataclass(slots=True)
class _Whole:
    """A link or code that is being read, to become one atom."""

    tag: str
    html: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._found: list[_Atom] = []
        self._open: list[tuple[str, str]] = []
        self._whole: _Whole | None = None

    def finished(self) -> Sequence[_Atom]:
        return self._found

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        opening = self.get_starttag_text() or f"<{tag}>"
        if self._whole is not None:
            self._whole.html.append(opening)
        elif tag in _VOID:
            self._add(_Atom(opening, "\n", 2, self._tags()))
        elif tag in _WHOLE:
            self._whole = _Whole(tag, [opening])
        else:
            if tag in _BLOCKS:
                self._add(_Atom("", "\n", 3, self._tags()))
            self._open.append((tag, opening))

    @override
    def handle_endtag(self, tag: str) -> None:
        whole = self._whole
        if whole is not None:
            whole.html.append(f"</{tag}>")
            if tag == whole.tag:
                self._whole = None
                self._add(_Atom("".join(whole.html), "".join(whole.text), 0, self._tags()))
        elif self._open and self._open[-1][0] == tag:
            self._open.pop()
            if tag in _BLOCKS:
                self._add(_Atom("", "\n", 3, self._tags()))

    @override
    def handle_data(self, data: str) -> None:
        if self._whole is not None:
            self._whole.html.append(escape(data, quote=False))
            self._whole.text.append(data)
            return
        for word in _WORDS.findall(data):
            rank = 1 if word.isspace() else 0
            self._add(_Atom(escape(word, quote=False), word, rank, self._tags()))

    def _tags(self) -> tuple[str, ...]:
        return tuple(opening for _, opening in self._open)

    def _add(self, atom: _Atom) -> None:
        self._found.append(atom)


def _torn(atom: _Atom, limit: int, *, utf16: bool) -> Iterator[_Atom]:
    """The atom, in pieces when it alone is longer than a part: then its own tags are lost."""
    measure = units if utf16 else len
    if measure(atom.text) <= limit:
        yield atom
        return
    for piece in split(atom.text, limit, utf16=utf16):
        yield _Atom(escape(piece, quote=False), piece, 0, atom.before)


def _packed(atoms: Sequence[_Atom], limit: int, measure: Measure) -> Iterator[Sequence[_Atom]]:
    start = 0
    while start < len(atoms):
        end = _end(atoms, start, limit, measure)
        yield atoms[start:end]
        start = end


def _end(atoms: Sequence[_Atom], start: int, limit: int, measure: Measure) -> int:
    """Where the part ends that begins at `start`: behind the best bound of its second half."""
    size, best, best_rank = 0, 0, 0
    for at in range(start, len(atoms)):
        atom = atoms[at]
        size += _BLOCK_UNITS if atom.rank == 3 else measure(atom.text)
        if size > limit and at > start:
            return best or at
        if atom.rank >= max(best_rank, 1) and size > limit // 2:
            best, best_rank = at + 1, atom.rank
    return len(atoms)


def _written(atoms: Sequence[_Atom]) -> tuple[str, str]:
    """The part as (text, html), its tags opened where they begin and closed where they end."""
    parts: list[str] = []
    for before, after in pairwise([(), *(atom.before for atom in atoms), ()]):
        shared = _shared(before, after)
        parts.append("".join(_closing(tag) for tag in reversed(before[shared:])))
        parts.append("".join(after[shared:]))
        # The atom that stands behind this border; none stands behind the last one.
        index = len(parts) // 2 - 1
        if index < len(atoms):
            parts[-1] += atoms[index].html
    text = "".join(atom.text for atom in atoms)
    return _tidied(text), "".join(parts).strip()


def _shared(one: Sequence[str], other: Sequence[str]) -> int:
    count = 0
    for mine, theirs in zip(one, other, strict=False):
        if mine != theirs:
            break
        count += 1
    return count


def _closing(opening: str) -> str:
    return f"</{opening[1:].split('>', maxsplit=1)[0].split(maxsplit=1)[0]}>"


def _tidied(text: str) -> str:
    lines = [line.strip() for line in text.split("\n")]
    kept = [line for line, following in pairwise([*lines, "end"]) if line or following]
    return "\n".join(kept).strip()
