"""Mails on their way out: the connection, the envelope, and what each fault means for a mail."""

import asyncio
import ssl
from contextlib import AsyncExitStack
from uuid import uuid4

import pytest

from channels.email.parsing.parse import parse
from hub.ports import (
    Address,
    InboxMisconfigured,
    OutcomeUnknown,
    PermanentError,
    RateLimited,
    Reason,
    TransientError,
)
from hub.ports.fake import RecordingHost
from tests.integration.email.conftest import Senders, message
from tests.integration.email.smtp_server import CUT, HELD, TAKEN_AND_CUT, serving
from tests.mail_server import MailServer
from tests.nodes import until


async def test_a_mail_reaches_the_server_with_its_names(sender: Senders) -> None:
    async with serving() as server, sender(server.port) as out:
        receipt = await out.send(message())
        account = out.account
    (taken,) = server.taken
    assert (taken.sender, taken.recipients) == ("support@shop.example", ("ivan@customer.example",))
    mail = parse(taken.data)
    assert mail.message_id == receipt.external_id
    assert account.tokens.read_message_id(f"<{mail.message_id}>") == message().delivery_id
    assert account.tokens.read_reply_address(mail.reply_to[0].address) == message().conversation_id
    assert receipt.provider_status.startswith("250")
    assert receipt.detail == ""


async def test_one_connection_carries_many_mails(sender: Senders) -> None:
    async with serving() as server, sender(server.port) as out:
        for _ in range(5):
            await out.send(message(delivery_id=uuid4()))
    assert (server.connections, len(server.taken)) == (1, 5)


async def test_connections_are_few_however_many_mails_wait(sender: Senders) -> None:
    async with serving() as server, sender(server.port) as out:
        await asyncio.gather(*(out.send(message(delivery_id=uuid4())) for _ in range(30)))
    assert len(server.taken) == 30
    assert server.connections <= 4


async def test_an_idle_connection_is_closed(sender: Senders) -> None:
    async with serving() as server, sender(server.port, idle_for=0.05) as out:
        await out.send(message())
        await until(lambda: not out.pool.idle, within=10)
        await out.send(message(delivery_id=uuid4()))
    assert (server.connections, len(server.taken)) == (2, 2)


async def test_a_server_that_restarted_meanwhile_costs_nothing(sender: Senders) -> None:
    async with serving() as server, sender(server.port) as out:
        await out.send(message())
        server.cut_all()
        await out.send(message(delivery_id=uuid4()))
    assert len(server.taken) == 2


async def test_a_cut_before_the_body_is_tried_on_another_connection(sender: Senders) -> None:
    async with serving() as server, sender(server.port) as out:
        server.at_sender.append(CUT)
        await out.send(message())
        server.at_sender += [CUT, CUT]
        with pytest.raises(TransientError):
            await out.send(message())
    assert len(server.taken) == 1


@pytest.mark.parametrize("fault", [CUT, TAKEN_AND_CUT])
async def test_a_cut_after_the_body_leaves_it_open_whether_it_was_sent(
    sender: Senders, fault: str
) -> None:
    async with serving() as server, sender(server.port) as out:
        server.at_body.append(fault)
        with pytest.raises(OutcomeUnknown):
            await out.send(message())
        before = len(server.taken)
        await out.send(message(attempt=2))
    ids = {parse(one.data).message_id for one in server.taken}
    assert (len(server.taken), len(ids)) == (before + 1, 1)


async def test_a_cancelled_send_leaves_no_connection_half_way(sender: Senders) -> None:
    async with serving() as server, sender(server.port) as out:
        server.at_body.append(HELD)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await out.send(message())
        assert out.pool.idle == 0
        server.release()
        await out.send(message(delivery_id=uuid4()))
        assert parse(server.taken[-1].data).subject == "Re: Order 1043"


async def test_after_a_refusal_the_connection_serves_the_next_mail(sender: Senders) -> None:
    async with serving() as server, sender(server.port) as out:
        server.recipients["ivan@customer.example"] = "550 5.1.1 No such user"
        with pytest.raises(PermanentError) as refused:
            await out.send(message())
        await out.send(message(address=Address("email", "anna@customer.example")))
    assert refused.value.reason is Reason.INVALID_ADDRESS
    assert refused.value.provider_code == "550 5.1.1"
    assert "No such user" in str(refused.value)
    assert (server.connections, len(server.taken)) == (1, 1)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ("451 4.7.1 Greylisted, come back", TransientError),
        ("421 4.7.0 Too busy", TransientError),
        (
            "450 4.2.1 The user you are trying to contact is receiving mail at a rate limit",
            RateLimited,
        ),
        ("552 5.3.4 Message too big", PermanentError),
        ("554 5.7.1 Spam", PermanentError),
    ],
)
async def test_what_the_server_says_of_the_body_is_sorted(
    sender: Senders, answer: str, kind: type[Exception]
) -> None:
    async with serving() as server, sender(server.port) as out:
        server.at_body.append(answer)
        with pytest.raises(kind):
            await out.send(message())


