"""Every answer of a server and every exception of the library has its meaning."""

import socket
import ssl

import aiosmtplib
import pytest

from channels.email.smtp_errors import Answer, Stage, classify, refused, refused_login
from hub.ports import (
    ChannelError,
    InboxMisconfigured,
    OutcomeUnknown,
    PermanentError,
    RateLimited,
    Reason,
    TransientError,
)

EXPORTED = {
    name: one
    for name in aiosmtplib.__all__
    if isinstance(one := getattr(aiosmtplib, name), type) and issubclass(one, Exception)
}

# name: (made, before the body, from the body on)
TABLE: dict[str, tuple[Exception, type[ChannelError], type[ChannelError]]] = {
    "SMTPException": (aiosmtplib.SMTPException("x"), TransientError, OutcomeUnknown),
    "SMTPServerDisconnected": (
        aiosmtplib.SMTPServerDisconnected("x"),
        TransientError,
        OutcomeUnknown,
    ),
    "SMTPConnectError": (aiosmtplib.SMTPConnectError("x"), TransientError, OutcomeUnknown),
    "SMTPTimeoutError": (aiosmtplib.SMTPTimeoutError("x"), TransientError, OutcomeUnknown),
    "SMTPConnectTimeoutError": (
        aiosmtplib.SMTPConnectTimeoutError("x"),
        TransientError,
        OutcomeUnknown,
    ),
    "SMTPReadTimeoutError": (aiosmtplib.SMTPReadTimeoutError("x"), TransientError, OutcomeUnknown),
    "SMTPNotSupported": (aiosmtplib.SMTPNotSupported("x"), PermanentError, PermanentError),
    "SMTPResponseException": (
        aiosmtplib.SMTPResponseException(-1, "garbage"),
        TransientError,
        OutcomeUnknown,
    ),
    "SMTPConnectResponseError": (
        aiosmtplib.SMTPConnectResponseError(554, "no"),
        TransientError,
        TransientError,
    ),
    "SMTPHeloError": (aiosmtplib.SMTPHeloError(550, "no"), TransientError, TransientError),
    "SMTPDataError": (aiosmtplib.SMTPDataError(554, "spam"), PermanentError, PermanentError),
    "SMTPAuthenticationError": (
        aiosmtplib.SMTPAuthenticationError(535, "no"),
        InboxMisconfigured,
        InboxMisconfigured,
    ),
    "SMTPSenderRefused": (
        aiosmtplib.SMTPSenderRefused(550, "no", "a@b"),
        InboxMisconfigured,
        InboxMisconfigured,
    ),
    "SMTPRecipientRefused": (
        aiosmtplib.SMTPRecipientRefused(550, "no", "a@b"),
        PermanentError,
        PermanentError,
    ),
    "SMTPRecipientsRefused": (
        aiosmtplib.SMTPRecipientsRefused([aiosmtplib.SMTPRecipientRefused(550, "no", "a@b")]),
        PermanentError,
        PermanentError,
    ),
}


def test_the_table_knows_all_that_the_library_exports() -> None:
    assert TABLE.keys() == EXPORTED.keys()


@pytest.mark.parametrize("name", sorted(TABLE))
def test_an_exception_means_one_thing_before_the_body_and_one_after(name: str) -> None:
    made, before, after = TABLE[name]
    assert type(made) is EXPORTED[name]
    assert type(classify(made, Stage.SENDER)) is before
    assert type(classify(made, Stage.BODY)) is after


def caused(cause: BaseException) -> Exception:
    error = aiosmtplib.SMTPConnectError("x")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (socket.gaierror(-2, "unknown"), TransientError),
        (caused(socket.gaierror(-2, "unknown")), TransientError),
        (caused(ssl.SSLCertVerificationError(1, "x")), InboxMisconfigured),
        (ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong"), InboxMisconfigured),
        (ssl.SSLError(1, "[SSL] other"), TransientError),
        (ConnectionRefusedError(), TransientError),
        (TimeoutError(), TransientError),
        (EOFError(), TransientError),
        (aiosmtplib.SMTPException("no STARTTLS"), InboxMisconfigured),
        (aiosmtplib.SMTPNotSupported("x"), InboxMisconfigured),
        (PermanentError("ours"), PermanentError),
    ],
)
def test_what_goes_wrong_on_the_way_to_the_server(
    error: Exception, kind: type[ChannelError]
) -> None:
    assert type(classify(error, Stage.CONNECT)) is kind


def test_an_address_that_smtp_cannot_spell_fails_the_mail_alone() -> None:
    for error in (UnicodeEncodeError("ascii", "ж", 0, 1, "x"), ValueError("control")):
        found = classify(error, Stage.SENDER)
        assert isinstance(found, PermanentError)
        assert found.reason is Reason.INVALID_ADDRESS


