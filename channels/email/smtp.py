"""One talk with a mail server: reaching it, signing in, and handing over one mail."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import cast

import aiosmtplib
from aiosmtplib.protocol import SMTPProtocol

from channels.email.composing.compose import Letter
from channels.email.domains import ascii_domain
from channels.email.settings import EmailSettings
from channels.email.smtp_errors import Answer, Stage, classify, refused
from hub.ports import (
    ChannelError,
    InboxMisconfigured,
    PermanentError,
    Reason,
    SendReceipt,
    TransientError,
)

CONNECT_WITHIN = 10.0
ANSWER_WITHIN = 15.0
"""Seconds for one command."""
BODY_WITHIN = 30.0
"""Seconds for the mail itself and the server's word that it has it; the hub gives 40 in all."""
GOODBYE_WITHIN = 2.0
_PIECE = 256 * 1024
"""Bytes of a mail that are on their way to the socket at once."""
_LOOKS = 10_000
"""More than fit into BODY_WITHIN."""
COPIES_WAIT_FOR = 2
"""Tries at which a copy that is put off puts off the mail; then it goes without that copy."""

Secret = Callable[[], Awaitable[str]]
"""The password, or a fresh access token."""


class Broken(Exception):
    """The talk broke off before the body: on a connection used before, another is worth a try."""

    def __init__(self, error: ChannelError) -> None:
        super().__init__(str(error))
        self.error = error


async def reach(
    settings: EmailSettings, secret: Secret, context: ssl.SSLContext | None
) -> aiosmtplib.SMTP:
    """A connection, encrypted and signed in as the settings say; raises the port's errors."""
    host, port = settings.smtp_at
    client = aiosmtplib.SMTP(
        hostname=host,
        port=port,
        use_tls=settings.smtp_tls == "implicit",
        start_tls=settings.smtp_tls == "starttls",
        tls_context=context,
        timeout=CONNECT_WITHIN,
        # What a server sees of this machine: the mail's own domain, not a name from within.
        local_hostname=ascii_domain(settings.address.rpartition("@")[2]),
    )
    try:
        await client.connect()
        await client.ehlo()
        await _sign_in(client, settings, secret)
    except Exception as error:
        _drop(client, client.transport)
        raise classify(error, Stage.CONNECT) from error
    except asyncio.CancelledError:
        _drop(client, client.transport)
        raise
    client.timeout = ANSWER_WITHIN
    return client


async def _sign_in(client: aiosmtplib.SMTP, settings: EmailSettings, secret: Secret) -> None:
    user, _ = settings.smtp_login
    word = await secret()
    if not word:
        return
    if settings.auth == "password":
        await client.login(user, word)
    elif "xoauth2" not in client.server_auth_methods:
        raise InboxMisconfigured(
            "The server does not offer XOAUTH2.", remedy="Choose the sign-in by password."
        )
    else:
        await client.auth_xoauth2(user, word)


async def still_there(client: aiosmtplib.SMTP) -> bool:
    """Whether a connection that lay idle still answers."""
    try:
        await client.noop(timeout=GOODBYE_WITHIN)
    except (aiosmtplib.SMTPException, OSError):
        client.close()
    return client.is_connected


async def leave(client: aiosmtplib.SMTP) -> None:
    """Say goodbye, and do not wait long for the answer."""
    transport = client.transport
    with suppress(aiosmtplib.SMTPException, OSError):
        await client.quit(timeout=GOODBYE_WITHIN)
    _drop(client, transport)


def _drop(client: aiosmtplib.SMTP, transport: asyncio.BaseTransport | None) -> None:
    """End the connection now: TLS would stay half closed until the server says goodbye as well."""
    client.close()
    if isinstance(transport, asyncio.WriteTransport):
        transport.abort()


@dataclass(frozen=True, slots=True)
class _Refused:
    """A copy that the server does not take."""

    address: str
    answer: Answer


async def hand_over(client: aiosmtplib.SMTP, letter: Letter, *, attempt: int) -> SendReceipt:
    """Give one mail to the server; raises the port's errors, or Broken.

    Without the recipient nothing is sent; copies that are refused are named in the receipt.
    """
    _check_size(client, letter)
    try:
        missing = await _envelope(client, letter, attempt)
    except Exception as error:
        found = classify(error, Stage.SENDER)
        await _reset(client)
        if not client.is_connected and isinstance(found, TransientError):
            raise Broken(found) from error
        raise found from error
    try:
        answer = await _body(client, letter.data)
    except Exception as error:
        await _reset(client)
        raise classify(error, Stage.BODY) from error
    return SendReceipt(
        external_id=letter.message_id.strip("<>"),
        provider_status=Answer.of(answer.code, answer.message).shown,
        detail=_named(missing),
    )


