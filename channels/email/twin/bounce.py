"""The mail by which a mail server says that it could not deliver (RFC 3461, 3462, 3464)."""

from datetime import datetime
from email.message import EmailMessage, Message
from email.policy import SMTP
from email.utils import format_datetime

from channels.email.twin import structure
from channels.email.twin.smtp import NAME

_MAX_RETURNED = 16 * 1024
_WORDS = {
    "5": "Your message could not be delivered, and will not be tried again.",
    "4": "Your message has not been delivered yet. It will be tried again for two days.",
}


def report(  # noqa: PLR0913 - what stands in a report
    raw: bytes, *, recipient: str, sender: str, status: str, said: str, at: datetime, number: int
) -> bytes:
    """A delivery status notification about `raw` to its envelope's sender."""
    failed = status.startswith("5")
    said = said or ("550 " + status + " The mailbox does not exist" if failed else "451 Try later")
    message = Message(SMTP)
    message["Return-Path"] = "<>"
    message["From"] = f"Mail Delivery System <MAILER-DAEMON@{NAME}>"
    message["To"] = sender
    message["Subject"] = "Undelivered Mail Returned to Sender" if failed else "Delayed Mail"
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<bounce.{number}.{int(at.timestamp())}@{NAME}>"
    message["Auto-Submitted"] = "auto-replied"
    message["MIME-Version"] = "1.0"
    message["Content-Type"] = "multipart/report; report-type=delivery-status"
    message.set_payload(
        [
            _words(recipient, status, said),
            _facts(recipient, status, said, failed=failed),
            _original(raw),
        ]
    )
    return message.as_bytes()


def _words(recipient: str, status: str, said: str) -> Message:
    part = EmailMessage(SMTP)
    part.set_content(
        f"This is the mail system at {NAME}.\n\n{_WORDS[status[0]]}\n\n<{recipient}>: {said}\n",
        cte="quoted-printable" if not recipient.isascii() else "7bit",
    )
    return part


def _facts(recipient: str, status: str, said: str, *, failed: bool) -> Message:
    part = Message(SMTP)
    part["Content-Type"] = "message/delivery-status"
    kind = "rfc822" if recipient.isascii() else "utf-8"
    about, whom = Message(SMTP), Message(SMTP)
    about["Reporting-MTA"] = f"dns; {NAME}"
    whom["Final-Recipient"] = f"{kind}; {recipient}"
    whom["Action"] = "failed" if failed else "delayed"
    whom["Status"] = status
    whom["Diagnostic-Code"] = f"smtp; {said}"
    part.set_payload([about, whom])
    return part


def _original(raw: bytes) -> Message:
    whole = structure.read(raw)
    head = whole.bytes_of(whole.head)[:_MAX_RETURNED]
    part = Message(SMTP)
    part["Content-Type"] = "text/rfc822-headers"
    part["Content-Transfer-Encoding"] = "8bit"
    part.set_payload(head.decode("utf-8", "surrogateescape"))
    return part
