"""Turning templates into text: sandboxed, bounded, strict about missing fields, per language.

Shipped notices are files `templates/notices/<name>/<locale>.txt.j2`. Text that people write
themselves (rules, saved replies) passes `check` first: only plain expressions, `if`, `for`
without nesting, and a dozen filters.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime, format_time
from babel.numbers import format_currency, format_decimal
from jinja2 import (
    StrictUndefined,
    Template,
    TemplateError,
    TemplateSyntaxError,
    nodes,
    pass_context,
)
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from hub import resources
from hub.errors import Invalid

MAX_OUTPUT = 20_000
"""Characters: longer than any notice, shorter than what would hurt."""
MAX_SOURCE = 20_000
DEFAULT_LOCALE = "en"

_FILTERS = (
    "upper",
    "lower",
    "capitalize",
    "title",
    "trim",
    "length",
    "default",
    "join",
    "first",
    "last",
    "int",
)
_ALLOWED = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Getattr, nodes.Getitem,
    nodes.Const, nodes.If, nodes.For, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not,
    nodes.CondExpr, nodes.Filter, nodes.Test, nodes.Keyword,
)  # fmt: skip


def _locale(context: Context) -> Locale:
    return babel_locale(str(context.get("locale") or DEFAULT_LOCALE))


@pass_context
def _money(context: Context, amount: object, currency: str = "") -> str:
    try:
        number = Decimal(str(amount))
    except InvalidOperation:
        return str(amount)
    if not currency:
        return str(format_decimal(number, locale=_locale(context)))
    return str(format_currency(number, currency, locale=_locale(context)))


def _moment(context: Context, value: object) -> datetime:
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if not isinstance(value, datetime):
        raise Invalid(f"`{value!r}` is not a time.", remedy="Use a field that holds a time.")
    return value.astimezone(ZoneInfo(str(context.get("time_zone") or "UTC")))


@pass_context
def _date(context: Context, value: object) -> str:
    return str(format_date(_moment(context, value), format="long", locale=_locale(context)))


@pass_context
def _time(context: Context, value: object) -> str:
    return str(format_time(_moment(context, value), format="short", locale=_locale(context)))


@pass_context
def _datetime(context: Context, value: object) -> str:
    return str(format_datetime(_moment(context, value), format="long", locale=_locale(context)))


def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )
    environment.globals.clear()
    own = {"money": _money, "date": _date, "time": _time, "datetime": _datetime}
    environment.filters = {name: environment.filters[name] for name in _FILTERS} | own
    return environment


_ENVIRONMENT = _environment()


def babel_locale(tag: str) -> Locale:
    """The nearest locale babel knows to a BCP 47 tag; English when there is none."""
    for candidate in _tags(tag):
        try:
            return Locale.parse(candidate, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    return Locale.parse(DEFAULT_LOCALE)


def _tags(tag: str) -> list[str]:
    """`ru-RU` → `ru-RU`, `ru`, `en`: from the exact to the always there."""
    # Letters and digits only: the tag becomes part of a file name.
    parts = re.findall("[A-Za-z0-9]+", tag)
    exact = ["-".join(parts[:length]) for length in range(len(parts), 0, -1)]
    return [one for one in [*exact, DEFAULT_LOCALE] if one]


def check(source: str) -> None:
    """Raises Invalid, with the line, for all but plain expressions, `if` and a single `for`."""
    if len(source) > MAX_SOURCE:
        raise Invalid(f"A template has at most {MAX_SOURCE} characters.")
    try:
        tree = _ENVIRONMENT.parse(source)
    except TemplateSyntaxError as error:
        raise Invalid(f"Line {error.lineno}: {error.message}") from error
    for node in tree.find_all(nodes.Node):
        _check_node(node)


def _check_node(node: nodes.Node) -> None:
    if not isinstance(node, _ALLOWED):
        raise Invalid(
            f"Line {node.lineno}: `{type(node).__name__.lower()}` is not allowed in a template.",
            remedy="Use fields, if, for and filters; compute the rest where the data comes from.",
        )
    if isinstance(node, nodes.For) and any(
        inner is not node for inner in node.find_all(nodes.For)
    ):
        raise Invalid(f"Line {node.lineno}: a loop inside a loop is not allowed.")
    if isinstance(node, nodes.Filter) and node.name not in _ENVIRONMENT.filters:
        known = ", ".join(sorted(_ENVIRONMENT.filters))
        raise Invalid(f"Line {node.lineno}: there is no filter `{node.name}`; there are {known}.")


def render(source: str, fields: Mapping[str, object], *, locale: str, time_zone: str = "") -> str:
    """`source` with `fields` filled in. Raises Invalid for a missing field or an endless text."""
    return _finish(_compiled(source), fields, locale=locale, time_zone=time_zone)


@lru_cache(maxsize=512)
def _compiled(source: str) -> Template:
    check(source)
    return _ENVIRONMENT.from_string(source)


def _finish(
    template: Template, fields: Mapping[str, object], *, locale: str, time_zone: str
) -> str:
    pieces: list[str] = []
    size = 0
    try:
        for piece in template.generate({**fields, "locale": locale, "time_zone": time_zone}):
            pieces.append(piece)
            size += len(piece)
            if size > MAX_OUTPUT:
                raise Invalid(f"The text grows past {MAX_OUTPUT} characters.")
    except TemplateError as error:
        raise Invalid(f"The template cannot be filled in: {error.message}") from error
    except (TypeError, ValueError) as error:
        raise Invalid(f"The template cannot be filled in: {error}") from error
    return "".join(pieces).strip()


class Notices:
    """The shipped notices, by name and in the nearest language."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or resources.path("templates") / "notices"

    def names(self) -> list[str]:
        return sorted(entry.name for entry in self._folder.iterdir() if entry.is_dir())

    def source(self, name: str, *, locale: str) -> tuple[str, str]:
        """The template's text and the locale it is in. Raises Invalid for an unknown name."""
        if name not in self.names():
            raise Invalid(
                f"There is no template `{name}`.",
                remedy=f"There are: {', '.join(self.names())}.",
            )
        for tag in _tags(locale):
            path = self._folder / name / f"{tag}.txt.j2"
            if path.is_file():
                return path.read_text(encoding="utf-8"), tag
        raise Invalid(f"The template `{name}` has no text in {DEFAULT_LOCALE}.")

    def render(
        self, name: str, fields: Mapping[str, object], *, locale: str, time_zone: str
    ) -> str:
        source, tag = self.source(name, locale=locale)
        return render(source, fields, locale=tag, time_zone=time_zone)
