"""Who reads what: programs standard output, whose last line is the bare answer; people else."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

import orjson
import typer

from hub import clock
from hub.errors import Invalid
from hub.ids import parse_id

JsonFlag = Annotated[
    bool, typer.Option("--json", help="Print one JSON object on standard output.")
]


def say(sentence: str = "") -> None:
    """A line for a person, on standard error."""
    typer.echo(sentence, err=True)


def answer(bare: object, facts: Mapping[str, Any], *, as_json: bool) -> None:
    """What the command was asked for, on standard output: the bare answer, or `facts` as JSON."""
    typer.echo(as_text(facts) if as_json else str(bare))


def as_text(value: object) -> str:
    """One line of JSON; times in UTC with a `Z`, ids and the like as text."""
    options = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_NON_STR_KEYS
    return orjson.dumps(value, default=_spelled, option=options).decode()


def _spelled(value: object) -> object:
    if hasattr(value, "tzinfo"):
        return clock.rfc3339(value)  # type: ignore[arg-type]
    if isinstance(value, set | frozenset):
        return sorted(value)
    return str(value)


def id_of(text: str) -> UUID:
    """The id that was typed; raises Invalid."""
    found = parse_id(text)
    if found is None:
        raise Invalid(f"{text!r} is no id.", remedy="An id has the form of a UUID.")
    return found
