"""What a server's refusal, or a broken connection, means for the mail that was being sent.

Codes of RFC 5321, enhanced codes of RFC 3463, and what Gmail, Outlook, Yandex and Mail.ru say in
their own words. Until the server has been given the body nothing can have been sent.
"""

import re
import socket
import ssl
from dataclasses import dataclass
from enum import StrEnum

import aiosmtplib

from hub.ports import (
    ChannelError,
    InboxMisconfigured,
    OutcomeUnknown,
    PermanentError,
    RateLimited,
    Reason,
    TransientError,
)


class Stage(StrEnum):
    """How far the talk with the server had come."""

    CONNECT = "connect"
    SENDER = "sender"
    RECIPIENT = "recipient"
    BODY = "body"
    """From DATA on: the server may have taken it, whatever breaks afterwards."""


SLOW_DOWN = 60.0
"""Seconds an inbox waits when its server says that it sends too fast."""
QUOTA = 3600.0
"""Seconds until a server that spoke of a used-up quota is asked again."""

_ENHANCED = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_TOO_FAST = re.compile(
    r"rate.?limit|too many (?:messages|emails|connections|login|concurrent)|too fast|throttl"
    r"|try again later.*(?:limit|quota)|4\.7\.28",
    re.IGNORECASE,
)
_QUOTA = re.compile(
    r"(?:daily|hourly|sending|message|sent)\b.{0,40}(?:quota|limit)|(?:quota|limit).{0,30}sending"
    r"|exceeded.{0,40}(?:quota|limit) for (?:this|your) account|OutboundSpamException",
    re.IGNORECASE,
)
_RELAY = re.compile(
    r"relay|not permitted to send|send as|SendAsDenied|sender.{0,30}not.{0,20}(?:own|allow)",
    re.IGNORECASE,
)
_FULL = re.compile(
    r"mailbox.{0,20}full|over.?quota|quota exceeded|insufficient.{0,20}storage", re.IGNORECASE
)
_SIZE = re.compile(r"\bsize\b|too (?:big|large)", re.IGNORECASE)
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered: its code, and its words on one line."""

    code: int
    words: str

    @classmethod
    def of(cls, code: int, message: str) -> "Answer":
        joined = " ".join(message.encode("utf-8", "replace").decode().split())
        printable = "".join(char if char.isprintable() else "?" for char in joined)
        return cls(code, printable[:_LONGEST])

    @property
    def enhanced(self) -> str:
        """Class, subject, detail (`5.1.1`), or nothing."""
        found = _ENHANCED.match(self.words)
        return found[0] if found and found[0][0] == str(self.code)[0] else ""

    @property
    def shown(self) -> str:
        return f"{self.code} {self.words}".strip() if self.code > 0 else self.words


def classify(error: BaseException, stage: Stage) -> ChannelError:
    """What an exception while sending means. Every exception has an answer."""
    if isinstance(error, ChannelError):
        return error
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return classify(error.recipients[0], Stage.RECIPIENT)
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return _refusal(error, stage)
    return _security(error) or _broken(error, stage)


def _broken(error: BaseException, stage: Stage) -> ChannelError:
    if isinstance(error, aiosmtplib.SMTPNotSupported):
        return _unsupported(stage)
    if stage is Stage.BODY:
        return OutcomeUnknown(f"The server's answer was lost ({_kind(error)}).")
    return _before_the_body(error, stage)


def refused(answer: Answer, stage: Stage) -> ChannelError:
    """What an answer that is no consent means at `stage`."""
    if answer.code < 0 or answer.code < 400:
        return _nonsense(answer, stage)
    if answer.code < 500:
        return _later(answer)
    if stage is Stage.CONNECT:
        # A server that turns us away at the door may think better of it; the mail is not at fault.
        return TransientError(
            f"The server turns us away: {answer.shown}", provider_code=_code(answer)
        )
    return _never(answer, stage)


def refused_login(answer: Answer) -> ChannelError:
    """What an answer to AUTH means."""
    if 400 <= answer.code < 500 and answer.code != 432:
        return _later(answer)
    return InboxMisconfigured(
        f"The server refuses the login: {answer.shown}",
        remedy="Check user name and password; Gmail, Yandex and Mail.ru want an app password.",
        provider_code=_code(answer),
    )


_STAGES = {
    aiosmtplib.SMTPSenderRefused: Stage.SENDER,
    aiosmtplib.SMTPRecipientRefused: Stage.RECIPIENT,
    aiosmtplib.SMTPDataError: Stage.BODY,
    aiosmtplib.SMTPHeloError: Stage.CONNECT,
    aiosmtplib.SMTPConnectResponseError: Stage.CONNECT,
}


def _refusal(error: aiosmtplib.SMTPResponseException, stage: Stage) -> ChannelError:
    answer = Answer.of(error.code, error.message)
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        return refused_login(answer)
    return refused(answer, _STAGES.get(type(error), stage))


def _unsupported(stage: Stage) -> ChannelError:
    if stage is Stage.CONNECT:
        return InboxMisconfigured(
            "The server does not offer what the settings ask for.",
            remedy="Check the port, the security and the kind of login.",
        )
    return PermanentError(
        "The server cannot carry addresses with letters beyond ASCII.", Reason.INVALID_ADDRESS
    )


def _security(error: BaseException) -> ChannelError | None:
    cause = error if isinstance(error, ssl.SSLError) else error.__cause__
    if isinstance(cause, ssl.SSLCertVerificationError):
        why = getattr(cause, "verify_message", "") or "unknown issuer"
        return InboxMisconfigured(
            f"The server's certificate is not trusted: {why}.",
            remedy="Check the server's name; for an authority of your own set ca_file.",
        )
    if isinstance(cause, ssl.SSLError) and "WRONG_VERSION" in str(cause):
        return InboxMisconfigured(
            "The server does not speak TLS on this port.",
            remedy="Port 465 goes with implicit TLS, port 587 with STARTTLS.",
        )
    return None


def _before_the_body(error: BaseException, stage: Stage) -> ChannelError:
    cause = error if isinstance(error, OSError) else error.__cause__
    if isinstance(cause, socket.gaierror) or isinstance(error.__cause__, socket.gaierror):
        return TransientError("The name of the mail server cannot be resolved.")
    if isinstance(error, ConnectionError | OSError | TimeoutError | EOFError):
        return TransientError(f"The mail server cannot be reached ({_kind(error)}).")
    if stage is Stage.CONNECT and isinstance(error, aiosmtplib.SMTPException):
        return _unsupported(stage)
    if isinstance(error, UnicodeError | ValueError):
        return PermanentError(
            "The address cannot be written as SMTP wants it.", Reason.INVALID_ADDRESS
        )
    return TransientError(f"The mail was not handed over ({_kind(error)}).")


def _nonsense(answer: Answer, stage: Stage) -> ChannelError:
    """An answer that is none: not a code, or a consent to something else."""
    if stage is Stage.BODY:
        return OutcomeUnknown(f"The server's answer is not understood: {answer.shown}")
    return TransientError(f"The server's answer is not understood: {answer.shown}")


def _later(answer: Answer) -> ChannelError:
    if _is_quota(answer):
        return _limited(answer, QUOTA)
    if _TOO_FAST.search(answer.words) or (answer.code == 454 and answer.enhanced == "4.7.0"):
        return _limited(answer, SLOW_DOWN)
    return TransientError(
        f"The server asks to try again: {answer.shown}", provider_code=_code(answer)
    )


def _limited(answer: Answer, seconds: float) -> RateLimited:
    return RateLimited(
        f"The server lets no more mail through for now: {answer.shown}",
        retry_after=seconds,
        provider_code=_code(answer),
    )


def _never(answer: Answer, stage: Stage) -> ChannelError:
    if _is_quota(answer):
        return _limited(answer, QUOTA)
    if _is_ours(answer, stage):
        return InboxMisconfigured(
            f"The server does not let this inbox send: {answer.shown}",
            remedy="The address must belong to the login; check both at the provider.",
            provider_code=_code(answer),
        )
    return PermanentError(
        f"The server refuses: {answer.shown}", _reason(answer, stage), provider_code=_code(answer)
    )


def _is_quota(answer: Answer) -> bool:
    """Whether the sender's allowance is used up; not the size of a mail, nor a full mailbox."""
    if answer.enhanced == "5.4.5":
        return True
    sized = answer.code == 552 or _SIZE.search(answer.words)
    return not sized and bool(_QUOTA.search(answer.words))


