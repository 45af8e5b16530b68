"""What is read in place of a traceback: what happened, and what to do next. Pure."""

from dataclasses import dataclass
from typing import TypeVar

from pydantic import ValidationError

from hub.db.retry import DATABASE_ERRORS, refusal
from hub.errors import HubError
from hub.settings import Settings

E = TypeVar("E", bound=BaseException)


@dataclass(frozen=True, slots=True)
class Fault:
    """`code` is the exit code: 1 it failed, 2 what was asked for makes no sense."""

    message: str
    remedy: str = ""
    code: int = 1


def explain(error: BaseException) -> Fault:
    """The fault to report; a group of errors counts as its first."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, HubError):
        return Fault(_with_fields(error), error.remedy)
    if isinstance(error, ValidationError) and error.title == Settings.__name__:
        return _settings(error)
    if isinstance(error, DATABASE_ERRORS):
        return _database(error)
    if isinstance(error, OSError):
        return Fault(_system(error), "`hub doctor` looks at everything the hub needs.")
    return Fault(
        f"Something went wrong that should not: {type(error).__name__}: {error}",
        "Run it again as `hub --debug ...` and report what it prints.",
    )


def _with_fields(error: HubError) -> str:
    """The fault of a field beside its name; only the name where that is all there is to add."""
    said = str(error)
    places = [
        f"  at {field}" if fault == said else f"  {field}: {fault}"
        for field, fault in error.fields.items()
    ]
    return "\n".join([said, *places])


def _settings(error: ValidationError) -> Fault:
    faults = error.errors(include_url=False, include_input=False, include_context=False)
    lines = [f"  HUB_{str(fault['loc'][0]).upper()}: {fault['msg']}" for fault in faults]
    return Fault(
        "\n".join(["The environment is not right.", *lines]),
        "docs/operating.md lists every variable.",
        code=2,
    )


def _database(error: BaseException) -> Fault:
    return Fault(
        f"The database refused: {refusal(error)}",
        "`hub doctor` says whether it can be reached and fits this release.",
    )


def _system(error: OSError) -> str:
    named = f"{error.filename}: " if error.filename else ""
    return f"{named}{error.strerror or error}"
