"""No test in the folders named here may make anybody log what was written, an address, a secret.

What is logged while a test runs goes by here, of the hub and of every library it uses. The log
of a whole real session is read in tests/integration/demo.
"""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import structlog
from structlog.typing import EventDict, WrappedLogger
from typing_extensions import override

TELLTALE = {
    "an address": re.compile(r"[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+"),
    "a number": re.compile(r"(?<![\w.+-])\+\d{10,15}\b"),
    "a token": re.compile(r"\bbesedka_[\w-]{20,}|\bwhsec_\w{10,}|\b\d{6,12}:[\w-]{30,}"),
    "a text": re.compile(r"[а-яё]{3,}", re.IGNORECASE),
}
"""Customers of the tests write Russian and Bulgarian; the hub logs in English."""

WATCHED = (
    "tests/integration/sms/",
    "tests/integration/ingest/test_ageing.py",
    "tests/integration/ingest/test_changes.py",
    "tests/integration/ingest/test_conversations.py",
    "tests/integration/ingest/test_failures.py",
    "tests/integration/web/test_second_factor.py",
    "tests/unit/test_logged.py",
)
"""Where texts, addresses and secrets come in. What these tests log is looked at one by one."""

_seen: list[str] = []


def told(line: str) -> list[str]:
    """What a line says that it must not, with the words that say it."""
    return [
        f"{what}: {found[0]}"
        for what, pattern in TELLTALE.items()
        if (found := pattern.search(line)) is not None
    ]


def _facts(error: BaseException | None) -> Iterator[str]:
    while error is not None:
        yield str(error)
        error = error.__cause__ or error.__context__


def _note(line: str) -> None:
    _seen.extend(f"{one} in {line[:300]}" for one in told(line))


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


@pytest.fixture(autouse=True)
def nothing_told(request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """What has been told so far; at the end of a watched test it has to be nothing."""
    _seen.clear()
    with attending() as seen:
        yield seen
    assert not (request.node.nodeid.startswith(WATCHED) and _seen), _seen
