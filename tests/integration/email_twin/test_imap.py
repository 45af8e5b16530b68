"""IMAP, as the standard library's client and aioimaplib see it."""

import asyncio
import base64
import imaplib
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from operator import methodcaller

import aioimaplib
import pytest

from channels.email.twin.twin import RunningMail
from tests.integration.email_twin.conftest import ANNA, by_imaplib, raws

PLAIN = b"From: Anna <anna@post.example>\r\nTo: x@y.example\r\nSubject: one\r\n\r\nHello\r\n"
NESTED = (
    b"From: anna@post.example\r\nSubject: parts\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/mixed; boundary="b"\r\n\r\nbefore\r\n--b\r\n'
    b"Content-Type: text/plain; charset=utf-8\r\n\r\nfirst\r\n--b\r\n"
    b'Content-Type: message/rfc822\r\nContent-Disposition: attachment; filename="in.eml"\r\n\r\n'
    b"Subject: inner\r\nContent-Type: text/html\r\n\r\n<b>x</b>\r\n--b--\r\nafter\r\n"
)


async def given(twin: RunningMail, *mails: bytes) -> None:
    for one in mails:
        await twin.play({"raw": one, "at": datetime(2026, 11, 20, 10, tzinfo=UTC)})


def plain(address: str, secret: str) -> Callable[[bytes], bytes]:
    def answer(_asked: bytes) -> bytes:
        return f"\0{address}\0{secret}".encode()

    return answer


def bearer(address: str, secret: str) -> Callable[[bytes], bytes]:
    """Told why he is refused, the client says nothing more."""
    said = f"user={address}\x01auth=Bearer {secret}\x01\x01".encode()

    def answer(asked: bytes) -> bytes:
        return b"" if asked else said

    return answer


async def test_who_may_come_in(twin: RunningMail):
    address, password = twin.company.address, twin.company.password

    def came_in(way: str, secret: str) -> bool:
        client = imaplib.IMAP4("127.0.0.1", twin.imap_port, timeout=20)
        answers = {"PLAIN": plain(address, secret), "XOAUTH2": bearer(address, secret)}
        try:
            if way in answers:
                client.authenticate(way, answers[way])
            else:
                client.login(address, secret)
        except imaplib.IMAP4.error:
            return False
        finally:
            client.logout()
        return True

    for way in ("LOGIN", "PLAIN", "XOAUTH2"):
        assert await asyncio.to_thread(came_in, way, password)
        assert not await asyncio.to_thread(came_in, way, "wrong")


async def test_folders_are_listed_with_what_they_are_for(twin: RunningMail):
    status, found = await by_imaplib(twin, lambda client: client.list())
    assert status == "OK"
    assert b'(\\HasNoChildren \\Sent) "/" "Sent"' in found
    assert b'(\\HasNoChildren \\Junk) "/" "Junk"' in found
    for pattern, count in (("*", 4), ("%", 4), ("INB*", 1), ("nothing", 0)):
        _, found = await by_imaplib(twin, methodcaller("list", '""', pattern))
        assert sum(one is not None for one in found) == count, pattern


async def test_folders_come_and_go(twin: RunningMail):
    def use(client: imaplib.IMAP4) -> list[str]:
        steps = (
            lambda: client.create("Orders"),
            lambda: client.create("Orders"),
            lambda: client.append("Orders", "", "", PLAIN),
            lambda: client.delete("Orders"),
            lambda: client.select("Orders"),
            lambda: client.delete("INBOX"),
        )
        return [step()[0] for step in steps]

    assert await by_imaplib(twin, use) == ["OK", "NO", "OK", "OK", "NO", "NO"]


async def test_a_mail_is_given_byte_by_byte(twin: RunningMail):
    await given(twin, NESTED)
    body = NESTED.partition(b"\r\n\r\n")[2]
    inner = b"Subject: inner\r\nContent-Type: text/html\r\n\r\n<b>x</b>"
    wanted = {
        "BODY.PEEK[]": NESTED,
        "BODY.PEEK[TEXT]": body,
        "BODY.PEEK[1]": b"first",
        "BODY.PEEK[1.MIME]": b"Content-Type: text/plain; charset=utf-8\r\n\r\n",
        "BODY.PEEK[2]": inner,
        "BODY.PEEK[2.HEADER]": inner.partition(b"<b>")[0],
        "BODY.PEEK[2.TEXT]": b"<b>x</b>",
        "BODY.PEEK[2.1]": b"<b>x</b>",
        "BODY.PEEK[]<5.20>": NESTED[5:25],
        "BODY.PEEK[HEADER.FIELDS (Subject)]": b"Subject: parts\r\n\r\n",
        "RFC822": NESTED,
    }

    def fetch(client: imaplib.IMAP4) -> dict[str, bytes]:
        client.select("INBOX", readonly=True)
        found = {}
        for item in wanted:
            (answer, *_) = client.fetch("1", f"({item})")[1]
            assert isinstance(answer, tuple)
            found[item] = answer[1]
        return found

    assert await by_imaplib(twin, fetch) == wanted


