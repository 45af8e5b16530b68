"""Turning templates into text: sandboxed, bounded, strict about missing fields, per language.

Plain expressions, `if`, `for` without nesting, and some twenty filters. Nothing else is let in:
what a text needs beyond that is computed where the data comes from.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Literal

from jinja2 import TemplateError, TemplateSyntaxError, Undefined, nodes
from jinja2.runtime import LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from typing_extensions import override

from hub.errors import Invalid
from hub.rendering.bounds import MAX_DEPTH, MAX_NODES, MAX_SOURCE
from hub.rendering.filters import ALL_FILTERS, FILTERS, asked_forms, forms_of
from hub.rendering.held import holding

Kind = Literal["text", "html"]
"""In `html` what a field holds is escaped."""

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


_WRITTEN = (str, int, float, Decimal)


def _written(value: object) -> object:
    """What a field becomes in the text; nothing that only a programmer would read."""
    # The plain type first: nearly every field is a text.
    if type(value) is str:
        return value
    if isinstance(value, _WRITTEN) and not isinstance(value, bool):
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
        # What is written of HTML is escaped on its way out, once.
        autoescape=False,
        finalize=holding(_written) if kind == "html" else _written,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )
    environment.globals.clear()
    environment.filters = dict(ALL_FILTERS)
    environment.tests = {name: environment.tests[name] for name in _TESTS}
    return environment


ENVIRONMENTS: Mapping[Kind, _Sandbox] = {
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
        return ENVIRONMENTS["text"].parse(source)
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
