"""Whether a template only uses fields that exist, and says what happens where one is empty.

Checked when a template is saved, so that nobody receives "None", a half sentence or nothing:
a field that may be empty stands inside an `if` that asks for it, or says its `default`.
"""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from jinja2 import nodes

from hub.errors import Invalid
from hub.rendering.filters import MOMENTS


class Holds(StrEnum):
    """What a field holds."""

    TEXT = "text"
    NUMBER = "number"
    MOMENT = "moment"
    WORDS = "words"
    """A list of texts."""
    ITEMS = "items"
    """A list of objects; their fields are catalogued as `items[].name`."""
    ANY = "any"
    """Whatever another system sent, with anything inside."""


@dataclass(frozen=True, slots=True)
class Field:
    """always: never empty."""

    holds: Holds
    always: bool = False


Fields = Mapping[str, Field]
"""By dotted path."""

_OF_LISTS = frozenset({"length", "join", "first", "last"})
_ORDERING = frozenset({"gt", "gteq", "lt", "lteq"})
_LISTS = frozenset({Holds.WORDS, Holds.ITEMS, Holds.ANY})
_ANY = Field(Holds.ANY)
_LOOP = "loop()"
"""The path of what a loop makes itself; no field can be called so."""


def check_fields(tree: nodes.Template, fields: Fields, *, careful: bool = True) -> None:
    """Raises Invalid, with the line, for an unknown field and for one that may be missing.

    `tree` has passed `language.check`. careful: False asks only for names that are known.
    """
    _Walk(fields, careful=careful).body(tree.body, frozenset(), {})


@dataclass(frozen=True, slots=True)
class _Seen:
    """What stands around an expression: the fields asked for, and what the loop is called."""

    asked: frozenset[str]
    bound: Mapping[str, str]


