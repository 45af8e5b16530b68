"""Whatever a stranger says, the twin answers or closes, and goes on serving others."""

import asyncio
import random
from contextlib import suppress
from pathlib import Path

import pytest

from channels.email.twin import EmailTwin, wire
from channels.email.twin.limits import MAX_BAD_COMMANDS, MAX_LINE, MAX_LITERAL
from channels.email.twin.twin import RunningMail
from tests.integration.email_twin.conftest import ANNA, by_imaplib, mail, raw_lines, raws, smtp


async def still_there(twin: RunningMail) -> None:
    async with smtp(twin) as client:
        await client.send_message(mail(twin))
    status, _ = await by_imaplib(twin, lambda client: client.select("INBOX"))
    assert status == "OK"


def signed_in(twin: RunningMail, *lines: bytes) -> bytes:
    first = f"a LOGIN {twin.company.address} {twin.company.password}\r\n".encode()
    return first + b"b SELECT INBOX\r\n" + b"\r\n".join(lines) + b"\r\nz LOGOUT\r\n"


@pytest.mark.parametrize("protocol", ["imap", "smtp"])
async def test_noise(twin: RunningMail, protocol: str):
    port = twin.imap_port if protocol == "imap" else twin.smtp_port
    words = [b"a ", b"LOGIN ", b"EHLO x", b"MAIL FROM:<", b"{9}", b'"', b"(", b"\\", b"*", b"\0"]
    chooser = random.Random(7)
    for _ in range(60):
        pieces = [
            chooser.choice([*words, chooser.randbytes(chooser.randrange(1, 40)), b"\r\n"])
            for _ in range(chooser.randrange(1, 60))
        ]
        assert await raw_lines(port, b"".join(pieces))
    await still_there(twin)


async def test_too_much_at_once(twin: RunningMail):
    for port in (twin.imap_port, twin.smtp_port):
        assert b"Line too long" in await raw_lines(port, b"x" * (3 * MAX_LINE))
    told = await raw_lines(twin.imap_port, b"a LOGIN {%d+}\r\n" % (MAX_LITERAL + 1))
    assert b"[TOOBIG]" in told
    told = await raw_lines(twin.imap_port, signed_in(twin, b"c APPEND INBOX {9999999999+}"))
    assert b"[TOOBIG]" in told
    told = await raw_lines(twin.imap_port, b"a NONSENSE\r\n" * (MAX_BAD_COMMANDS + 5))
    assert told.count(b"a BAD") == MAX_BAD_COMMANDS
    told = await raw_lines(twin.smtp_port, b"NONSENSE\r\n" * (MAX_BAD_COMMANDS + 5))
    assert told.endswith(b"421 4.7.0 Too many bad commands\r\n")
    await still_there(twin)


async def test_commands_made_to_be_slow(twin: RunningMail):
    await twin.play({"who": ANNA, "text": "Hi"})
    lines = [
        b"c SEARCH " + b"NOT " * 500 + b"ALL",
        b"d SEARCH " + b"(" * 500 + b"ALL" + b")" * 500,
        b"e SEARCH " + b"OR ALL " * 500 + b"ALL",
        b"f FETCH 1:4294967295,1:4294967295 (UID)",
        b"g UID FETCH " + b"1:*," * 9000 + b"1 (UID)",
        b"h FETCH 1 (" + b"UID " * 500 + b"UID)",
        b"i FETCH 1 BODY[" + b"1." * 500 + b"1]",
        b'j LIST "" "' + b"*a" * 100 + b'"',
        b"k UID SEARCH UID " + b"1:4294967295," * 4000 + b"1",
        b"l STORE 1 FLAGS (" + b" ".join(b"f%d" % n for n in range(500)) + b")",
    ]
    told = await raw_lines(twin.imap_port, signed_in(twin, *lines))
    for tag in (b"c BAD", b"d BAD", b"e BAD", b"f BAD", b"h BAD", b"i BAD", b"j BAD", b"l NO"):
        assert b"\r\n" + tag in told, tag
    assert b"\r\ng OK" in told
    assert b"\r\nk OK" in told
    assert told.endswith(b"z OK Bye\r\n")


HOSTILE = [
    b"",
    b"\r\n",
    b"\0" * 1000,
    b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n" * 5000,
    b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" * 200,
    b"Content-Type: message/rfc822\r\n\r\n" * 500,
    b"From: " + b"a@b.example," * 3000 + b"\r\nSubject: =?utf-8?b?" + b"=?" * 2000 + b"\r\n\r\n",
    b"Subject:" + b" \r\n" * 5000 + b"\r\n",
    b"Content-Type: text/html\r\n\r\n" + b"<div>" * 30_000,
    b"Content-Type: text/html\r\n\r\n" + b"<" * 200_000,
    b"Content-Type: text/plain; charset=hex_codec\r\nContent-Transfer-Encoding: base64\r\n\r\n=A=",
    b"Content-Type: x/y;" + b' a="b' * 3000 + b"\r\n\r\nx",
]


@pytest.mark.parametrize("number", range(len(HOSTILE)))
async def test_mails_made_to_be_hard_to_read(twin: RunningMail, number: int):
    raw = HOSTILE[number]
    await twin.play({"raw": raw})
    items = "(ENVELOPE BODYSTRUCTURE BODY.PEEK[] BODY.PEEK[1] BODY.PEEK[1.1.MIME])"

    def fetch(client):
        client.select("INBOX")
        return client.fetch("1", items), client.search(None, 'TEXT "x"')

    async with asyncio.timeout(20):
        (status, found), (searched, _) = await by_imaplib(twin, fetch)
    assert (status, searched) == ("OK", "OK")
    assert raw in [one[1] for one in found if isinstance(one, tuple)] or not raw
    assert await raws(twin, twin.company.address) == [raw]


async def test_one_connection_too_many(twin: RunningMail, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(wire, "MAX_CONNECTIONS", 2)
    held = [await asyncio.open_connection("127.0.0.1", twin.imap_port) for _ in range(2)]
    for reader, _ in held:
        assert (await reader.readline()).startswith(b"* OK")
    assert await raw_lines(twin.imap_port, b"") == b"* BYE Too many connections\r\n"
    for _, writer in held:
        writer.close()
        await writer.wait_closed()


async def test_clients_that_stay_do_not_hold_up_the_end(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    """One idles, one says nothing, one was just told goodbye and does not go."""
    async with EmailTwin().serve("127.0.0.1", 0, tmp_path) as twin:
        held = []
        for said in (
            signed_in(twin, b"c IDLE").removesuffix(b"z LOGOUT\r\n"),
            b"",
            b"z LOGOUT\r\n",
        ):
            reader, writer = await asyncio.open_connection("127.0.0.1", twin.imap_port)
            assert (await reader.readline()).startswith(b"* OK")
            writer.write(said)
            if said:
                assert await reader.readline()
            held.append((reader, writer))
    for reader, writer in held:
        async with asyncio.timeout(20):
            with suppress(ConnectionError):
                await reader.read()
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
    assert [one for one in caplog.records if one.levelname == "ERROR"] == []
