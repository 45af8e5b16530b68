"""SMTP submission as aiosmtplib sees it, and what becomes of the mails."""

import asyncio
from base64 import b64encode

import aiosmtplib
import pytest

from channels.email.parsing.parse import parse
from channels.email.twin.limits import MAX_SUBMITTED
from channels.email.twin.mailboxes import Watcher
from channels.email.twin.twin import RunningMail
from tests.integration.email_twin.conftest import ANNA, mail, raw_lines, raws, smtp


async def test_a_mail_arrives_as_it_was_sent(twin: RunningMail):
    async with smtp(twin) as client:
        refused, _ = await client.send_message(mail(twin, Cc="boris@post.example"))
    assert refused == {}
    for address in (ANNA, "boris@post.example"):
        (raw,) = await raws(twin, address)
        assert raw.startswith(b"Return-Path: <hello@luna-optics.example>\r\n")
        assert b"dmarc=pass header.from=luna-optics.example" in raw
        found = parse(raw)
        assert found.text.splitlines()[:3] == ["Здравствуйте!", ".", "..точки"]


@pytest.mark.parametrize("mechanism", ["auth_plain", "auth_login"])
async def test_signing_in(twin: RunningMail, mechanism: str):
    client = aiosmtplib.SMTP(
        hostname="127.0.0.1", port=twin.smtp_port, timeout=20, start_tls=False
    )
    async with client:
        await client.ehlo()
        with pytest.raises(aiosmtplib.SMTPResponseException, match="530"):
            await client.mail("a@b.example")
        with pytest.raises(aiosmtplib.SMTPAuthenticationError):
            await getattr(client, mechanism)(twin.company.address, "wrong")
        signed = await getattr(client, mechanism)(twin.company.address, twin.company.password)
        assert signed.code == 235


async def test_signing_in_with_a_token(twin: RunningMail):
    client = aiosmtplib.SMTP(
        hostname="127.0.0.1", port=twin.smtp_port, timeout=20, start_tls=False
    )
    async with client:
        await client.ehlo()
        with pytest.raises(aiosmtplib.SMTPAuthenticationError):
            await client.auth_xoauth2(twin.company.address, "stale")
        signed = await client.auth_xoauth2(twin.company.address, twin.company.password)
        assert signed.code == 235


async def test_addresses_in_any_script(twin: RunningMail):
    async with smtp(twin) as client:
        await client.mail(twin.company.address)
        said = await client.execute_command(b"RCPT", "TO:<анна@почта.example>".encode())
        assert said.code == 553
        await client.rset()
        await client.send_message(mail(twin, to="анна@почта.example"))
    assert len(await raws(twin, "анна@почта.example")) == 1


async def test_what_is_too_much(twin: RunningMail):
    async with smtp(twin) as client:
        with pytest.raises(aiosmtplib.SMTPSenderRefused, match="552"):
            await client.mail(twin.company.address, options=[f"SIZE={MAX_SUBMITTED + 1}"])
        recipients = [f"c{number}@post.example" for number in range(102)]
        refused, _ = await client.sendmail(twin.company.address, recipients, b"Subject: x\n\nx")
    assert sorted(refused) == ["c100@post.example", "c101@post.example"]


async def test_only_a_dot_on_a_whole_line_ends_a_mail(twin: RunningMail):
    """Else one mail smuggles another one in, with an envelope of its choice."""
    auth = f"\0{twin.company.address}\0{twin.company.password}"
    said = [
        b"EHLO x",
        b"AUTH PLAIN " + b64encode(auth.encode()),
        b"MAIL FROM:<a@b.example>",
        b"RCPT TO:<anna@post.example>",
        b"DATA",
        b"Subject: outer\r\n\r\nx\n.\nMAIL FROM:<evil@b.example>\r.\r\n..dot\r\n.",
        b"QUIT",
    ]
    answers = await raw_lines(twin.smtp_port, b"\r\n".join(said) + b"\r\n")
    assert answers.count(b"250 2.0.0 Taken") == 1
    (raw,) = await raws(twin, ANNA)
    assert raw.endswith(b"x\n.\nMAIL FROM:<evil@b.example>\r.\r\n.dot\r\n")


REFUSED = {"code": "550", "text": "5.1.1 Nobody"}
LATER = {"code": "451", "text": "4.7.1 Later"}


@pytest.mark.parametrize(
    ("fault", "fails", "arrived"),
    [
        ({"at": "rcpt", "do": "reply", **REFUSED}, aiosmtplib.SMTPRecipientsRefused, 0),
        ({"at": "rcpt", "do": "reply", **LATER}, aiosmtplib.SMTPRecipientsRefused, 0),
        ({"at": "mail", "do": "reply", **LATER}, aiosmtplib.SMTPSenderRefused, 0),
        ({"at": "data", "do": "reply", **REFUSED}, aiosmtplib.SMTPDataError, 0),
        ({"at": "data", "do": "drop"}, aiosmtplib.SMTPServerDisconnected, 0),
        ({"at": "accepted", "do": "drop"}, aiosmtplib.SMTPServerDisconnected, 1),
        (
            {"at": "auth", "do": "reply", "times": 2, **LATER},
            aiosmtplib.SMTPAuthenticationError,
            0,
        ),
        ({"at": "connect", "do": "drop"}, aiosmtplib.SMTPException, 0),
        ({"at": "accepted", "do": "slow", "seconds": 30}, aiosmtplib.SMTPReadTimeoutError, 1),
    ],
)
async def test_faults_on_demand(twin: RunningMail, fault, fails, arrived: int):
    await twin.post.mailbox(ANNA)
    twin.faults.order({"protocol": "smtp", **fault})
    patience = 0.5 if fault["do"] == "slow" else 20
    with pytest.raises(fails):
        async with smtp(twin) as client:
            await client.send_message(mail(twin), timeout=patience)
    assert len(await raws(twin, ANNA)) == arrived
    async with smtp(twin) as client:
        await client.send_message(mail(twin))
    assert len(await raws(twin, ANNA)) == arrived + 1


async def test_one_recipient_of_two_is_refused(twin: RunningMail):
    twin.faults.order({"protocol": "smtp", "at": "rcpt", "do": "reply", "who": "boris@*"})
    async with smtp(twin) as client:
        refused, _ = await client.send_message(mail(twin, Cc="boris@post.example"))
    assert [(to, answer.code) for to, answer in refused.items()] == [("boris@post.example", 451)]
    assert len(await raws(twin, ANNA)) == 1


@pytest.mark.parametrize(("status", "action"), [("5.1.1", "failed"), ("4.4.1", "delayed")])
async def test_a_mail_that_bounces_later(twin: RunningMail, status: str, action: str):
    twin.faults.order({"protocol": "smtp", "at": "later", "do": "bounce", "status": status})
    watcher = Watcher()
    twin.company.folders["INBOX"].watchers.add(watcher)
    async with smtp(twin) as client:
        await client.send_message(mail(twin))
    async with asyncio.timeout(20):
        await watcher.woken.wait()
    (raw,) = await raws(twin, twin.company.address)
    bounce = parse(raw).bounce
    assert bounce is not None
    assert (bounce.status, bounce.action, bounce.recipient) == (status, action, ANNA)
    assert bounce.original_message_id == "one@luna-optics.example"
    assert ANNA not in twin.post.mailboxes


async def test_a_bounce_under_way_does_not_hold_up_the_end(twin: RunningMail):
    twin.faults.order({"protocol": "smtp", "at": "later", "do": "bounce", "seconds": 3600})
    async with smtp(twin) as client:
        await client.send_message(mail(twin))
    assert len(twin.world._later) == 1
