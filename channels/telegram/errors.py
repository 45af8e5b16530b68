"""What each failure of a call to the Bot API means for the message, the chat and the inbox.

Only what never reached the server, or what it said no to, was surely not sent. Every word here is
read by operators: neither the token (it is part of every URL) nor a message is ever quoted.
"""

from collections.abc import Callable, Mapping
from typing import Any

import aiohttp
from aiogram.exceptions import (
    ClientDecodeError,
    RestartingTelegram,
    TelegramAPIError,
    TelegramBadRequest,
    TelegramConflictError,
    TelegramEntityTooLarge,
    TelegramForbiddenError,
    TelegramMigrateToChat,
    TelegramNetworkError,
    TelegramNotFound,
    TelegramRetryAfter,
    TelegramServerError,
    TelegramUnauthorizedError,
)

from hub.ports import (
    ChannelError,
    InboxMisconfigured,
    OutcomeUnknown,
    PermanentError,
    RateLimited,
    Reason,
    SinkUnavailable,
    TransientError,
)

TWO_POLLERS = (
    "Another program is fetching this bot's messages at the same time, and Telegram gives them to "
    "only one of the two."
)
FOREIGN_WEBHOOK = (
    "Another program has set a webhook for this bot, so Telegram sends its messages there."
)

_ASK_AGAIN = "Ask @BotFather for the bot's token (/token) and enter it again."
_CORRECT_BASE = "Correct the address of the Bot API server (api_base)."

# Descriptions of the Bot API, in lower case; the first that occurs decides.
_FORBIDDEN: Mapping[str, tuple[str, Reason]] = {
    "blocked by the user": ("The customer has blocked the bot.", Reason.BLOCKED),
    "user is deactivated": ("This Telegram account no longer exists.", Reason.INVALID_ADDRESS),
    "can't send messages to bots": (
        "This is a bot, and bots cannot write to bots.",
        Reason.INVALID_ADDRESS,
    ),
    "can't initiate conversation": (
        "A bot cannot write first: the customer has to write to it or press Start.",
        Reason.UNREACHABLE,
    ),
    "kicked": ("The bot was removed from that chat.", Reason.UNREACHABLE),
    "not a member": ("The bot is not in that chat.", Reason.UNREACHABLE),
    "not enough rights": ("The bot may not write in that chat.", Reason.UNREACHABLE),
}

_BAD_REQUEST: Mapping[str, tuple[str, Reason]] = {
    "chat not found": (
        "Telegram knows no such chat: the customer has never written to this bot.",
        Reason.INVALID_ADDRESS,
    ),
    "user not found": ("Telegram knows no such user.", Reason.INVALID_ADDRESS),
    "peer_id_invalid": ("Telegram knows no such chat.", Reason.INVALID_ADDRESS),
    "user_is_blocked": ("The customer has blocked the bot.", Reason.BLOCKED),
    "not enough rights": ("The bot may not write in that chat.", Reason.UNREACHABLE),
    "have no rights": ("The bot may not write in that chat.", Reason.UNREACHABLE),
    "too long": ("The text is longer than Telegram allows.", Reason.TOO_LARGE),
    "too big": ("The file is larger than Telegram allows.", Reason.TOO_LARGE),
    "too large": ("The file is larger than Telegram allows.", Reason.TOO_LARGE),
    "text is empty": ("There is nothing in this message to send.", Reason.CONTENT_REJECTED),
    "voice_messages_forbidden": (
        "The customer does not accept voice messages.",
        Reason.CONTENT_REJECTED,
    ),
    "message can't be edited": ("Telegram no longer lets this be edited.", Reason.EXPIRED),
    "message can't be deleted": ("Telegram no longer lets this be deleted.", Reason.EXPIRED),
    "message to edit not found": ("The customer has deleted this message.", Reason.EXPIRED),
    "message to delete not found": ("This message is not there any more.", Reason.EXPIRED),
    "message to react not found": ("This message is not there any more.", Reason.EXPIRED),
    "reaction_invalid": (
        "Telegram does not know this reaction.",
        Reason.CONTENT_REJECTED,
    ),
}


def classify(error: BaseException) -> ChannelError:
    """What an exception of aiogram, aiohttp or the hub's own ports means."""
    if isinstance(error, ChannelError):
        return error
    for kind, meaning in _KINDS.items():
        if isinstance(error, kind):
            return meaning(error)
    return OutcomeUnknown(f"The call to Telegram failed ({type(error).__name__}).")


