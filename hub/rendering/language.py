"""Turning templates into text: sandboxed, bounded, strict about missing fields, per language.

Plain expressions, `if`, `for` without nesting, and some twenty filters. Nothing else is let in:
what a text needs beyond that is computed where the data comes from.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from itertools import islice
from typing import Literal

from jinja2 import (
    Template,
    TemplateError,
    TemplateSyntaxError,
    Undefined,
    nodes,
)
from jinja2.runtime import LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import missing
from typing_extensions import override

from hub.errors import Invalid
from hub.rendering.bounds import MAX_DEPTH, MAX_NODES, MAX_OUTPUT, MAX_SOURCE, Budget, Cutting
from hub.rendering.filters import (
    ALL_FILTERS,
    BUDGET,
    EACH,
    FILTERS,
    READER,
    asked_forms,
    forms_of,
)
from hub.rendering.locales import DEFAULT_LOCALE

Kind = Literal["text", "html"]
"""In `html` what a field holds is escaped."""

_MAPPINGS = (dict, Mapping)
_FEW = 100
_TESTS = ("defined", "undefined", "none", "string", "number", "odd", "even")
_ALLOWED = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Getattr, nodes.Getitem,
    nodes.Const, nodes.If, nodes.For, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not,
    nodes.CondExpr, nodes.Filter, nodes.Test,
)  # fmt: skip


class Missing(Undefined):
    """What is not there: may be asked for (`if order.data.gift`), never written."""

    __slots__ = ()

    @override
    def __str__(self) -> str:
        return self._fail_with_undefined_error()


def _written(value: object) -> object:
    """What a field becomes in the text; nothing that only a programmer would read."""
    # The plain type first: nearly every field is a text.
    if type(value) is str:
        return value
    if isinstance(value, str | int | float | Decimal) and not isinstance(value, bool):
        return value
    if isinstance(value, Undefined):
        return str(value)
    if value is None:
        raise TemplateError("a field is empty; use `if` or `default`")
    raise TemplateError(f"{type(value).__name__} cannot be written; use `if`, `for` or a filter")


class _Sandbox(ImmutableSandboxedEnvironment):
    """Facts are plain data: a name means an entry of a mapping, never a method of Python's."""

    @override
    def getattr(self, obj: object, attribute: str) -> object:
        # The plain type first: nearly always.
        if type(obj) is dict and attribute in obj:
            return obj[attribute]
        if isinstance(obj, LoopContext):
            return super().getattr(obj, attribute)
        return self.getitem(obj, attribute)

    @override
    def getitem(self, obj: object, argument: object) -> object:
        try:
            if isinstance(obj, dict):
                return obj[argument]
            if isinstance(obj, Undefined):
                return obj
            if isinstance(obj, list) and isinstance(argument, int):
                return obj[argument]
        except (LookupError, TypeError):
            return self.undefined(obj=obj, name=str(argument))
        return self.undefined(obj=obj, name=str(argument))


def _environment(kind: Kind) -> _Sandbox:
    environment = _Sandbox(
        undefined=Missing,
        autoescape=kind == "html",
        finalize=_written,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )
    environment.globals.clear()
    environment.filters = dict(ALL_FILTERS)
    environment.tests = {name: environment.tests[name] for name in _TESTS}
    return environment


_ENVIRONMENTS: Mapping[Kind, _Sandbox] = {
    "text": _environment("text"),
    "html": _environment("html"),
}


def check(source: str, *, locale: str = "") -> nodes.Template:
    """Raises Invalid, with the line, for all but plain expressions, `if` and a single `for`.

    locale: of the text; then the forms given to `plural` have to be as many as it needs.
    """
    tree = _parsed(source)
    count = _check_depth(tree)
    if count > MAX_NODES:
        raise Invalid("The template is too long-winded.", remedy="Make two of it.")
    for node in tree.find_all(nodes.Node):
        _check_node(node, locale)
    return tree


