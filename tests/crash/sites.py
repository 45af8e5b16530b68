"""Where the hub commits: every place in its source that opens a transaction."""

import ast
from collections.abc import Iterator
from pathlib import Path

HUB = Path(__file__).parents[2] / "hub"
_OPENERS = {"transaction", "at_once"}


def commit_sites() -> set[str]:
    """`package.module.Class.function` of each: what `dying_node` calls a point while it runs."""
    return {
        f"{_module(path)}.{name}"
        for path in HUB.rglob("*.py")
        for name in _openers(ast.parse(path.read_text(encoding="utf-8")), ())
    }


def _module(path: Path) -> str:
    return ".".join(path.relative_to(HUB.parent).with_suffix("").parts)


def _openers(node: ast.AST, within: tuple[str, ...]) -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _openers(child, (*within, child.name))
        else:
            if _opens(child):
                yield ".".join(within)
            yield from _openers(child, within)


def _opens(node: ast.AST) -> bool:
    """A call such as `database.transaction()`; asyncpg's own is `connection.transaction()`."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in _OPENERS
        and not ast.unparse(node.func.value).endswith("connection")
    )
