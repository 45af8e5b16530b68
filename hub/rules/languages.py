"""A language that a rule names: refused, with the nearest there is, where nobody knows it."""

import difflib
from collections.abc import Mapping
from functools import cache

from babel import Locale

from hub.customers.changes import is_locale
from hub.errors import Invalid

_CALLED_IN = ("en", "ru", "bg")
"""The languages in which those who write rules may call one by its name."""


def check(tag: str) -> None:
    """Raises Invalid for what is no language tag (BCP 47), or names no language."""
    if not _is_known(tag):
        near = _nearest(tag)
        hint = f" Did you mean `{near}`?" if near else ""
        raise Invalid(f"There is no language `{tag}`.{hint}", remedy="Write it as en or pt-BR.")


def _is_known(tag: str) -> bool:
    code = tag.partition("-")[0].lower()
    return is_locale(tag) and _tags().get(code) == code


def _nearest(tag: str) -> str:
    """`ru-RU` for `ru_RU`, `bg` for `Bulgarian`; empty where nothing is near."""
    spelled = tag.strip().replace("_", "-")
    if _is_known(spelled):
        return spelled
    near = difflib.get_close_matches(tag.strip().casefold(), _tags(), n=1)
    return _tags()[near[0]] if near else ""


@cache
def _tags() -> Mapping[str, str]:
    """Tags by their own small letters, and by what the languages are called."""
    named = [
        {str(code): str(name).casefold() for code, name in Locale.parse(one).languages.items()}
        for one in _CALLED_IN
    ]
    tags = {code: code.replace("_", "-") for code in named[0]}
    by_name = {name: tags[code] for one in named for code, name in one.items() if code in tags}
    return by_name | {tag.casefold(): tag for tag in tags.values()}