@pytest.mark.parametrize(
    ("code", "words", "stage", "kind"),
    [
        (421, "4.3.0 Closing", Stage.SENDER, TransientError),
        (450, "4.2.0 Greylisted", Stage.RECIPIENT, TransientError),
        (451, "4.3.0 Local error", Stage.BODY, TransientError),
        (452, "4.5.3 Too many recipients", Stage.RECIPIENT, TransientError),
        (421, "4.7.28 Gmail has detected an unusual rate", Stage.BODY, RateLimited),
        (450, "4.7.1 Too many messages, slow down", Stage.SENDER, RateLimited),
        (454, "4.7.0 Too many login attempts", Stage.CONNECT, RateLimited),
        (550, "5.4.5 Daily user sending quota exceeded", Stage.RECIPIENT, RateLimited),
        (554, "5.2.0 OutboundSpamException; limit", Stage.BODY, RateLimited),
        (530, "5.7.0 Must issue a STARTTLS command first", Stage.SENDER, InboxMisconfigured),
        (553, "5.7.1 Sender address rejected: not owned by auth user", Stage.SENDER,
         InboxMisconfigured),
        (550, "5.7.1 Relaying denied", Stage.RECIPIENT, InboxMisconfigured),
        (554, "5.7.1 Relay access denied", Stage.RECIPIENT, InboxMisconfigured),
        (554, "No SMTP service here", Stage.CONNECT, TransientError),
        (250, "OK", Stage.BODY, OutcomeUnknown),
        (-1, "\ud800\x00 nonsense", Stage.BODY, OutcomeUnknown),
        (-1, "nonsense", Stage.SENDER, TransientError),
    ],
)  # fmt: skip
def test_what_an_answer_asks_for(
    code: int, words: str, stage: Stage, kind: type[ChannelError]
) -> None:
    assert type(refused(Answer.of(code, words), stage)) is kind


@pytest.mark.parametrize(
    ("code", "words", "stage", "reason"),
    [
        (550, "5.1.1 No such user", Stage.RECIPIENT, Reason.INVALID_ADDRESS),
        (550, "No such user", Stage.RECIPIENT, Reason.INVALID_ADDRESS),
        (550, "5.4.1 Recipient address rejected: Access denied", Stage.RECIPIENT,
         Reason.INVALID_ADDRESS),
        (550, "5.2.1 The account is disabled", Stage.RECIPIENT, Reason.UNREACHABLE),
        (552, "5.2.2 The account is over quota", Stage.RECIPIENT, Reason.UNREACHABLE),
        (552, "Mailbox full", Stage.RECIPIENT, Reason.UNREACHABLE),
        (554, "5.7.1 Blocked by policy", Stage.RECIPIENT, Reason.OTHER),
        (552, "Message exceeds the fixed limit", Stage.SENDER, Reason.TOO_LARGE),
        (552, "5.3.4 Message too big", Stage.BODY, Reason.TOO_LARGE),
        (554, "5.7.1 Message contains spam", Stage.BODY, Reason.CONTENT_REJECTED),
        (550, "Spam message rejected", Stage.BODY, Reason.CONTENT_REJECTED),
        (501, "Syntax error in parameters", Stage.RECIPIENT, Reason.INVALID_ADDRESS),
        (503, "Bad sequence", Stage.BODY, Reason.OTHER),
    ],
)  # fmt: skip
def test_why_a_mail_never_goes(code: int, words: str, stage: Stage, reason: Reason) -> None:
    found = refused(Answer.of(code, words), stage)
    assert isinstance(found, PermanentError)
    assert found.reason is reason


def test_a_login_that_may_work_later_closes_nothing() -> None:
    assert type(refused_login(Answer(454, "4.3.0 Try later"))) is TransientError
    assert type(refused_login(Answer(432, "4.7.12 Password transition"))) is InboxMisconfigured
    assert type(refused_login(Answer(535, "5.7.8 Bad credentials"))) is InboxMisconfigured


def test_every_code_at_every_stage_has_an_answer() -> None:
    for code in range(-1, 700):
        for stage in Stage:
            found = refused(Answer.of(code, "words\r\nof\x00 a server " * 100), stage)
            assert isinstance(found, ChannelError)
            assert len(str(found)) < 400
            assert str(found).isprintable()


def test_an_enhanced_code_of_another_class_is_not_believed() -> None:
    assert Answer(550, "4.2.2 odd").enhanced == ""
    assert Answer(550, "5.1.1 fine").enhanced == "5.1.1"
    assert Answer(550, "see 5.1.1").enhanced == ""
