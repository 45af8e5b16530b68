"""What a template may do with a field: words, numbers, money, dates, as the reader writes them."""

import re
from collections.abc import Callable
from datetime import date as datetime_date
from datetime import datetime
from datetime import time as datetime_time
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale
from babel.dates import format_date, format_time
from babel.numbers import format_currency, format_decimal
from jinja2 import Undefined, UndefinedError, pass_context
from jinja2.runtime import Context

from hub.errors import Invalid
from hub.rendering.bounds import MAX_TURNS
from hub.rendering.locales import babel_locale

BUDGET = "_budget"
READER = "_reader"
"""(IANA zone, BCP 47 tag) of whom the text is for; neither is empty."""
_FORMS = ("zero", "one", "two", "few", "many", "other")
"""The plural categories of CLDR, in its order."""
_EXAMPLES = {"zero": "0", "one": "1", "two": "2", "few": "2", "many": "5", "other": "2"}
_DIGITS = 30
"""A number with more is no amount: written out, `1e999999999` would fill the memory."""


def _tag(context: Context) -> str:
    _, tag = context[READER]
    return str(tag)


def _locale(context: Context) -> Locale:
    return babel_locale(_tag(context))


def forms_of(locale: str) -> tuple[str, ...]:
    """The plural forms a text in `locale` needs, in order; Russian: one, few, many."""
    rule = babel_locale(locale).plural_form
    # Whole numbers are counted; `other` of a language that has `many` is for fractions alone.
    used = {rule(number) for number in range(201)}
    return tuple(one for one in _FORMS if one in used)


def asked_forms(locale: str) -> str:
    """For whoever wrote too few: `3 (as for 1, 2, 5)`."""
    forms = forms_of(locale)
    return f"{len(forms)} (as for {', '.join(_EXAMPLES[one] for one in forms)})"


def _number(value: object) -> Decimal:
    if isinstance(value, Undefined):
        str(value)  # says which field is missing
    try:
        number = Decimal(str(value))
    except InvalidOperation as error:
        raise Invalid(f"`{_shown(value)}` is not a number.") from error
    if not number.is_finite() or abs(number.adjusted()) > _DIGITS:
        raise Invalid(f"`{_shown(value)}` is not a number one writes.")
    return number


def _shown(value: object) -> str:
    return str(value)[:50]


def money(context: Context, amount: object, currency: object = "") -> str:
    """`total | money(order.currency)`: 1 990,50 €; without a currency, the number."""
    number = _number(amount)
    # A currency is optional where the shop has only one.
    code = "" if currency is None or isinstance(currency, Undefined) else str(currency)
    if not code:
        return str(format_decimal(number, locale=_locale(context)))
    return str(format_currency(number, code[:3], locale=_locale(context)))


def number(context: Context, value: object) -> str:
    """12 345,6: grouped and pointed as the reader does."""
    return str(format_decimal(_number(value), locale=_locale(context)))


def plural(context: Context, count: object, *forms: str) -> str:
    """`n | plural("товар", "товара", "товаров")`: the word, without the number."""
    locale = _tag(context)
    wanted = forms_of(locale)
    if len(forms) != len(wanted):
        raise Invalid(f"`plural` needs {asked_forms(locale)} words in `{locale}`.")
    form = babel_locale(locale).plural_form(_number(count))
    # Fractions: the form of "two" where the language has one, as in «1,5 часа».
    usable = form if form in wanted else ("few" if "few" in wanted else wanted[-1])
    return forms[wanted.index(usable)]


def _moment(value: object, zone: str) -> datetime:
    if isinstance(value, Undefined):
        str(value)
    if isinstance(value, str):
        return _spelled(value, zone)
    if not isinstance(value, datetime):
        raise Invalid(f"`{_shown(value)}` is not a time.", remedy="Use a field that holds one.")
    return _there(value, zone)


def _spelled(value: str, zone: str) -> datetime:
    try:
        return _there(datetime.fromisoformat(value), zone)
    except ValueError as error:
        raise Invalid(f"`{_shown(value)}` is not a time.") from error


def _told(tell: Callable[[datetime, str], str]) -> Callable[[Context, object], str]:
    """What tells a moment to the reader, in their zone and language.

    A text tells the day and the hour of one moment, the words of each channel once more.
    """
    told = lru_cache(maxsize=4096)(lambda value, zone, tag: tell(_moment(value, zone), tag))

    @pass_context
    def filter_(context: Context, value: object) -> str:
        context[BUDGET].step()
        zone, tag = context[READER]
        # Only what spells itself alike is alike: equal times may lie in different zones.
        return told(value, zone, tag) if type(value) is str else tell(_moment(value, zone), tag)

    return filter_


def _there(value: datetime, zone: str) -> datetime:
    try:
        return value.astimezone(ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError, OverflowError, OSError):
        # An unknown zone is told in UTC, which every text with a time can bear.
        return value if value.tzinfo else value.replace(tzinfo=ZoneInfo("UTC"))