class _Walk:
    def __init__(self, fields: Fields, *, careful: bool) -> None:
        self._fields = fields
        self._careful = careful

    def body(
        self, body: list[nodes.Node], asked: frozenset[str], bound: Mapping[str, str]
    ) -> None:
        seen = _Seen(asked, bound)
        for node in body:
            if isinstance(node, nodes.Output):
                for one in node.nodes:
                    if not isinstance(one, nodes.TemplateData):
                        self._written(one, seen)
            elif isinstance(node, nodes.If):
                self._if(node, seen)
            elif isinstance(node, nodes.For):
                self._for(node, seen)

    def _if(self, node: nodes.If, seen: _Seen) -> None:
        self._read(_asked(node.test), seen)
        self.body(node.body, seen.asked | self._there(_asked(node.test), seen), seen.bound)
        otherwise = _Seen(
            seen.asked | self._there(_asked(node.test), seen, negated=True), seen.bound
        )
        for one in node.elif_:
            self._if(one, otherwise)
            gone = self._there(_asked(one.test), otherwise, negated=True)
            otherwise = _Seen(otherwise.asked | gone, seen.bound)
        self.body(node.else_, otherwise.asked, seen.bound)

    def _for(self, node: nodes.For, seen: _Seen) -> None:
        path = self._read(_asked(node.iter), seen)
        assert isinstance(node.target, nodes.Name)  # noqa: S101 - `language.check` saw to it
        if path is not None and self._field(path, node).holds not in _LISTS:
            raise Invalid(f"Line {node.lineno}: `{path}` is not a list.")
        bound = {
            **seen.bound,
            node.target.name: f"{path}[]" if path else _LOOP,
            "loop": _LOOP,
        }
        if node.test is not None:
            self._read(_asked(node.test), _Seen(seen.asked, bound))
        self.body(node.body, seen.asked, bound)
        self.body(node.else_, seen.asked, seen.bound)

    def _written(self, node: nodes.Expr, seen: _Seen) -> None:
        """An expression whose value the reader sees."""
        path = self._path(node, seen)
        if path is not None:
            self._needed(path, node, seen, "")
        elif isinstance(node, nodes.CondExpr):
            self._choice(node, seen)
        elif isinstance(node, nodes.Filter):
            self._filtered(node, seen)
        else:
            self._read(node, seen)

    def _choice(self, node: nodes.CondExpr, seen: _Seen) -> None:
        if node.expr2 is None:
            raise Invalid(
                f"Line {node.lineno}: say what stands there otherwise: `… if … else ''`."
            )
        self._read(_asked(node.test), seen)
        there = seen.asked | self._there(_asked(node.test), seen)
        self._written(node.expr1, _Seen(there, seen.bound))
        gone = seen.asked | self._there(_asked(node.test), seen, negated=True)
        self._written(node.expr2, _Seen(gone, seen.bound))

    def _filtered(self, node: nodes.Filter, seen: _Seen) -> None:
        for one in node.args:
            # The currency of an amount may be missing, as in shops that have only one.
            if node.name == "money":
                self._read(one, seen)
            else:
                self._written(one, seen)
        inner = node.node
        assert inner is not None  # noqa: S101 - only `{% filter %}` has none, and is not allowed
        path = self._path(inner, seen)
        if node.name == "default" or (path is not None and node.name in _OF_LISTS):
            self._read(inner, seen)
        elif path is not None:
            self._needed(path, inner, seen, node.name)
        else:
            self._written(inner, seen)

    def _read(self, node: nodes.Expr, seen: _Seen) -> str | None:
        """An expression that is only asked; its path, if it is a field."""
        path = self._path(node, seen)
        if path is not None:
            self._field(path, node)
            return path
        if isinstance(node, nodes.Filter | nodes.CondExpr):
            self._written(node, seen)
            return None
        if isinstance(node, nodes.Compare):
            self._compared(node, seen)
            return None
        if isinstance(node, nodes.And):
            self._read(node.left, seen)
            self._read(node.right, _Seen(seen.asked | self._there(node.left, seen), seen.bound))
            return None
        for inner in node.iter_child_nodes():
            if isinstance(inner, nodes.Expr):
                self._read(inner, seen)
        return None

    def _compared(self, node: nodes.Compare, seen: _Seen) -> None:
        ordering = any(one.op in _ORDERING for one in node.ops)
        for side in (node.expr, *(one.expr for one in node.ops)):
            if ordering:
                self._written(side, seen)
            else:
                self._read(side, seen)

    def _needed(self, path: str, node: nodes.Node, seen: _Seen, by: str) -> None:
        field = self._field(path, node)
        if self._careful and not (field.always or path in seen.asked):
            raise Invalid(
                f"Line {node.lineno}: `{path}` may be empty.",
                remedy=f"Put the words around it inside `{{% if {path} %}}`, "
                f"or write `{{{{ {path} | default('…') }}}}`.",
            )
        if field.holds is Holds.MOMENT and by not in MOMENTS:
            raise Invalid(
                f"Line {node.lineno}: `{path}` is a time: say how to write it.",
                remedy=f"`{{{{ {path} | day }}}}`, `| date`, `| time` or `| datetime`.",
            )
        if field.holds in {Holds.WORDS, Holds.ITEMS}:
            raise Invalid(
                f"Line {node.lineno}: `{path}` is a list.",
                remedy="Use `for`, `join` or `length`.",
            )

    def _there(self, test: nodes.Expr, seen: _Seen, *, negated: bool = False) -> frozenset[str]:
        """The fields that are surely there when `test` holds; with `negated`, when it does not."""
        if isinstance(test, nodes.Not):
            return self._there(test.node, seen, negated=not negated)
        if isinstance(test, nodes.Or if negated else nodes.And):
            left = self._there(test.left, seen, negated=negated)
            return left | self._there(test.right, seen, negated=negated)
        if negated:
            return frozenset()
        if isinstance(test, nodes.Compare):
            equals = all(one.op == "eq" and isinstance(one.expr, nodes.Const) for one in test.ops)
            path = self._path(test.expr, seen) if equals else None
        else:
            path = self._path(test, seen)
        return frozenset() if path is None else frozenset({path})

    def _path(self, node: nodes.Node, seen: _Seen) -> str | None:
        """`order.items[].name` of an expression that names a field; None for any other."""
        if isinstance(node, nodes.Name):
            return seen.bound.get(node.name, node.name)
        if isinstance(node, nodes.Getattr):
            above = self._path(node.node, seen)
            return None if above is None else f"{above}.{node.attr}"
        if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
            above, key = self._path(node.node, seen), node.arg.value
            if above is not None:
                return f"{above}[]" if isinstance(key, int) else f"{above}.{key}"
        return None

    def _field(self, path: str, node: nodes.Node) -> Field:
        if path in self._fields:
            return self._fields[path]
        if path.startswith(_LOOP):
            return Field(Holds.ANY, always=True)
        above = path
        while above := above.rpartition(".")[0] if not above.endswith("[]") else above[:-2]:
            found = self._fields.get(above)
            if found is not None and (found.holds is Holds.ANY or path == f"{above}[]"):
                return Field(Holds.TEXT, always=True) if found.holds is Holds.WORDS else _ANY
        raise _unknown(path, self._fields, node.lineno)


def _asked(node: nodes.Node) -> nodes.Expr:
    assert isinstance(node, nodes.Expr)  # noqa: S101 - Jinja's grammar: a test, what a loop is over
    return node


def _unknown(path: str, fields: Fields, line: int) -> Invalid:
    near = difflib.get_close_matches(path, list(fields), n=1)
    hint = f" Did you mean `{near[0]}`?" if near else ""
    roots = sorted({one.partition(".")[0] for one in fields})
    return Invalid(
        f"Line {line}: there is no field `{path}` here.{hint}",
        remedy=f"Fields begin with {', '.join(roots)}.",
    )
