"""Texts filled in for a reader: what they look at is made ready once for all of them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any

from jinja2 import TemplateError, nodes
from jinja2.utils import missing

from hub.errors import Invalid
from hub.mappings import MAPPINGS, NOTHING
from hub.rendering.bounds import MAX_OUTPUT, Budget, Cutting
from hub.rendering.filters import BUDGET, EACH, READER
from hub.rendering.language import ENVIRONMENTS, Kind, check
from hub.rendering.locales import DEFAULT_LOCALE

PREFERENCES_URL = "https://preferences.invalid"
"""What `preferences_url` is in a text until it is known to whom it goes: then the address of the
page where they say what they want to get stands in its place."""

_OWN = frozenset({"locale", "time_zone", "preferences_url"})
"""What every text may name, whatever the facts say."""
_FEW = 100


def render(source: str, fields: Mapping[str, object], *, locale: str, time_zone: str = "") -> str:
    """`source` with `fields` filled in. Raises Invalid for a missing field or an endless text."""
    text = compiled(source, "text")
    return Filling(fields, locale=locale, time_zone=time_zone).seeing(text.looks).text(text)


def render_html(
    source: str, fields: Mapping[str, object], *, locale: str, time_zone: str = ""
) -> str:
    """`render` for HTML: what the fields hold is escaped."""
    text = compiled(source, "html")
    return Filling(fields, locale=locale, time_zone=time_zone).seeing(text.looks).text(text)


Looks = Mapping[str, Sequence[str] | None]
"""By name, which entries of it are looked at; None: all of it."""


@dataclass(frozen=True, slots=True)
class Text:
    """A source made ready for any reader. write: yields its pieces; None: it is always `words`."""

    looks: Looks
    words: str = ""
    write: Callable[["_Given"], Iterator[str]] | None = None


class _Given(dict[str, Any]):
    """What compiled templates see, by name.

    Not Jinja's own context, which makes five containers for blocks, globals and exports that no
    text here can have.
    """

    resolve_or_missing = dict.__getitem__

    def __missing__(self, name: str) -> object:
        return missing


class Filling:
    """What texts for one reader are filled in with.

    empty: by name, what those entries of the fields hold that are known and were not given.
    """

    def __init__(
        self,
        fields: Mapping[str, object],
        *,
        locale: str,
        time_zone: str = "",
        empty: Mapping[str, Mapping[str, object]] = NOTHING,
    ) -> None:
        self._fields, self._empty = fields, empty
        self._given = _Given(locale=locale, time_zone=time_zone, preferences_url=PREFERENCES_URL)
        self._given[READER] = (time_zone or "UTC", locale or DEFAULT_LOCALE)
        self._whole: set[str] = set()
        self._cut = Cutting()

    def seeing(self, looks: Looks) -> "Filling":
        """With what is looked at, beside what was before: little of a shop's order."""
        for name, held in self._fields.items():
            if name not in looks or name in self._whole:
                continue
            entries = looks[name]
            if entries is not None and isinstance(held, MAPPINGS):
                self._see(name, held, entries)
            else:
                self._see_whole(name, held)
        for name in looks:
            if name in self._empty and name not in self._fields and name not in self._whole:
                self._see_whole(name, {})
        return self

    def _see(self, name: str, held: Mapping[str, object], entries: Sequence[str]) -> None:
        seen, empty = self._given.setdefault(name, {}), self._empty.get(name, NOTHING)
        for entry in entries:
            if entry in seen:
                continue
            if entry in held:
                seen[entry] = self._cut(held[entry])
            elif entry in empty:
                seen[entry] = empty[entry]

    def _see_whole(self, name: str, held: object) -> None:
        self._whole.add(name)
        if name in self._empty:
            held = {**self._empty[name], **(held if isinstance(held, MAPPINGS) else {})}
        self._given[name] = self._cut(held)

    def text(self, text: Text) -> str:
        """Raises Invalid for a missing field or an endless text; what is looked at was seen."""
        return text.words if text.write is None else "".join(self.pieces(text)).strip()

    def pieces(self, text: Text) -> Sequence[str]:
        """A text not put together yet: what is `Held` of HTML is what a field held, escaped."""
        if text.write is None:
            return (text.words,)
        self._given[BUDGET] = Budget()
        try:
            return _bounded(text.write(self._given))
        except TemplateError as error:
            raise Invalid(f"The template cannot be filled in: {error.message}") from error
        except (TypeError, ValueError, ArithmeticError) as error:
            raise Invalid(f"The template cannot be filled in: {error}") from error


def _bounded(written: Iterator[str]) -> list[str]:
    # No field is longer than a text may be: so many pieces of it fit into memory, and nearly all
    # texts have fewer.
    pieces = [*islice(written, _FEW)]
    size = sum(map(len, pieces))
    if size > MAX_OUTPUT:
        raise Invalid(f"The text grows past {MAX_OUTPUT} characters.")
    if len(pieces) < _FEW:
        return pieces
    for piece in written:
        pieces.append(piece)
        size += len(piece)
        if size > MAX_OUTPUT:
            raise Invalid(f"The text grows past {MAX_OUTPUT} characters.")
    return pieces


@lru_cache(maxsize=1024)
def compiled(source: str, kind: Kind) -> Text:
    """The source made ready; raises Invalid as `check`."""
    tree = check(source)
    if "{" not in source and "\r" not in source:
        # Words that name no field are their own text: buttons, most of them.
        return Text({}, source.strip())
    looks = _looked_at(tree)
    for loop in tree.find_all(nodes.For):
        loop.iter = nodes.Filter(loop.iter, EACH, [], [], None, None, lineno=loop.lineno)
    environment = ENVIRONMENTS[kind]
    tree.set_environment(environment)
    try:
        # As `Template.generate`, without a generator around the generator; there are no globals.
        return Text(looks, write=environment.from_string(tree).root_render_func)  # type: ignore[arg-type]
    except (TemplateError, SyntaxError, RecursionError, ValueError) as error:
        raise Invalid(f"The template cannot be read: {error}") from error


@lru_cache(maxsize=1024)
def always_speaks(source: str) -> bool:
    """Whether something stands in the text whatever the fields hold."""
    # What stands at the top, outside every `if` and `for`.
    lines = [one for one in check(source).body if isinstance(one, nodes.Output)]
    return any(
        isinstance(words, nodes.TemplateData) and words.data.strip()
        for line in lines
        for words in line.nodes
    )


def together(texts: Iterable[Text]) -> Looks:
    """What several texts look at."""
    found: dict[str, Sequence[str] | None] = {}
    for text in texts:
        for name, entries in text.looks.items():
            before = found.get(name, ())
            if before is None or entries is None:
                found[name] = None
            else:
                found[name] = tuple(dict.fromkeys([*before, *entries]))
    return found


def _looked_at(tree: nodes.Template) -> Looks:
    """In the order in which the names are first mentioned."""
    parts, above = dict[str, dict[str, None]](), set[int]()
    for node in tree.find_all(nodes.Expr):
        match node:
            case (
                nodes.Getattr(node=nodes.Name() as name, attr=entry)
                | nodes.Getitem(node=nodes.Name() as name, arg=nodes.Const(value=str(entry)))
            ):
                parts.setdefault(name.name, {})[entry] = None
                above.add(id(name))
            case _:
                continue
    names = [one for one in tree.find_all(nodes.Name) if one.name not in _OWN]
    whole = {one.name for one in names if id(one) not in above}
    return {one.name: None if one.name in whole else tuple(parts[one.name]) for one in names}
