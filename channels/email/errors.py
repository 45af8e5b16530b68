"""What an exception on the way to or from a mail server means for the hub: one pure function."""

import socket
import ssl

import aiosmtplib
from aioimaplib import aioimaplib

from channels.email import smtp_errors
from channels.email.imap_errors import (
    ImapError,
    NoSuchFolder,
    NotEncrypted,
    SignInRefused,
)
from channels.email.smtp_errors import Stage
from hub.ports import ChannelError, InboxMisconfigured, OutcomeUnknown, TransientError


def classify(error: BaseException, host: str = "") -> ChannelError:
    """The hub's word for `error`; `host` is the server's name, for remedies.

    What says nothing is taken for a passing fault: nothing is lost by trying to receive again.
    """
    if isinstance(error, ChannelError):
        return error
    if isinstance(error, aiosmtplib.SMTPException):
        return smtp_errors.classify(error, Stage.BODY)
    if isinstance(error, ImapError):
        return _imap(error, host)
    if isinstance(error, aioimaplib.AioImapException | aioimaplib.CommandTimeout):
        return TransientError("The mail server's answer makes no sense.")
    return _connection(error, host)


def _imap(error: ImapError, host: str) -> ChannelError:
    if isinstance(error, SignInRefused):
        return InboxMisconfigured(
            f"The mail server does not accept the user name and password: {error.answer}",
            remedy=sign_in_remedy(host),
            provider_code=_code(error.answer),
        )
    if isinstance(error, NoSuchFolder):
        return InboxMisconfigured(
            f"The folder “{error.folder}” cannot be opened: {error.answer}",
            remedy="Correct its name among the inbox's folders, or create it in the mailbox.",
        )
    if isinstance(error, NotEncrypted):
        return InboxMisconfigured(
            str(error), remedy="Choose implicit TLS (port 993), or ask the provider for it."
        )
    detail = f"{error} ({error.answer})" if error.answer else str(error)
    return TransientError(detail, provider_code=_code(error.answer))


def _connection(error: BaseException, host: str) -> ChannelError:
    server = host or "The mail server"
    # Not InboxMisconfigured: certificates are renewed and servers restarted without our settings.
    if isinstance(error, ssl.SSLCertVerificationError):
        return TransientError(
            f"{server} does not prove who it is: {error.verify_message}. Is its name the one in "
            "its certificate? A server with an authority of its own needs its file (ca_file)."
        )
    if isinstance(error, ssl.SSLError):
        return TransientError(
            f"{server} does not speak TLS on this port: implicit TLS is usually on 993, STARTTLS "
            "on 143."
        )
    if isinstance(error, socket.gaierror):
        return TransientError(f"The name {server} is not known.")
    if isinstance(error, OSError | TimeoutError | EOFError):
        return TransientError(f"{server} cannot be reached.")
    return OutcomeUnknown(f"Talking to the mail server failed ({type(error).__name__}).")


def sign_in_remedy(host: str) -> str:
    """What to do about a refused password at the provider whose server this is."""
    return next((words for names, words in _REMEDIES.items() if host.endswith(names)), _OWN_SERVER)


def _code(answer: str) -> str:
    return answer.partition("]")[0].removeprefix("[") if answer.startswith("[") else ""


_REMEDIES = {
    ("gmail.com", "googlemail.com"): (
        "Gmail wants an app password: turn on 2-Step Verification, make one at "
        "https://myaccount.google.com/apppasswords and enter it here."
    ),
    ("office365.com", "outlook.com", "hotmail.com", "live.com"): (
        "Microsoft accepts no passwords here any more: choose xoauth2 and enter a refresh token; "
        "IMAP must be allowed for the mailbox "
        "(https://admin.exchange.microsoft.com, Mailboxes, Manage email apps)."
    ),
    ("yandex.ru", "yandex.com", "yandex.net"): (
        "Yandex wants an app password of the kind Mail: make one at "
        "https://id.yandex.ru/security/app-passwords, and allow IMAP at "
        "https://mail.yandex.ru/#setup/client."
    ),
    ("mail.ru", "bk.ru", "list.ru", "inbox.ru"): (
        "Mail.ru wants a password for external applications: make one at "
        "https://account.mail.ru/user/2-step-auth/passwords."
    ),
    ("icloud.com", "me.com"): (
        "iCloud wants an app-specific password: make one at https://account.apple.com."
    ),
}
_OWN_SERVER = "Check the user name (often the whole address) and the password."
