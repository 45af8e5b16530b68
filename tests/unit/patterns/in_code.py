"""Finds every regular expression of the hub and its channels where it stands in the code, with the
ways in which it is used, so that none can be forgotten.

From the syntax tree: what is handed to a function of `re`, evaluated among the names of its
module. What is only put together as the program runs has to be told of in MADE.
"""

import ast
import importlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
ANCHORED = {"match", "fullmatch"}
FUNCTIONS = {
    *ANCHORED, "compile", "search", "sub", "subn", "split", "findall", "finditer",
}  # fmt: skip


@dataclass(frozen=True)
class Used:
    """One pattern: where it stands, and whether it is only ever tried at one place of a text."""

    where: str
    pattern: re.Pattern[Any] = field(repr=False)
    anchored: bool


@dataclass(frozen=True)
class Made:
    """A call whose pattern cannot be known from the code alone."""

    where: str


def files() -> list[Path]:
    return sorted([*ROOT.glob("hub/**/*.py"), *ROOT.glob("channels/**/*.py")])


def _names(tree: ast.Module) -> dict[str, str]:
    """By what names a module calls the functions of `re`: "re.compile", or one of its own."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for one in node.names:
                if one.name == "re":
                    found |= {f"{one.asname or 're'}.{name}": name for name in FUNCTIONS}
        elif isinstance(node, ast.ImportFrom) and node.module == "re":
            found |= {one.asname or one.name: one.name for one in node.names}
    return {called: name for called, name in found.items() if name in FUNCTIONS}


@cache
def _methods() -> dict[str, frozenset[str]]:
    """Which methods are called on a name, anywhere: patterns are imported under their own name."""
    found: dict[str, set[str]] = {}
    for path in files():
        for name, method in re.findall(r"\b(\w+)\.(\w+)\b", path.read_text("utf-8")):
            found.setdefault(name, set()).add(method)
    return {name: frozenset(methods) for name, methods in found.items()}


def _only_at_one_place(parents: list[ast.AST], function: str) -> bool:
    """Whether a pattern is matched and never searched: by its call, or by what is done with the
    name that it was given."""
    if function != "compile":
        return function in ANCHORED
    name = ""
    given = next((one for one in parents if isinstance(one, ast.Assign | ast.AnnAssign)), None)
    if isinstance(given, ast.Assign) and isinstance(given.targets[0], ast.Name):
        name = given.targets[0].id
    elif isinstance(given, ast.AnnAssign) and isinstance(given.target, ast.Name):
        name = given.target.id
    elif parents and isinstance(parents[0], ast.Attribute):
        return parents[0].attr in ANCHORED
    used = _methods().get(name, frozenset()) & FUNCTIONS
    return bool(used) and used <= ANCHORED


def _walk(node: ast.AST, parents: list[ast.AST]) -> Iterator[tuple[ast.Call, list[ast.AST]]]:
    if isinstance(node, ast.Call):
        yield node, parents
    for child in ast.iter_child_nodes(node):
        yield from _walk(child, [node, *parents])


def _valued(call: ast.Call, names: dict[str, object]) -> re.Pattern[Any] | None:
    """The pattern of a call, evaluated as its module would; nothing where that needs a function's
    own names."""
    flags = [one.value for one in call.keywords if one.arg == "flags"]
    if ast.unparse(call.func).endswith("compile"):
        flags += call.args[1:2]
    try:
        pattern, *more = (
            eval(compile(ast.Expression(one), "<pattern>", "eval"), names)  # noqa: S307
            for one in [call.args[0], *flags]
        )
    except NameError:
        return None
    return re.compile(pattern, *more)


def in_source(
    source: str, where: str, names: Callable[[], dict[str, object]]
) -> list[Used | Made]:
    """Each pattern of one module's text; its names are asked for only when there is one."""
    if not re.search(r"^(?:import|from) re\b", source, re.MULTILINE):
        return []
    tree = ast.parse(source)
    functions = _names(tree)
    found: list[Used | Made] = []
    for call, parents in _walk(tree, []):
        function = functions.get(ast.unparse(call.func))
        if function is None or not call.args:
            continue
        place = f"{where}: {ast.unparse(call.args[0])[:60]}"
        pattern = _valued(call, names())
        once = _only_at_one_place(parents, function)
        found.append(Made(place) if pattern is None else Used(place, pattern, once))
    return found


def _in_file(path: Path) -> list[Used | Made]:
    where = path.relative_to(ROOT)
    module = ".".join(where.with_suffix("").parts).removesuffix(".__init__")
    return in_source(
        path.read_text("utf-8"), str(where), lambda: dict(vars(importlib.import_module(module)))
    )


@cache
def all_used() -> list[Used | Made]:
    return [one for path in files() for one in _in_file(path)]


def other_engines() -> list[str]:
    """Modules that choose an engine for the patterns of their models."""
    return [str(path) for path in files() if "regex_engine" in path.read_text("utf-8")]