async def test_what_a_mail_is_made_of(twin: RunningMail):
    await given(twin, NESTED)

    def fetch(client: imaplib.IMAP4) -> bytes:
        client.select("INBOX")
        (told,) = client.uid("FETCH", "1", "(BODYSTRUCTURE INTERNALDATE RFC822.SIZE)")[1]
        return bytes(told)

    told = await by_imaplib(twin, fetch)
    assert b'"text" "plain" ("charset" "utf-8") NIL NIL "7BIT" 5 0' in told
    assert b'"message" "rfc822"' in told
    assert b'("attachment" ("filename" "in.eml"))' in told
    assert b'"mixed" ("boundary" "b")' in told
    assert b'INTERNALDATE "20-Nov-2026 10:00:00 +0000"' in told
    assert b"RFC822.SIZE %d" % len(NESTED) in told


@pytest.mark.parametrize(
    ("key", "found"),
    [
        ("ALL", [1, 2, 3]),
        ("UNSEEN", [2, 3]),
        ("SEEN", [1]),
        ('FROM "anna"', [1, 2]),
        ('SUBJECT "заказ"', [3]),
        ('TEXT "hello"', [1]),
        ("OR SEEN SUBJECT parts", [1, 2]),
        ("NOT (SEEN)", [2, 3]),
        ("UID 2:*", [2, 3]),
        ("UID 9:*", [3]),
        ("2", [2]),
        ("SINCE 20-Nov-2026", [1, 2, 3]),
        ("BEFORE 20-Nov-2026", []),
        ("ON 20-Nov-2026", [1, 2, 3]),
        ("LARGER 200", [2]),
        ('HEADER "Subject" "one"', [1]),
        ("KEYWORD $Junk", []),
    ],
)
async def test_searching(twin: RunningMail, key: str, found: list[int]):
    subject = "=?utf-8?b?" + base64.b64encode("Мой Заказ".encode()).decode() + "?="
    await given(twin, PLAIN, NESTED, f"Subject: {subject}\r\n\r\n".encode())

    def search(client: imaplib.IMAP4) -> list[int]:
        client.select("INBOX")
        client.store("1", "+FLAGS", "\\Seen")
        # The words below are not ASCII, and quoted as they are.
        vars(client)["_encoding"] = "utf-8"
        return [int(one) for one in client.uid("SEARCH", key)[1][0].split()]

    assert await by_imaplib(twin, search) == found


async def test_flags_copies_moves_and_removals(twin: RunningMail):
    await given(twin, PLAIN, NESTED, PLAIN)

    def use(client: imaplib.IMAP4) -> list[object]:
        client.select("INBOX")
        return [
            client.uid("STORE", "1", "+FLAGS", "(\\Seen $Mine)")[1],
            client.uid("STORE", "1", "-FLAGS.SILENT", "\\Seen")[1],
            client.uid("FETCH", "1", "(FLAGS)")[1],
            client.uid("COPY", "1:2", "Junk")[0] + str(client.response("COPYUID")[1]),
            client.uid("MOVE", "2", "Trash")[0],
            client.uid("COPY", "1", "Nowhere")[0],
            client.uid("STORE", "1", "+FLAGS.SILENT", "\\Deleted")[0],
            client.uid("EXPUNGE", "3")[0],
            client.uid("EXPUNGE", "1")[0],
            client.search(None, "ALL")[1],
            client.status("Junk", "(MESSAGES UNSEEN)")[1],
        ]

    told = await by_imaplib(twin, use)
    assert told[0] == [b"1 (UID 1 FLAGS ($Mine \\Seen))"]
    assert told[1:3] == [[None], [b"1 (UID 1 FLAGS ($Mine))"]]
    assert re.fullmatch(r"OK\[b'\d+ 1,2 1,2'\]", str(told[3]))
    assert told[4:9] == ["OK", "NO", "OK", "OK", "OK"]
    assert told[9:] == [[b"1"], [b'"Junk" (MESSAGES 2 UNSEEN 2)']]
    assert await raws(twin, twin.company.address, "Trash") == [NESTED]


