"""What each failure means: what was surely not sent, what may have been, and for whom to wait."""

import asyncio
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from aiogram import exceptions as told
from aiogram.methods import GetUpdates, SendMessage

from channels.telegram.errors import FOREIGN_WEBHOOK, TWO_POLLERS, classify
from channels.telegram.sending import Flood
from hub.ports import (
    InboxMisconfigured,
    OutcomeUnknown,
    PermanentError,
    RateLimited,
    Reason,
    SinkUnavailable,
    TransientError,
)

SEND = SendMessage(chat_id=42, text="x")
POLL = GetUpdates()


def caused(cause: BaseException) -> told.TelegramNetworkError:
    error = told.TelegramNetworkError(SEND, type(cause).__name__)
    error.__cause__ = cause
    return error


def bad(words: str) -> told.TelegramBadRequest:
    return told.TelegramBadRequest(SEND, f"Bad Request: {words}")


def forbidden(words: str) -> told.TelegramForbiddenError:
    return told.TelegramForbiddenError(SEND, f"Forbidden: {words}")


KEY = aiohttp.client_reqrep.ConnectionKey("x", 443, True, True, None, None, None)


@pytest.mark.parametrize(
    ("error", "meaning", "reason"),
    [
        (forbidden("bot was blocked by the user"), PermanentError, Reason.BLOCKED),
        (forbidden("user is deactivated"), PermanentError, Reason.INVALID_ADDRESS),
        (
            forbidden("bot can't initiate conversation with a user"),
            PermanentError,
            Reason.UNREACHABLE,
        ),
        (forbidden("bot was kicked from the group chat"), PermanentError, Reason.UNREACHABLE),
        (forbidden("something new"), PermanentError, Reason.BLOCKED),
        (bad("chat not found"), PermanentError, Reason.INVALID_ADDRESS),
        (bad("message is too long"), PermanentError, Reason.TOO_LARGE),
        (bad("message caption is too long"), PermanentError, Reason.TOO_LARGE),
        (bad("file is too big"), PermanentError, Reason.TOO_LARGE),
        (bad("can't parse entities"), PermanentError, Reason.CONTENT_REJECTED),
        (bad("REACTION_INVALID"), PermanentError, Reason.CONTENT_REJECTED),
        (told.TelegramEntityTooLarge(SEND, "x"), PermanentError, Reason.TOO_LARGE),
        (told.TelegramMigrateToChat(SEND, "x", -5), PermanentError, Reason.INVALID_ADDRESS),
        (told.TelegramNotFound(SEND, "method not found"), PermanentError, Reason.OTHER),
        (told.TelegramUnauthorizedError(SEND, "Unauthorized"), InboxMisconfigured, None),
        (told.TelegramNotFound(SEND, "Not Found"), InboxMisconfigured, None),
        (told.TelegramConflictError(POLL, "terminated by other"), TransientError, None),
        (told.RestartingTelegram(SEND, "restart"), TransientError, None),
        (told.TelegramServerError(SEND, "Service Unavailable"), TransientError, None),
        (told.TelegramServerError(SEND, "Internal Server Error"), OutcomeUnknown, None),
        # An HTML page of a gateway, an answer that was cut off.
        (told.ClientDecodeError("HTTP 502", ValueError(), ""), OutcomeUnknown, None),
        (caused(aiohttp.ClientConnectorError(KEY, OSError())), TransientError, None),
        (
            caused(aiohttp.ClientConnectorDNSError(KEY, OSError())),
            TransientError,
            None,
        ),
        (caused(aiohttp.ConnectionTimeoutError()), TransientError, None),
        (caused(aiohttp.ServerDisconnectedError()), OutcomeUnknown, None),
        (caused(aiohttp.ClientOSError(104, "reset")), OutcomeUnknown, None),
        (caused(aiohttp.ClientPayloadError()), OutcomeUnknown, None),
        (caused(aiohttp.SocketTimeoutError()), OutcomeUnknown, None),
        (caused(TimeoutError()), OutcomeUnknown, None),
        (caused(aiohttp.InvalidURL("x")), InboxMisconfigured, None),
        (SinkUnavailable(), TransientError, None),
        (asyncio.IncompleteReadError(b"", 1), OutcomeUnknown, None),
        (RuntimeError("a bug"), OutcomeUnknown, None),
    ],
)
def test_what_it_means(error: Exception, meaning: type[Exception], reason: Reason | None):
    found = classify(error)
    assert type(found) is meaning
    assert getattr(found, "reason", None) is reason


def test_two_pollers_and_a_foreign_webhook_are_told_apart():
    other = told.TelegramConflictError(POLL, "Conflict: terminated by other getUpdates request")
    webhook = told.TelegramConflictError(POLL, "Conflict: can't use getUpdates while webhook is")
    assert str(classify(other)).startswith(TWO_POLLERS)
    assert str(classify(webhook)).startswith(FOREIGN_WEBHOOK)


def test_no_word_of_the_library_is_passed_on():
    secret = "https://api.telegram.org/bot1:SECRET/sendMessage"
    errors = [
        caused(aiohttp.InvalidURL(secret)),
        caused(aiohttp.ConnectionTimeoutError(secret)),
        bad(secret),
        forbidden(secret),
        told.TelegramNotFound(SEND, secret),
        told.ClientDecodeError("x", ValueError(secret), secret),
        RuntimeError(secret),
    ]
    assert not [error for error in errors if "SECRET" in str(classify(error))]


def wait(seconds: int) -> RateLimited:
    error = classify(told.TelegramRetryAfter(SEND, "Too Many Requests", seconds))
    assert isinstance(error, RateLimited)
    return error


def test_one_chat_that_has_to_wait_is_that_chat_and_two_are_the_bot():
    flood, now = Flood(), datetime(2026, 5, 4, tzinfo=UTC)

    def scope(chat: int, at: float) -> str:
        judged = flood.judged(wait(3), chat, now + timedelta(seconds=at))
        assert isinstance(judged, RateLimited)
        assert judged.retry_after == 3
        return judged.scope

    assert [scope(1, 0), scope(1, 1), scope(2, 2), scope(3, 20)] == [
        "recipient",
        "recipient",
        "inbox",
        "recipient",
    ]


def test_a_poll_that_has_to_wait_is_the_bot():
    error = classify(told.TelegramRetryAfter(POLL, "Too Many Requests", 7))
    assert isinstance(error, RateLimited)
    assert (error.scope, error.retry_after) == ("inbox", 7)
