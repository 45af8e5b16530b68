"""Whether a call is one that the published Bot API knows: its method, parameters and objects.

The real server ignores what it does not know, so a misspelt parameter is lost without a word;
the twin does the same and remembers it as a violation. `schema.json` lists the names and types.
"""

import json
import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files

from channels.telegram.twin.calls import Call

_ARRAY = "Array of "
_MOST = 500

Fields = Mapping[str, tuple[str, int]]


class Violations:
    """What calls were at fault in, newest last; the oldest are forgotten."""

    def __init__(self) -> None:
        self.found: deque[str] = deque(maxlen=_MOST)

    def note(self, call: Call) -> bool:
        """Remember what is wrong with `call`; whether anything was."""
        wrong = [f"{call.method}: {one}" for one in wrongs(call)]
        self.found.extend(wrong)
        return bool(wrong)


def wrongs(call: Call) -> Iterator[str]:
    """What is wrong with a call, a line each."""
    fields = known()["methods"].get(call.method)
    if fields is None:
        yield "unknown method" if spelt(call.method) is None else "not played by this twin"
        return
    for name, (kind, required) in fields.items():
        if required and name not in call.arguments and name not in call.files:
            yield f"{name} is required"
        elif name in call.arguments:
            yield from _mismatches(name, call.arguments[name], kind)
    attached = set(re.findall(r"attach://([\w.-]+)", " ".join(call.arguments.values())))
    yield from (f"unknown parameter {name}" for name in call.arguments if name not in fields)
    unknown_files = call.files.keys() - fields.keys() - attached
    yield from (f"file {name} is named by nothing" for name in sorted(unknown_files))
    yield from (f"attach://{name} names no file" for name in sorted(attached - call.files.keys()))


@cache
def known() -> Mapping[str, Mapping[str, Fields]]:
    text = (files("channels.telegram.twin") / "schema.json").read_text(encoding="utf-8")
    tables: Mapping[str, Mapping[str, Fields]] = json.loads(text)
    return tables


@cache
def _spellings() -> Mapping[str, str]:
    return {name.lower(): name for name in [*known()["methods"], *known()["others"]]}


def spelt(method: str) -> str | None:
    """The documentation's spelling: the server does not tell large letters from small ones."""
    return _spellings().get(method.lower())


def _mismatches(where: str, text: str, kind: str) -> Iterator[str]:
    """What is wrong with an argument, which came as text."""
    choices = kind.split("|")
    if "String" in choices or "InputFile" in choices or kind == "Any":
        return
    try:
        value = json.loads(text)
    except ValueError:
        value = text.lower() == "true" if text.lower() in ("true", "false") else text
    yield from mismatches(where, value, choices)


def mismatches(where: str, value: object, choices: Sequence[str]) -> Iterator[str]:
    """What is wrong with a JSON value that is one of the types `choices`."""
    found = [list(_mismatch(where, value, choice)) for choice in choices]
    if all(found):
        # Of several possible types the one that fits best tells most.
        yield from min(found, key=len)


def _mismatch(where: str, value: object, kind: str) -> Iterator[str]:
    if kind.startswith(_ARRAY):
        if not isinstance(value, list):
            yield f"{where} is no list"
            return
        for at, one in enumerate(value):
            yield from mismatches(f"{where}[{at}]", one, [kind.removeprefix(_ARRAY)])
    elif kind in known()["types"]:
        yield from _object(where, value, known()["types"][kind])
    elif not _is(value, kind):
        yield f"{where} is no {kind}"


def _is(value: object, kind: str) -> bool:
    match kind:
        case "Integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "Float":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "Boolean" | "True":
            return isinstance(value, bool)
        case "String" | "InputFile":
            return isinstance(value, str)
        case _:
            return True


def _object(where: str, value: object, fields: Fields) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{where} is no object"
    elif "is" in fields:
        yield from mismatches(where, value, [str(kind) for kind in fields["is"]])
    else:
        yield from _members(where, value, fields)


def _members(where: str, value: Mapping[str, object], fields: Fields) -> Iterator[str]:
    for name, (kind, required) in fields.items():
        if value.get(name) is not None:
            yield from mismatches(f"{where}.{name}", value[name], kind.split("|"))
        elif required:
            yield f"{where}.{name} is required"
    yield from (f"unknown parameter {where}.{name}" for name in value if name not in fields)