async def test_appending(twin: RunningMail):
    def append(client: imaplib.IMAP4) -> list[bytes]:
        date = imaplib.Time2Internaldate(time.time())
        return client.append("Sent", "(\\Seen)", date, PLAIN)[1]

    (code,) = await by_imaplib(twin, append)
    assert re.fullmatch(rb"\[APPENDUID \d+ 1\] Kept", code)
    assert await raws(twin, twin.company.address, "Sent") == [PLAIN]


async def idling(twin: RunningMail) -> tuple[aioimaplib.IMAP4, asyncio.Future[object]]:
    client = aioimaplib.IMAP4("127.0.0.1", twin.imap_port, timeout=20)
    await client.wait_hello_from_server()
    await client.login(twin.company.address, twin.company.password)
    assert (await client.select("INBOX")).result == "OK"
    return client, await client.idle_start(timeout=60)


async def test_idle_is_told_of_what_comes_changes_and_goes(twin: RunningMail):
    client, idle = await idling(twin)
    await twin.play({"who": ANNA, "text": "Hi"})
    assert await client.wait_server_push(20) == [b"1 EXISTS", b"0 RECENT"]
    inbox = twin.company.folders["INBOX"]
    await twin.post.flag(inbox, {1: frozenset({"\\Flagged"})})
    assert await client.wait_server_push(20) == [b"1 FETCH (UID 1 FLAGS (\\Flagged))"]
    await twin.post.remove(inbox, [1])
    assert await client.wait_server_push(20) == [b"1 EXPUNGE"]
    client.idle_done()
    await asyncio.wait_for(idle, 20)
    assert (await client.noop()).result == "OK"
    await client.logout()


async def test_numbers_hold_until_the_client_may_be_told(twin: RunningMail):
    await given(twin, PLAIN, NESTED)
    client, idle = await idling(twin)
    client.idle_done()
    await asyncio.wait_for(idle, 20)
    await twin.post.remove(twin.company.folders["INBOX"], [1])
    told = await client.fetch("2", "(UID)")
    assert told.lines[0] == b"2 FETCH (UID 2)"
    told = await client.noop()
    assert b"1 EXPUNGE" in told.lines
    await client.logout()


async def test_a_restored_mailbox_has_new_numbers(twin: RunningMail):
    await given(twin, PLAIN, NESTED)
    await twin.post.remove(twin.company.folders["INBOX"], [1])
    before = twin.company.folders["INBOX"].uidvalidity
    client, _ = await idling(twin)
    await twin.post.renumber(twin.company, twin.company.folders["INBOX"])
    assert await client.wait_server_push(20) == [b"BYE The folder is not what it was"]
    folder = twin.company.folders["INBOX"]
    assert folder.uidvalidity > before
    assert list(folder.mails) == [1]
    assert await raws(twin, twin.company.address) == [NESTED]


@pytest.mark.parametrize(
    ("fault", "fails"),
    [
        ({"at": "login", "do": "reply", "code": "NO"}, imaplib.IMAP4.error),
        ({"at": "select", "do": "reply", "code": "BAD"}, imaplib.IMAP4.error),
        ({"at": "search", "do": "drop"}, imaplib.IMAP4.abort),
        ({"at": "fetch", "do": "cut"}, imaplib.IMAP4.abort),
        ({"at": "done", "do": "drop"}, imaplib.IMAP4.abort),
        ({"at": "connect", "do": "drop"}, imaplib.IMAP4.abort),
    ],
)
async def test_faults_on_demand(twin: RunningMail, fault, fails):
    await given(twin, PLAIN)
    twin.faults.order({"protocol": "imap", **fault})

    def use() -> None:
        client = imaplib.IMAP4("127.0.0.1", twin.imap_port, timeout=20)
        try:
            client.login(twin.company.address, twin.company.password)
            client.select("INBOX")
            client.search(None, "ALL")
            client.fetch("1", "(BODY[])")
        finally:
            client.shutdown()

    with pytest.raises(fails):
        await asyncio.to_thread(use)
    assert twin.faults.waiting() == []
    await asyncio.to_thread(use)
