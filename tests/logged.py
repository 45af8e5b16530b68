"""No test may make anybody log what was written, an address, a secret.

What is logged while a test runs goes by here: of the hub and of every library in this process, and
the standard error of the hubs that tests start (`heard`). Lines are looked at for what addresses,
numbers, tokens and texts look like, and at the end of a database of a test for the very words that
stand in it (tests/database.py). What says so by `clear()` may log such a thing on purpose.
"""

import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import pytest
import structlog
from structlog.typing import EventDict, WrappedLogger
from typing_extensions import override

from hub.logs import without_secrets

TELLTALE = {
    "an address": re.compile(r"[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+"),
    "a number": re.compile(r"(?<![\w.+-])\+\d{10,15}\b"),
    "a token": re.compile(
        r"\bbesedka_[\w-]{20,}|\bwhsec_\w{10,}|(?<!\d)\d{6,12}:[\w-]{30,}|\beyJ[\w-]{8,}\.[\w-]{8,}"
    ),
    "a secret": re.compile(
        r"s3cret-of-|a-(?:signing-)?secret-of-|a secret of the tests|a long enough pass phrase"
        r"|four unrelated words|-that-nobody-may-see|xyzzy-the-token|\$argon2"
    ),
    "a text": re.compile(r"[а-яё]{3,}", re.IGNORECASE),
}
"""Customers of the tests write Russian and Bulgarian; the hub logs in English. The secrets are
those that tests sign in and sign with."""

LOGGED = re.compile(r'\{"|\d{4}-\d\d-\d\d[T ]|Traceback |[\w.]+(?:Error|Exception|Warning)\b')
"""How a line of a log begins, of either format."""

LONG_ENOUGH = 8
"""Letters from which on a word of a test's database is told from words that logs are made of."""

_seen: list[str] = []
_ears: list[list[str]] = []


def told(line: str) -> list[str]:
    """What a line says that it must not, with the words that say it."""
    return [
        f"{what}: {found[0]}"
        for what, pattern in TELLTALE.items()
        if (found := pattern.search(line)) is not None
    ]


def _facts(error: BaseException | None) -> Iterator[str]:
    # As a node writes it: what gives itself away in others' words is left out there.
    while error is not None:
        yield without_secrets(str(error))
        error = error.__cause__ or error.__context__


def repeated(lines: Sequence[str], words: Iterable[str]) -> list[str]:
    """Note the lines that repeat one of the words, which somebody wrote or is called by."""
    everything = "\n".join(lines)
    told = [word for word in set(words) if len(word) >= LONG_ENOUGH and word in everything]
    found = [f"{word!r} in {line[:300]}" for word in told for line in lines if word in line]
    _seen.extend(found)
    return found


def heard(said: str) -> list[str]:
    """Note what a process of a test has logged on standard error, words for people left out (the
    answer to a command, how to sign in); what of it must not be said."""
    return [found for line in _of_log(said.splitlines()) for found in _note(line)]


def _of_log(lines: Iterable[str]) -> Iterator[str]:
    """Lines that begin as logged ones do, and stacks (`+` and `|`: those of groups)."""
    stack = False
    for line in lines:
        if not line.startswith("  "):
            stack = line.startswith("Traceback ")
        if LOGGED.match(line) or stack or line.lstrip()[:2] in {"+ ", "| "}:
            yield line


@contextmanager
def overheard() -> Iterator[list[str]]:
    """Every line that is logged meanwhile, in this process or by one that is `heard`."""
    lines: list[str] = []
    _ears.append(lines)
    try:
        yield lines
    finally:
        # By which it is: others that have heard nothing yet are equal to it.
        _ears[:] = [ear for ear in _ears if ear is not lines]


def _note(line: str) -> list[str]:
    for ear in _ears:
        ear.append(line)
    found = [f"{one} in {line[:300]}" for one in told(line)]
    _seen.extend(found)
    return found


def _watch(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    error = event.get("exc_info")
    said = [f"{name}={value}" for name, value in event.items() if name != "exc_info"]
    _note(" ".join([*said, *_facts(error if isinstance(error, BaseException) else None)]))
    return event


class _Listener(logging.Handler):
    @override
    def emit(self, record: logging.LogRecord) -> None:
        if isinstance(record.msg, dict):
            return  # A line of structlog's, which has gone by `_watch`.
        error = record.exc_info[1] if record.exc_info else None
        _note(" ".join([record.getMessage(), *_facts(error)]))


_LISTENER = _Listener(logging.INFO)


def _attend() -> None:
    """Be there, whoever has configured logging: loggers keep the very list they began with."""
    processors = structlog.get_config()["processors"]
    if _watch not in processors:
        processors.insert(0, _watch)
    if _LISTENER not in logging.getLogger().handlers:
        logging.getLogger().addHandler(_LISTENER)


def pytest_configure() -> None:
    structlog.configure(processors=[_watch, *structlog.get_config()["processors"]])
    _attend()


@contextmanager
def attending() -> Iterator[list[str]]:
    """What is told meanwhile. How logging is configured meanwhile, as a process of the hub does
    at its start, is forgotten afterwards; loggers that have begun so are listened to as well."""
    _attend()
    root = logging.getLogger()
    config, handlers, level = structlog.get_config(), list(root.handlers), root.level
    try:
        yield _seen
    finally:
        _attend()
        structlog.configure(**config)
        root.handlers[:] = handlers
        root.setLevel(level)


@pytest.fixture(scope="session", autouse=True)
def nothing_told_at_the_end() -> Iterator[None]:
    """What those say who are there for all tests, and end after the last one."""
    yield
    assert not _seen, _seen


@pytest.fixture(autouse=True)
def nothing_told() -> Iterator[list[str]]:
    """What has been told so far; at the end of each test it has to be nothing. What
    others said since the test before it (a process that several share) is told of with it."""
    try:
        with attending() as seen:
            yield seen
        assert not seen, seen
    finally:
        _seen.clear()