def _parsed(source: str) -> nodes.Template:
    if len(source) > MAX_SOURCE:
        raise Invalid(f"A template has at most {MAX_SOURCE} characters.")
    try:
        return _ENVIRONMENTS["text"].parse(source)
    except TemplateSyntaxError as error:
        raise Invalid(f"Line {error.lineno}: {error.message}") from error
    except (RecursionError, ValueError, OverflowError) as error:
        # Thousands of brackets, or a number of thousands of digits.
        raise Invalid("The template cannot be read: it nests too deep.") from error


def _check_depth(tree: nodes.Node) -> int:
    """How many nodes there are; raises Invalid when they nest too deep."""
    level: list[nodes.Node] = [tree]
    count = depth = 0
    while level:
        count, depth = count + len(level), depth + 1
        if depth > MAX_DEPTH:
            raise Invalid("The template nests too deep.", remedy="Use fewer brackets and `if`s.")
        level = [inner for node in level for inner in node.iter_child_nodes()]
    return count


def _check_node(node: nodes.Node, locale: str) -> None:
    if not isinstance(node, _ALLOWED):
        raise Invalid(
            f"Line {node.lineno}: `{type(node).__name__.lower()}` is not allowed in a template.",
            remedy="Use fields, if, for and filters; compute the rest where the data comes from.",
        )
    if isinstance(node, nodes.For):
        _check_loop(node)
    if isinstance(node, nodes.Filter):
        _check_filter(node, locale)
    if isinstance(node, nodes.Test) and node.name not in _TESTS:
        raise Invalid(f"Line {node.lineno}: `is {node.name}` is not allowed in a template.")
    if isinstance(node, nodes.Name | nodes.Getattr):
        name = node.name if isinstance(node, nodes.Name) else node.attr
        if name.startswith("_"):
            raise Invalid(f"Line {node.lineno}: there is no field `{name}`.")


def _check_loop(node: nodes.For) -> None:
    if any(inner is not node for inner in node.find_all(nodes.For)):
        raise Invalid(f"Line {node.lineno}: a loop inside a loop is not allowed.")
    if node.recursive or not isinstance(node.target, nodes.Name):
        raise Invalid(f"Line {node.lineno}: write a loop as `for item in order.items`.")


def _check_filter(node: nodes.Filter, locale: str) -> None:
    if node.name not in FILTERS:
        known = ", ".join(sorted(FILTERS))
        raise Invalid(f"Line {node.lineno}: there is no filter `{node.name}`; there are {known}.")
    if node.kwargs or node.dyn_args or node.dyn_kwargs:
        raise Invalid(f"Line {node.lineno}: `{node.name}` takes plain values, without names.")
    if node.name == "plural" and locale and len(node.args) != len(forms_of(locale)):
        raise Invalid(
            f"Line {node.lineno}: `plural` needs {asked_forms(locale)} words in `{locale}`."
        )


PREFERENCES_URL = "https://preferences.invalid"
"""What `preferences_url` is in a text until it is known to whom it goes: then the address of the
page where they say what they want to get stands in its place."""


def render(source: str, fields: Mapping[str, object], *, locale: str, time_zone: str = "") -> str:
    """`source` with `fields` filled in. Raises Invalid for a missing field or an endless text."""
    return Filling(fields, locale=locale, time_zone=time_zone).text(source)


def render_html(
    source: str, fields: Mapping[str, object], *, locale: str, time_zone: str = ""
) -> str:
    """`render` for HTML: what the fields hold is escaped."""
    return Filling(fields, locale=locale, time_zone=time_zone).html(source)


class _Given(dict[str, object]):
    """What compiled templates see, by name.

    Not Jinja's own context, which makes five containers for blocks, globals and exports that no
    text here can have.
    """

    def resolve_or_missing(self, name: str) -> object:
        return self.get(name, missing)


_Looks = Mapping[str, Sequence[str] | None]
"""By name, which entries of it are looked at; None: all of it."""


@dataclass(frozen=True, slots=True)
class _Ready:
    """A template with what it looks at."""

    template: Template
    looks: _Looks