async def test_a_copy_that_is_refused_does_not_keep_the_mail_back(sender: Senders) -> None:
    async with serving() as server, sender(server.port) as out:
        server.recipients["kate@x.example"] = "550 5.1.1 Unknown"
        receipt = await out.send(
            message(cc=("kate@x.example", "pit@x.example"), bcc=("b@x.example",))
        )
    (taken,) = server.taken
    assert taken.recipients == ("ivan@customer.example", "pit@x.example", "b@x.example")
    assert "kate@x.example (550 5.1.1 Unknown)" in receipt.detail
    assert b"b@x.example" not in taken.data


async def test_a_copy_that_is_put_off_waits_two_tries_and_no_longer(sender: Senders) -> None:
    async with serving() as server, sender(server.port) as out:
        server.recipients["kate@x.example"] = "452 4.2.2 Mailbox full"
        for attempt in (1, 2):
            with pytest.raises(TransientError):
                await out.send(message(cc=("kate@x.example",), attempt=attempt))
        assert server.taken == []
        receipt = await out.send(message(cc=("kate@x.example",), attempt=3))
    assert "kate@x.example" in receipt.detail
    assert len(server.taken) == 1


async def test_a_mail_larger_than_the_server_takes_is_not_begun(sender: Senders) -> None:
    async with serving(data_size_limit=2_000) as server, sender(server.port) as out:
        with pytest.raises(PermanentError) as refused:
            await out.send(message(text="word " * 1_000))
    assert refused.value.reason is Reason.TOO_LARGE
    assert server.taken == []


async def test_a_mail_larger_than_the_inbox_may_send_is_not_composed(
    sender: Senders, host: RecordingHost
) -> None:
    host.files = type(host.files)(max_bytes=2_000_000)
    big = await host.files.save("big.bin", bytes(900_000))
    async with serving() as server, sender(server.port, max_message_mb=1) as out:
        with pytest.raises(PermanentError) as refused:
            await out.send(message(files=(big,)))
    assert refused.value.reason is Reason.TOO_LARGE
    assert server.connections == 0


async def test_files_arrive_as_they_were(sender: Senders, host: RecordingHost) -> None:
    content = bytes(range(256)) * 500
    file = await host.files.save("Счёт № 1.pdf", content)
    async with serving() as server, sender(server.port) as out:
        await out.send(message(files=(file,)))
    (attached,) = parse(server.taken[0].data).attachments
    assert (attached.filename, attached.content) == ("Счёт № 1.pdf", content)


async def test_a_large_mail_with_lines_of_dots_arrives_as_it_was(
    sender: Senders, host: RecordingHost
) -> None:
    host.files = type(host.files)(max_bytes=12_000_000)
    content = (b"." * 70 + b"\r\n") * 30_000
    file = await host.files.save("dots.bin", content)
    async with serving() as server, sender(server.port) as out:
        await out.send(message(files=(file,), text=".\n..\n.\r\nend."))
        await out.send(message(delivery_id=uuid4()))
    mail = parse(server.taken[0].data)
    assert mail.text == ".\n..\n.\nend."
    assert mail.attachments[0].content == content
    assert server.connections == 1


async def test_a_server_that_refuses_data_leaves_no_mail_half_way(sender: Senders) -> None:
    async with serving(data_size_limit=5_000) as server, sender(server.port) as out:
        # It does not say how much it takes until it has had too much.
        async with out.pool.talk(fresh=True) as talk:
            talk.client.esmtp_extensions.pop("size")
        with pytest.raises(PermanentError):
            await out.send(message(text="word " * 5_000))
        await out.send(message(delivery_id=uuid4()))
    assert [parse(one.data).text for one in server.taken] == ["Your order has left."]