def _network(error: BaseException) -> ChannelError:
    # A subclass of the network error although it is an answer: to be matched first.
    if isinstance(error, TelegramEntityTooLarge):
        return PermanentError(
            "The file is larger than Telegram allows.", Reason.TOO_LARGE, provider_code="413"
        )
    return _transport(error.__cause__)


def _transport(cause: BaseException | None) -> ChannelError:
    if isinstance(cause, aiohttp.InvalidURL):
        return InboxMisconfigured("The Bot API server's address is no URL.", remedy=_CORRECT_BASE)
    if isinstance(cause, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError):
        return TransientError("The Bot API server cannot be reached.")
    return OutcomeUnknown("The connection to the Bot API server broke before it had answered.")


def _answer(error: TelegramAPIError) -> ChannelError:
    for kind, meaning in _ANSWERS.items():
        if isinstance(error, kind):
            return meaning(error)
    return PermanentError("Telegram refuses this.", Reason.CONTENT_REJECTED)


def _rate_limited(error: TelegramAPIError) -> ChannelError:
    # Telegram does not say whose limit it was. A call about a chat nearly always met the chat's.
    chat = getattr(error.method, "chat_id", None)
    return RateLimited(
        "Telegram asks to slow down.",
        retry_after=float(getattr(error, "retry_after", 1)),
        scope="inbox" if chat is None else "recipient",
        provider_code="429",
    )


def _migrated(_: TelegramAPIError) -> ChannelError:
    return PermanentError(
        "This chat has moved to another address.", Reason.INVALID_ADDRESS, provider_code="400"
    )


def _unauthorised(_: TelegramAPIError) -> ChannelError:
    return InboxMisconfigured(
        "Telegram refuses the token.", remedy=_ASK_AGAIN, provider_code="401"
    )


def _not_found(error: TelegramAPIError) -> ChannelError:
    if "method" in error.message.lower():
        return PermanentError(
            "The Bot API server is too old for this.", Reason.OTHER, provider_code="404"
        )
    return InboxMisconfigured(
        "The Bot API server knows no such bot: the token or the server's address is wrong.",
        remedy=f"{_ASK_AGAIN} {_CORRECT_BASE}",
        provider_code="404",
    )


def _conflict(error: TelegramAPIError) -> ChannelError:
    said = FOREIGN_WEBHOOK if "webhook" in error.message.lower() else TWO_POLLERS
    return TransientError(f"{said} Stop the other program.", provider_code="409")


def _forbidden(error: TelegramAPIError) -> ChannelError:
    said, reason = _first(_FORBIDDEN, error) or (
        "Telegram does not let the bot write to this chat.",
        Reason.BLOCKED,
    )
    return PermanentError(said, reason, provider_code="403")


def _bad_request(error: TelegramAPIError) -> ChannelError:
    said, reason = _first(_BAD_REQUEST, error) or (
        "Telegram refuses this message.",
        Reason.CONTENT_REJECTED,
    )
    return PermanentError(said, reason, provider_code="400")


def _first(
    table: Mapping[str, tuple[str, Reason]], error: TelegramAPIError
) -> tuple[str, Reason] | None:
    said = error.message.lower()
    return next((meaning for words, meaning in table.items() if words in said), None)


def _restarting(_: TelegramAPIError) -> ChannelError:
    return TransientError("The Bot API server is just restarting.", provider_code="500")


def _server_failed(error: TelegramAPIError) -> ChannelError:
    if "service unavailable" in error.message.lower():
        return TransientError("The Bot API server asks to try again later.", provider_code="503")
    return OutcomeUnknown("The Bot API server failed while it had the message.")


_ANSWERS = {
    TelegramRetryAfter: _rate_limited,
    TelegramMigrateToChat: _migrated,
    TelegramUnauthorizedError: _unauthorised,
    TelegramNotFound: _not_found,
    TelegramConflictError: _conflict,
    TelegramForbiddenError: _forbidden,
    TelegramBadRequest: _bad_request,
    RestartingTelegram: _restarting,
    TelegramServerError: _server_failed,
}

_KINDS: Mapping[type[BaseException], Callable[[Any], ChannelError]] = {
    SinkUnavailable: lambda _: TransientError("The hub's database is away."),
    TelegramNetworkError: _network,
    TelegramAPIError: _answer,
    ClientDecodeError: lambda _: OutcomeUnknown(
        "The Bot API server's answer could not be read: it may have taken the message."
    ),
    aiohttp.ClientError: _transport,
    TimeoutError: _transport,
    OSError: _transport,
}