def _is_ours(answer: Answer, stage: Stage) -> bool:
    """Whether the refusal is about the inbox, so that every other mail would meet it too."""
    if answer.code in {530, 534, 535, 538}:
        return True
    if stage is Stage.SENDER:
        return answer.code not in {552, 555} and answer.enhanced != "5.3.4"
    return stage is Stage.RECIPIENT and bool(_RELAY.search(answer.words))


_BY_ENHANCED = {
    "5.1.0": Reason.INVALID_ADDRESS,
    "5.1.1": Reason.INVALID_ADDRESS,
    "5.1.2": Reason.INVALID_ADDRESS,
    "5.1.3": Reason.INVALID_ADDRESS,
    "5.1.6": Reason.INVALID_ADDRESS,
    "5.1.10": Reason.INVALID_ADDRESS,
    "5.2.0": Reason.UNREACHABLE,
    "5.2.1": Reason.UNREACHABLE,
    "5.2.2": Reason.UNREACHABLE,
    "5.2.3": Reason.TOO_LARGE,
    "5.3.4": Reason.TOO_LARGE,
    "5.4.1": Reason.INVALID_ADDRESS,
    "5.4.4": Reason.INVALID_ADDRESS,
    "5.6.0": Reason.CONTENT_REJECTED,
    "5.7.26": Reason.OTHER,
}
_AT_RECIPIENT = {
    501: Reason.INVALID_ADDRESS,
    510: Reason.INVALID_ADDRESS,
    511: Reason.INVALID_ADDRESS,
    512: Reason.INVALID_ADDRESS,
    513: Reason.INVALID_ADDRESS,
    521: Reason.UNREACHABLE,
    550: Reason.INVALID_ADDRESS,
    551: Reason.INVALID_ADDRESS,
    552: Reason.UNREACHABLE,
    553: Reason.INVALID_ADDRESS,
    556: Reason.INVALID_ADDRESS,
}
_AT_BODY = {
    550: Reason.CONTENT_REJECTED,
    552: Reason.TOO_LARGE,
    554: Reason.CONTENT_REJECTED,
    571: Reason.CONTENT_REJECTED,
}


def _reason(answer: Answer, stage: Stage) -> Reason:
    if _FULL.search(answer.words):
        return Reason.UNREACHABLE
    if answer.enhanced in _BY_ENHANCED:
        return _BY_ENHANCED[answer.enhanced]
    if answer.enhanced.startswith("5.7."):
        # A policy: of the recipient's side about us, or about what the mail says.
        return Reason.CONTENT_REJECTED if stage is Stage.BODY else Reason.OTHER
    if stage is Stage.RECIPIENT:
        return _AT_RECIPIENT.get(answer.code, Reason.OTHER)
    if stage is Stage.SENDER and answer.code == 552:
        return Reason.TOO_LARGE
    return _AT_BODY.get(answer.code, Reason.OTHER)


def _code(answer: Answer) -> str:
    return f"{answer.code} {answer.enhanced}".strip() if answer.code > 0 else ""


def _kind(error: BaseException) -> str:
    return type(error).__name__
