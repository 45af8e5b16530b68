"""What SEARCH may ask for (RFC 3501 6.4.4), and which mails fit."""

from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from email.utils import parsedate_to_datetime

from channels.email.twin import structure
from channels.email.twin.imap_syntax import MAX_DEPTH, MONTHS, Sequence, Unreadable, Words
from channels.email.twin.mailboxes import Mail
from channels.email.twin.reading import plain_header, words_of

_MAX_KEYS = 100


@dataclass(frozen=True, slots=True)
class Candidate:
    """A mail at its place; `raw` is empty unless the search needs it."""

    number: int
    mail: Mail
    raw: bytes = b""


Fits = Callable[[Candidate], bool]


@dataclass(frozen=True, slots=True)
class Search:
    fits: Fits
    needs_raw: bool


def search(words: Words, *, last_number: int, last_uid: int) -> Search:
    """Raises Unreadable; UnknownCharset when the words are in one that is not UTF-8."""
    if words.skip_any_case(b"CHARSET "):
        if words.text().upper() not in {"UTF-8", "US-ASCII"}:
            raise UnknownCharset
        words.space()
    reading = _Reading(words, last_number, last_uid)
    fits = reading.all_of()
    words.end()
    return Search(fits, reading.needs_raw)


class UnknownCharset(Exception):
    pass


def _flag(name: str) -> Fits:
    return lambda one: name in one.mail.flags


def _not(fits: Fits) -> Fits:
    return lambda one: not fits(one)


_SYSTEM = ("Answered", "Deleted", "Draft", "Flagged", "Seen")
_FLAGS: Mapping[str, Fits] = {
    "ALL": lambda _: True,
    "RECENT": lambda _: False,
    "NEW": lambda _: False,
    "OLD": lambda _: True,
    **{name.upper(): _flag(f"\\{name}") for name in _SYSTEM},
    **{f"UN{name.upper()}": _not(_flag(f"\\{name}")) for name in _SYSTEM},
}


class _Reading:
    def __init__(self, words: Words, last_number: int, last_uid: int) -> None:
        self._words = words
        self._last_number = last_number
        self._last_uid = last_uid
        self._left = _MAX_KEYS
        self._depth = 0
        self.needs_raw = False

    def all_of(self) -> Fits:
        keys = [self._key()]
        while self._words.skip(b" "):
            keys.append(self._key())
        return lambda one: all(fits(one) for fits in keys)

    def _key(self) -> Fits:
        self._left -= 1
        if self._left < 0:
            raise Unreadable("too many keys")
        words = self._words
        if words.next_is_digit() or words.next_is(b"*"):
            return _within(words.sequence(), self._last_number, lambda one: one.number)
        if words.next_is(b"("):
            return self._nested(self._group)
        name = words.atom()
        if name in _FLAGS:
            return _FLAGS[name]
        if name == "NOT":
            words.space()
            return _not(self._nested(self._key))
        if name == "OR":
            words.space()
            one = self._nested(self._key)
            words.space()
            other = self._nested(self._key)
            return lambda candidate: one(candidate) or other(candidate)
        words.space()
        return self._with_argument(name)

    def _group(self) -> Fits:
        self._words.exactly(b"(")
        fits = self.all_of()
        self._words.exactly(b")")
        return fits

    def _nested(self, read: Callable[[], Fits]) -> Fits:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise Unreadable("too deep")
        fits = read()
        self._depth -= 1
        return fits

    def _with_argument(self, name: str) -> Fits:
        words = self._words
        if name == "UID":
            return _within(words.sequence(), self._last_uid, lambda one: one.mail.uid)
        if name in {"KEYWORD", "UNKEYWORD"}:
            has = _flag(words.flag())
            return has if name == "KEYWORD" else _not(has)
        if name in {"LARGER", "SMALLER"}:
            return _by_size(name, words.number())
        if name in {"BEFORE", "ON", "SINCE"}:
            return _by_date(name, _date(words), lambda one: one.mail.at.date())
        self.needs_raw = True
        if name in {"SENTBEFORE", "SENTON", "SENTSINCE"}:
            return _by_date(name.removeprefix("SENT"), _date(words), _sent)
        return self._by_text(name)

    def _by_text(self, name: str) -> Fits:
        words = self._words
        if name in {"FROM", "TO", "CC", "BCC", "SUBJECT"}:
            return _header(name.lower().encode(), words.text())
        if name == "HEADER":
            field = words.string().lower()
            words.space()
            return _header(field, words.text())
        if name not in {"BODY", "TEXT"}:
            raise Unreadable(f"no key is called {name}")
        sought = words.text().lower()
        whole = name == "TEXT"
        return lambda one: sought in words_of(one.raw, headers=whole).lower()


def _within(sequence: Sequence, last: int, number: Callable[[Candidate], int]) -> Fits:
    bounds = sorted(sequence.bounds(last))
    merged: list[tuple[int, int]] = []
    for low, high in bounds:
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    lows = [low for low, _ in merged]

    def fits(one: Candidate) -> bool:
        place = bisect_right(lows, number(one)) - 1
        return place >= 0 and number(one) <= merged[place][1]

    return fits


def _by_size(name: str, size: int) -> Fits:
    if name == "LARGER":
        return lambda one: one.mail.size > size
    return lambda one: one.mail.size < size


def _date(words: Words) -> date:
    text = words.text()
    day, _, rest = text.partition("-")
    month, _, year = rest.partition("-")
    try:
        return date(int(year), MONTHS.index(month.capitalize()) + 1, int(day))
    except ValueError as error:
        raise Unreadable("a date is missing") from error


def _by_date(name: str, day: date, of: Callable[[Candidate], date | None]) -> Fits:
    def fits(one: Candidate) -> bool:
        at = of(one)
        if at is None:
            return False
        return at < day if name == "BEFORE" else at >= day if name == "SINCE" else at == day

    return fits


def _sent(one: Candidate) -> date | None:
    value = structure.read(one.raw).header(b"date")
    try:
        return parsedate_to_datetime((value or b"").decode("ascii", "replace")).date()
    except (ValueError, TypeError, OverflowError):
        return None


def _header(field: bytes, sought: str) -> Fits:
    def fits(one: Candidate) -> bool:
        value = structure.read(one.raw).header(field)
        return value is not None and sought.lower() in plain_header(value).lower()

    return fits