class Filling:
    """What the texts for one reader are filled in with, made ready once for all of them."""

    def __init__(self, fields: Mapping[str, object], *, locale: str, time_zone: str = "") -> None:
        own = {"locale": locale, "time_zone": time_zone, "preferences_url": PREFERENCES_URL}
        self._given = _Given(own)
        self._given[READER] = (time_zone or "UTC", locale or DEFAULT_LOCALE)
        self._fields = {name: held for name, held in fields.items() if name not in own}
        self._whole: set[str] = set()
        self._cut = Cutting()

    def text(self, source: str) -> str:
        """Raises Invalid for a missing field or an endless text."""
        ready = _compiled(source, "text")
        return ready if isinstance(ready, str) else "".join(self._filled(ready)).strip()

    def html(self, source: str) -> str:
        """What the fields hold is escaped."""
        return "".join(self.pieces(source)).strip()

    def pieces(self, source: str) -> Sequence[str]:
        """HTML not put together yet: what is `Markup` of it is what a field held, escaped."""
        ready = _compiled(source, "html")
        return (ready,) if isinstance(ready, str) else self._filled(ready)

    def _filled(self, ready: "_Ready") -> Sequence[str]:
        self._see(ready)
        self._given[BUDGET] = Budget()
        try:
            return _bounded(ready.template, self._given)
        except TemplateError as error:
            raise Invalid(f"The template cannot be filled in: {error.message}") from error
        except (TypeError, ValueError, ArithmeticError) as error:
            raise Invalid(f"The template cannot be filled in: {error}") from error

    def _see(self, ready: _Ready) -> None:
        """What the text looks at beside what others before it did: little of a shop's order."""
        for name, held in self._fields.items():
            if name not in ready.looks:
                continue
            entries = ready.looks[name]
            if entries is not None and isinstance(held, _MAPPINGS):
                self._see_entries(name, held, entries)
            elif name not in self._whole:
                self._given[name] = self._cut(held)
                self._whole.add(name)

    def _see_entries(self, name: str, held: Mapping[str, object], entries: Sequence[str]) -> None:
        seen = self._given.setdefault(name, {})
        if not isinstance(seen, dict):
            # All of it was cut to nothing, behind too much else.
            return
        for entry in entries:
            if entry not in seen and entry in held:
                seen[entry] = self._cut(held[entry])


@lru_cache(maxsize=1024)
def _compiled(source: str, kind: Kind) -> _Ready | str:
    """Words that name no field are their own text: buttons, most of them."""
    tree = check(source)
    if "{" not in source and "\r" not in source:
        return source.strip()
    looks = _looked_at(tree)
    for loop in tree.find_all(nodes.For):
        loop.iter = nodes.Filter(loop.iter, EACH, [], [], None, None, lineno=loop.lineno)
    environment = _ENVIRONMENTS[kind]
    tree.set_environment(environment)
    try:
        return _Ready(environment.from_string(tree), looks)
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


def _looked_at(tree: nodes.Template) -> _Looks:
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
    names = (node for node in tree.find_all(nodes.Name) if id(node) not in above)
    entries = {root: tuple(one) for root, one in parts.items()}
    return {**entries, **dict.fromkeys(node.name for node in names)}


def _bounded(template: Template, given: _Given) -> list[str]:
    # As `template.generate`, without a generator around the generator; there are no globals.
    written = iter(template.root_render_func(given))  # type: ignore[arg-type]
    # No field is longer than a text may be: so many pieces of it fit into memory, and nearly all
    # texts have fewer.
    pieces = [*islice(written, _FEW)]
    size = sum(map(len, pieces))
    if size > MAX_OUTPUT:
        raise Invalid(f"The text grows past {MAX_OUTPUT} characters.")
    for piece in written:
        pieces.append(piece)
        size += len(piece)
        if size > MAX_OUTPUT:
            raise Invalid(f"The text grows past {MAX_OUTPUT} characters.")
    return pieces
