"""Mails through Exim into a mailbox of Dovecot, and what Exim refuses."""

import email
import email.policy
from email.message import EmailMessage
from uuid import uuid4

import pytest

from channels.email.parsing.parse import parse
from hub.ports import Address, PermanentError, Reason, TransientError
from hub.ports.fake import RecordingHost
from tests.integration.email.conftest import Senders, message
from tests.mail_server import PASSWORD, MailServer
from tests.nodes import until


def login(server: MailServer) -> dict[str, object]:
    return {
        "smtp_tls": "starttls",
        "smtp_user": "support@mail.example",
        "smtp_password": PASSWORD,
        "ca_file": str(server.certificate),
        "address": "support@mail.example",
    }


def arrived(server: MailServer, address: str) -> list[bytes]:
    with server.login(address) as imap:
        _, count = imap.select("INBOX", readonly=True)
        if count == [b"0"]:
            return []
        _, found = imap.fetch("1:*", "(RFC822)")
    return [one[1] for one in found if isinstance(one, tuple)]


async def test_a_mail_arrives_as_it_was_written(
    sender: Senders, host: RecordingHost, mail_host: MailServer
) -> None:
    anna, kate = mail_host.new_mailbox(), mail_host.new_mailbox()
    file = await host.files.save("Счёт № 1.pdf", b"%PDF" + bytes(range(256)))
    words = "Здравствуйте!\n\n.Строка с точкой\nFrom nowhere\n" + "д" * 2_000
    sent = message(address=Address("email", anna), bcc=(kate,), text=words, files=(file,))
    async with sender(mail_host.smtp_port, **login(mail_host)) as out:
        await out.send(sent)
    await until(lambda: arrived(mail_host, anna) and arrived(mail_host, kate), within=20)
    (raw,) = arrived(mail_host, anna)
    ours = parse(raw)
    assert ours.text.strip() == words
    assert [(one.filename, one.content[:4]) for one in ours.attachments] == [
        ("Счёт № 1.pdf", b"%PDF")
    ]
    theirs = email.message_from_bytes(raw, policy=email.policy.SMTP)
    assert isinstance(theirs, EmailMessage)
    body = theirs.get_body(("plain",))
    assert body is not None
    assert body.get_content().replace("\r\n", "\n").strip("\n") == words
    assert kate not in str(ours.to + ours.cc)
    assert b"Bcc" not in raw


async def test_what_exim_refuses_and_what_it_puts_off(
    sender: Senders, mail_host: MailServer
) -> None:
    async with sender(mail_host.smtp_port, **login(mail_host)) as out:
        with pytest.raises(PermanentError) as refused:
            await out.send(message(address=Address("email", "refused@mail.example")))
        with pytest.raises(TransientError):
            await out.send(message(address=Address("email", "later@mail.example")))
        receipt = await out.send(
            message(
                delivery_id=uuid4(),
                address=Address("email", mail_host.new_mailbox()),
                cc=("refused@mail.example",),
            )
        )
    assert refused.value.reason is Reason.INVALID_ADDRESS
    assert "refused@mail.example" in receipt.detail


async def test_addresses_beyond_ascii_arrive(sender: Senders, mail_host: MailServer) -> None:
    cyrillic = message(address=Address("email", "иван@mail.example"), cc=("катя@mail.example",))
    async with sender(mail_host.smtp_port, **login(mail_host)) as out:
        receipt = await out.send(cyrillic)
    assert receipt.detail == ""