async def hasty(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A server that refuses a mail before it has read it to its end."""
    writer.write(b"220 hasty\r\n")
    while line := await reader.readline():
        if line.startswith(b"DATA"):
            writer.write(b"354 Go on\r\n")
            await reader.readexactly(100_000)
            writer.write(b"552 5.3.4 Too big already\r\n")
            await reader.readuntil(b"\r\n.\r\n")
        else:
            writer.write(b"250 OK\r\n")
    writer.close()


async def test_what_a_server_says_in_the_middle_of_a_mail_is_heard(
    sender: Senders, host: RecordingHost
) -> None:
    host.files = type(host.files)(max_bytes=3_000_000)
    file = await host.files.save("big.bin", bytes(2_000_000))
    listening = await asyncio.start_server(hasty, "127.0.0.1", 0, limit=5_000_000)
    async with listening, sender(listening.sockets[0].getsockname()[1]) as out:
        for _ in range(2):
            with pytest.raises(PermanentError) as refused:
                await out.send(message(files=(file,)))
            assert refused.value.reason is Reason.TOO_LARGE


async def test_an_address_beyond_ascii_needs_a_server_that_knows_them(sender: Senders) -> None:
    cyrillic = message(address=Address("email", "иван@xn--e1afmkfd.xn--p1ai"))
    async with serving() as server, sender(server.port) as out:
        await out.send(cyrillic)
        assert server.taken[0].recipients == ("иван@xn--e1afmkfd.xn--p1ai",)
        assert "SMTPUTF8" in server.taken[0].options
    async with serving(enable_SMTPUTF8=False) as server, sender(server.port) as out:
        with pytest.raises(PermanentError) as refused:
            await out.send(cyrillic)
        assert refused.value.reason is Reason.INVALID_ADDRESS
        receipt = await out.send(message(cc=("катя@x.example",)))
        assert "катя@x.example" in receipt.detail


async def test_a_server_that_is_away_is_asked_again_later(sender: Senders) -> None:
    async with serving() as server:
        port = server.port
    async with sender(port) as out:
        with pytest.raises(TransientError):
            await out.send(message())


def certificate(server: MailServer) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(server.certificate, server.folder / "key.pem")
    return context


@pytest.mark.parametrize("how", ["implicit", "starttls"])
async def test_encrypted_and_signed_in(sender: Senders, mail_host: MailServer, how: str) -> None:
    login = {"smtp_user": "support", "smtp_password": "right", "smtp_tls": how}
    trusted = {**login, "ca_file": str(mail_host.certificate)}
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(
            serving(
                tls=certificate(mail_host),
                starttls=how == "starttls",
                users={"support": "right"},
            )
        )
        good = await stack.enter_async_context(sender(server.port, **trusted))
        await good.prove()
        await good.send(message())
        assert server.signed_in[0] == "support"
        wrong = await stack.enter_async_context(
            sender(server.port, **{**trusted, "smtp_password": "wrong"})
        )
        with pytest.raises(InboxMisconfigured) as refused:
            await wrong.send(message())
        assert "password" in refused.value.remedy
        assert "wrong" not in str(refused.value)
        distrusted = await stack.enter_async_context(sender(server.port, **login))
        with pytest.raises(InboxMisconfigured, match="certificate"):
            await distrusted.send(message())


async def test_an_access_token_signs_in_too(sender: Senders, mail_host: MailServer) -> None:
    settings = {
        "smtp_tls": "starttls",
        "ca_file": str(mail_host.certificate),
        "auth": "xoauth2",
        "smtp_user": "support@shop.example",
    }
    async with (
        serving(
            tls=certificate(mail_host), starttls=True, users={"support@shop.example": "token"}
        ) as server,
        sender(server.port, smtp_password="token", **settings) as good,
        sender(server.port, smtp_password="stale", **settings) as bad,
    ):
        await good.send(message())
        assert server.signed_in == ["support@shop.example"]
        with pytest.raises(InboxMisconfigured):
            await bad.send(message())


async def test_a_port_that_speaks_something_else_is_named(
    sender: Senders, mail_host: MailServer
) -> None:
    trusted = {"ca_file": str(mail_host.certificate), "smtp_password": "right"}
    async with serving() as server:
        async with sender(server.port, smtp_tls="implicit", **trusted) as out:
            with pytest.raises((InboxMisconfigured, TransientError)):
                await out.prove()
        async with sender(server.port, smtp_tls="starttls", **trusted) as out:
            with pytest.raises(InboxMisconfigured):
                await out.prove()