def date(moment: datetime, tag: str) -> str:
    """3 May 2026."""
    return _date(moment.date(), tag)


def day(moment: datetime, tag: str) -> str:
    """Sunday, 3 May: a day near enough to need no year."""
    return _day(moment.date(), tag)


# A thousand reminders tell of few days and hours, and babel takes its time for each.
@lru_cache(maxsize=2048)
def _date(one: datetime_date, tag: str) -> str:
    return str(format_date(one, format="long", locale=babel_locale(tag)))


@lru_cache(maxsize=2048)
def _day(one: datetime_date, tag: str) -> str:
    locale = babel_locale(tag)
    return str(format_date(one, format=_day_pattern(locale), locale=locale))


@lru_cache(maxsize=4096)
def _time(clock: datetime_time, tag: str) -> str:
    told = format_time(clock, format="short", locale=babel_locale(tag))
    # CLDR's narrow blank before "PM" would make two text messages of one (TS 23.038).
    return str(told).replace("\u202f", " ")


def _day_pattern(locale: Locale) -> str:
    """How `locale` orders weekday, day and month, with both names in full (UTS 35, 2.6.2.2)."""
    short = locale.datetime_skeletons.get("MMMEd")
    if short is not None and "MMM" in short.pattern:
        widened = re.sub(r"[Ec]{1,3}", "EEEE", short.pattern)
        return re.sub(r"(?<![ML])[ML]{3}(?![ML])", "MMMM", widened)
    # Bulgarian writes the month as a number there; the long date has its name, and a year.
    return re.sub(r"[\s,]*y+(\s*'[^']*'\.?)?", "", locale.date_formats["full"].pattern)


def time(moment: datetime, tag: str) -> str:
    """14:30, in the customer's zone."""
    return _time(moment.time().replace(second=0, microsecond=0), tag)


def both(moment: datetime, tag: str) -> str:
    """3 May 2026, 14:30."""
    return f"{date(moment, tag)}, {time(moment, tag)}"


def default(_: Context, value: object, instead: object = "") -> object:
    """`value`, or `instead` where it is missing or empty."""
    missing = value is None or isinstance(value, Undefined) or value in ("", [], {})
    return instead if missing else value


def length(_: Context, value: object) -> int:
    if value is None or isinstance(value, Undefined):
        return 0
    if isinstance(value, str | list | dict):
        return len(value)
    raise UndefinedError("`length` counts a list.")


def join(_: Context, values: object, between: str = ", ") -> str:
    """The words of a list in one line, at most 100 of them."""
    if not isinstance(values, list):
        raise UndefinedError("`join` takes a list.")
    return str(between).join(str(one) for one in values[:MAX_TURNS])


def first(_: Context, values: object) -> object:
    return _edge(values, 0)


def last(_: Context, values: object) -> object:
    return _edge(values, -1)


def _edge(values: object, at: int) -> object:
    if not isinstance(values, list) or not values:
        raise UndefinedError("The list is empty.")
    return values[at]


@pass_context
def each(context: Context, values: object) -> list[object]:
    """What a loop goes through: at most 100 turns, each of them counted."""
    budget = context[BUDGET]
    budget.step()
    # Most loops have nothing to go through: the plain type first.
    if type(values) is not list and not isinstance(values, list):
        if values is None or isinstance(values, Undefined):
            return []
        raise UndefinedError("A loop goes through a list.")
    turns = values[:MAX_TURNS]
    for one in turns:
        budget.spend(one)
    return turns


def _text(change: Callable[[str], str]) -> Callable[..., str]:
    def filter_(_: Context, value: object) -> str:
        # Escaped HTML stays what it is: `Markup` changes its own letters.
        return change(value if isinstance(value, str) else str(value))

    return filter_


def _whole(_: Context, value: object) -> int:
    return int(_number(value))


def _counted(change: Callable[..., Any]) -> Callable[..., Any]:
    @pass_context
    def filter_(context: Context, value: object, *given: object) -> Any:  # noqa: ANN401
        context[BUDGET].spend(value)
        return change(context, value, *given)

    return filter_


EACH = "_each"

FILTERS: dict[str, Callable[..., Any]] = {
    "upper": _counted(_text(str.upper)),
    "lower": _counted(_text(str.lower)),
    "capitalize": _counted(_text(str.capitalize)),
    "title": _counted(_text(str.title)),
    "trim": _counted(_text(str.strip)),
    "length": _counted(length),
    "default": _counted(default),
    "join": _counted(join),
    "first": _counted(first),
    "last": _counted(last),
    "int": _counted(_whole),
    "money": _counted(money),
    "number": _counted(number),
    "plural": _counted(plural),
    "date": _told(date),
    "day": _told(day),
    "time": _told(time),
    "datetime": _told(both),
}
"""By the name a template calls them."""

ALL_FILTERS = FILTERS | {EACH: each}

MOMENTS = frozenset({"date", "day", "time", "datetime"})
"""Without one of these a time would be told as computers write it."""
