"""Logs: structlog to standard error, with ids and facts, never text, addresses or secrets.

What we log ourselves holds none. Others' errors may (a refused row, a mail server's answer, a URL
with a password): of these, what gives itself away is left out.
"""

import logging
import re
import sys
from typing import Literal

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

_LEFT_OUT = (
    # PostgreSQL quotes the row: https://www.postgresql.org/docs/18/error-message-reporting.html
    (
        re.compile(
            r"DETAIL:  .*?(?=(?:\n|\\n)\[SQL|\n\n(?:The above|During) |\nTraceback |\Z)", re.DOTALL
        ),
        "",
    ),
    # So does pydantic with what it was given.
    (re.compile(r"input_value=.*?(?=, input_type=)", re.DOTALL), "input_value=[left out]"),
    (re.compile(r"(?<=://)[^\s/@]{1,200}@"), "[left out]@"),
    (re.compile(r"[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64}){1,8}"), "[address]"),
    (re.compile(r"(?<![\w.+-])\+\d{10,15}\b"), "[number]"),
    # Ours, those of webhooks, of Telegram's bots (which stand in its URLs), and JWT.
    (re.compile(r"\b(?:besedka_[\w-]{20,}|whsec_[\w+/=]{10,})"), "[token]"),
    (re.compile(r"(?<!\d)\d{6,12}:[\w-]{30,}"), "[token]"),
    (re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?"), "[token]"),
)
# What a server says must not look like a line of ours, nor move the cursor of who reads it.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_ODD = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_OF_LINES = {"exception", "stack"}


def configure(log_format: Literal["console", "json"], level: int = logging.INFO) -> None:
    """Route structlog and the standard library's logging to standard error in one format."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                _leave_out,
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # aiohttp's access log would print every visitor's address.
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)
    server = logging.getLogger("aiohttp.server")
    server.removeFilter(_without_visitor)
    server.addFilter(_without_visitor)


def _without_visitor(record: logging.LogRecord) -> bool:
    """What is no HTTP at all is the fault of who sent it: their bytes would fill the log. Of our
    own faults it says everything but the visitor's address."""
    if record.args and "from %s" in str(record.msg):
        record.msg, record.args = str(record.msg).partition(" from %s")[0], ()
    error = record.exc_info[1] if record.exc_info else None
    return type(error).__module__ != "aiohttp.http_exceptions"


def without_secrets(said: str) -> str:
    """Words of an error without rows, addresses, numbers and tokens, as far as they look so."""
    for pattern, instead in _LEFT_OUT:
        said = pattern.sub(instead, said)
    return said


def _leave_out(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    for name, value in event.items():
        if isinstance(value, str):
            of_lines = name in _OF_LINES
            event[name] = (_ODD if of_lines else _CONTROL).sub(" ", without_secrets(value))
    return event