def _check_size(client: aiosmtplib.SMTP, letter: Letter) -> None:
    """RFC 1870: a server says how much it takes; more would be sent in vain."""
    most = client.esmtp_extensions.get("size", "").strip()
    if most.isdecimal() and 0 < int(most) < len(letter.data):
        raise PermanentError(
            f"The mail has {len(letter.data):,} bytes, and the server takes {int(most):,}.",
            Reason.TOO_LARGE,
        )


async def _envelope(client: aiosmtplib.SMTP, letter: Letter, attempt: int) -> Sequence[_Refused]:
    options, encoding = _options(client, letter)
    await client.mail(letter.sender, options=options, encoding=encoding)
    await client.rcpt(letter.to, encoding=encoding)
    missing = [
        refused_copy
        for copy in letter.copies
        if (refused_copy := await _copy(client, copy, encoding)) is not None
    ]
    put_off = next((one for one in missing if one.answer.code < 500), None)
    if put_off is not None and attempt <= COPIES_WAIT_FOR:
        raise refused(put_off.answer, Stage.RECIPIENT)
    return missing


async def _body(client: aiosmtplib.SMTP, data: bytes) -> aiosmtplib.SMTPResponse:
    """DATA, piece by piece; `data` has CRLF line ends and ends with one.

    The library's own `data` looks at every line again, on the event loop: for 25 MB a second in
    which nothing else of the hub moves.
    """
    begun = await client.execute_command(b"DATA")
    protocol, transport = client.protocol, client.transport
    if begun.code != 354 or protocol is None or transport is None:
        raise aiosmtplib.SMTPDataError(begun.code, begun.message)
    stuffed = data.replace(b"\r\n.", b"\r\n..") + b".\r\n"
    try:
        async with asyncio.timeout(BODY_WITHIN):
            # Listening comes first: the library forgets what it is told unasked, and a quick
            # server has answered by the time that the last piece is known to have gone.
            answer, _ = await asyncio.gather(
                protocol.read_response(),
                _pour(stuffed, protocol, cast("asyncio.WriteTransport", transport)),
            )
    except BaseException:
        # Whatever is said now would be taken for a part of the mail.
        client.close()
        raise
    if answer.code != 250:
        raise aiosmtplib.SMTPDataError(answer.code, answer.message)
    return answer


async def _pour(data: bytes, protocol: SMTPProtocol, transport: asyncio.WriteTransport) -> None:
    for start in range(0, len(data), _PIECE):
        protocol.write(data[start : start + _PIECE])
        await _drained(transport)


async def _drained(transport: asyncio.WriteTransport) -> None:
    """Let others work, and wait until the socket has taken nearly all of it."""
    pause = 0.0
    for _ in range(_LOOKS):
        await asyncio.sleep(pause)
        if transport.get_write_buffer_size() <= _PIECE:
            return
        pause = 0.005
    raise TimeoutError


def _options(client: aiosmtplib.SMTP, letter: Letter) -> tuple[list[str], str]:
    options = [f"SIZE={len(letter.data)}"] if client.supports_extension("size") else []
    if not letter.utf8:
        return options, "ascii"
    if client.supports_extension("smtputf8"):
        return [*options, "SMTPUTF8"], "utf-8"
    if not (letter.sender.isascii() and letter.to.isascii()):
        raise aiosmtplib.SMTPNotSupported("SMTPUTF8")
    return options, "ascii"


async def _copy(client: aiosmtplib.SMTP, address: str, encoding: str) -> _Refused | None:
    try:
        await client.rcpt(address, encoding=encoding)
    except aiosmtplib.SMTPRecipientRefused as error:
        return _Refused(address, Answer.of(error.code, error.message))
    except UnicodeEncodeError:
        return _Refused(address, Answer(553, "the server cannot carry this address"))
    return None


def _named(missing: Sequence[_Refused]) -> str:
    """Which copies did not go, in words for an operator."""
    if not missing:
        return ""
    each = "; ".join(f"{one.address} ({one.answer.shown})" for one in missing)
    return f"Sent, but not to: {each}"


async def _reset(client: aiosmtplib.SMTP) -> None:
    """Make the connection fit for the next mail, or close it."""
    if client.is_connected:
        try:
            await client.rset(timeout=GOODBYE_WITHIN)
        except (aiosmtplib.SMTPException, OSError):
            client.close()
