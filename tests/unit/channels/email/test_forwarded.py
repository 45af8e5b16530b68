"""A mail that is sent on: who wrote what is in it, as mail programs write it down."""

from collections.abc import Callable

import pytest

from channels.email.parsing import forwarded, quotes
from channels.email.parsing.mail import Address, Mail
from channels.email.parsing.parse import parse
from tests.effort import assert_linear
from tests.unit.channels.email.mails import read

BORIS = ("Boris Kostov", "boris@home.example")
SEND_ON = "Subject: Fwd: Broken pot"
CLIENTS = {
    "Gmail": (
        "---------- Forwarded message ---------\nFrom: Boris Kostov <boris@home.example>\n"
        "Date: Mon, May 4, 2026 at 9:14 AM\nSubject: Broken pot\nTo: <olga@shop.example>"
    ),
    "Gmail, ru": (
        "---------- Forwarded message ---------\nОт: Boris Kostov <boris@home.example>\n"
        "Date: пн, 4 мая 2026 г. в 09:14\nSubject: Broken pot\nTo: <olga@shop.example>"
    ),
    "Outlook": (
        "From: Boris Kostov <boris@home.example>\nSent: Monday, May 4, 2026 9:14 AM\n"
        "To: Olga <olga@shop.example>\nSubject: Broken pot"
    ),
    "Outlook, old": (
        "-----Original Message-----\nFrom: Boris Kostov [mailto:boris@home.example]\n"
        "Sent: Monday, May 4, 2026 9:14 AM\nTo: Olga\nSubject: Broken pot"
    ),
    "Outlook, de": (
        "Von: Boris Kostov <boris@home.example>\nGesendet: Montag, 4. Mai 2026 09:14\n"
        "An: Olga <olga@shop.example>\nBetreff: Broken pot"
    ),
    "Outlook, bg": (
        "От: Boris Kostov <boris@home.example>\nИзпратено: понеделник, 4 май 2026 г. 9:14\n"
        "До: Olga <olga@shop.example>\nОтносно: Broken pot"
    ),
    "Thunderbird, fr": (
        "-------- Message transféré --------\nSujet : Broken pot\nDate : Mon, 4 May 2026 09:14\n"
        "De : Boris Kostov <boris@home.example>\nPour : olga@shop.example"
    ),
    "Yandex": (
        "-------- Пересылаемое сообщение --------\n04.05.2026, 09:14, "
        '"Boris Kostov" <boris@home.example>:'
    ),
    "Mail.ru": (
        "-------- Пересланное сообщение --------\nОт: Boris Kostov <boris@home.example>\n"
        "Кому: olga@shop.example\nДата: Понедельник, 4 мая 2026, 9:14 +03:00\nТема: Broken pot"
    ),
}


@pytest.mark.parametrize("header", CLIENTS.values(), ids=CLIENTS.keys())
def test_who_wrote_what_is_forwarded(header: str):
    found = forwarded.read(read(f"Please look.\n\n{header}\n\nThe pot is broken.\nB.\n", SEND_ON))
    assert found is not None
    assert (found.author.name, found.author.address) == BORIS
    assert found.text == "The pot is broken.\nB."
    assert found.note == "Please look."


def test_apple_mail_quotes_what_it_forwards():
    body = (
        "Begin forwarded message:\n\n> From: Boris Kostov <boris@home.example>\n"
        "> Subject: Broken pot\n> Date: 4 May 2026 at 09:14:00 CEST\n> To: olga@shop.example\n> \n"
        "> The pot is broken.\n> B.\n"
    )
    found = forwarded.read(read(body, SEND_ON))
    assert found is not None
    assert (found.author.name, found.author.address) == BORIS
    assert (found.text, found.note) == ("The pot is broken.\nB.", "")


def test_a_first_line_asks_for_it_whatever_the_subject():
    body = f"@fwd for you\n\n{CLIENTS['Outlook']}\n\nThe pot is broken.\n"
    found = forwarded.read(read(body, "Subject: Re: Broken pot"))
    assert found is not None
    assert (found.author.address, found.note) == ("boris@home.example", "for you")


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (f"Yes.\n\n{CLIENTS['Outlook']}\n\nThe pot is broken.\n", ("Subject: Re: Broken pot",)),
        ("Here it is: boris@home.example wrote to us.\n", (SEND_ON,)),
        (
            "---------- Forwarded message ---------\nFrom: Boris\nSubject: x\nTo: y\n\nx",
            (SEND_ON,),
        ),
        (f"{CLIENTS['Gmail']}\n\nx\n", (SEND_ON, "Auto-Submitted: auto-generated")),
        ("", (SEND_ON,)),
    ],
)
def test_what_forwards_nothing_of_somebody(body: str, fields: tuple[str, ...]):
    assert forwarded.read(read(body, *fields)) is None


HEADER = "From: {}\nDate: Mon, 4 May 2026\nTo: olga@shop.example\n\nThe pot is broken.\n"


@pytest.mark.parametrize(
    ("said", "name", "address"),
    [
        ("victim@other.example <boris@home.example>", "", "boris@home.example"),
        ("a <victim@other.example> <boris@home.example>", "a", "boris@home.example"),
        ("victim@other.example [mailto:boris@home.example]", "", "boris@home.example"),
        ("B (victim@other.example) (mailto:boris@home.example)", "B", "boris@home.example"),
        ("B <boris@home.example<mailto:boris@home.example>>", "B", "boris@home.example"),
        ("boris@home.example", "", "boris@home.example"),
    ],
)
def test_a_name_that_looks_like_an_address_is_nobody(said: str, name: str, address: str):
    found = forwarded.read(read(HEADER.format(said), SEND_ON))
    assert found is not None
    assert found.author == Address(name, address)


@pytest.mark.parametrize(
    "said", ["Boris", "a@home.example b@home.example", "a" * 65 + "@home.example"]
)
def test_a_header_that_names_nobody_is_the_end_of_the_search(said: str):
    inside = HEADER.format("Victim <victim@other.example>")
    assert forwarded.read(read(HEADER.format(said) + inside, SEND_ON)) is None


def test_what_a_calendar_said_is_not_sent_on():
    found = forwarded.Found(Address("", "boris@home.example"), "Yes", "")
    said = {"calendar": {"answer": "accepted"}, "full_text": "Yes"}
    facts: dict[str, object] = {**said, "subject": "Fwd: Yes"}
    told = forwarded.as_message(found, facts).data
    assert told["subject"] == "Fwd: Yes"
    assert not said.keys() & told.keys()


HOSTILE: dict[str, Callable[[int], str]] = {
    "a mark on every line": lambda size: ">a\n" * (size // 3),
    "empty lines": lambda size: "x" + "\n" * size + "x",
    "an endless name": lambda size: HEADER.format("a" * size),
    "blanks behind the line above": lambda size: "forwarded message" + " " * size + "x",
    "headers of nobody": lambda size: "forwarded message\n" * (size // 18),
}


@pytest.mark.parametrize("made", HOSTILE.values(), ids=HOSTILE.keys())
def test_no_words_take_more_than_linear_time(made: Callable[[int], str]):
    assert_linear(lambda size: forwarded.read(Mail(subject="Fwd: x", text=made(size))), 300_000)


def test_blanks_in_many_lines_take_linear_time():
    line = "forwarded message" + " " * 1_900 + "x\n"
    assert_linear(lambda size: quotes.reply(line * size), 400)


INNER = (
    "From: Boris Kostov <boris@home.example>\r\nSubject: Re: Broken pot\r\n"
    "Message-ID: <b1@home.example>\r\nReferences: <a1@shop.example>\r\n{}\r\n{}"
)
PHOTO = (
    "--in\r\nContent-Type: text/plain\r\n\r\nThe pot is broken.\r\n--in\r\n"
    "Content-Type: image/png; name=pot.png\r\n\r\nPNG\r\n--in--\r\n"
)


def attached(*mails: str, fields: str = "Subject: Fwd: Broken pot", note: str = "Please look."):
    parts = "".join(f"--out\r\nContent-Type: message/rfc822\r\n\r\n{one}\r\n" for one in mails)
    return parse(
        f"From: Olga <olga@shop.example>\r\n{fields}\r\n"
        'Content-Type: multipart/mixed; boundary="out"\r\n\r\n'
        f"--out\r\nContent-Type: text/plain\r\n\r\n{note}\r\n{parts}--out--\r\n".encode()
    )


@pytest.mark.parametrize(
    ("fields", "note"),
    [
        ("Subject: Fwd: Broken pot", "Please look."),
        ("Subject: pot", "@fwd Please look."),
        ("Subject:", ""),
    ],
)
def test_a_mail_that_is_sent_on_as_a_file(fields: str, note: str):
    inner = INNER.format("Content-Type: multipart/mixed; boundary=in\r\n", PHOTO)
    found = forwarded.read(attached(inner, fields=fields, note=note))
    assert found is not None
    assert (found.author.name, found.author.address) == BORIS
    assert (found.text, found.note) == ("The pot is broken.", "Please look." if note else "")
    assert [one.filename for one in found.attachments] == ["pot.png"]
    said = forwarded.as_message(found, {"message_id": "olga's", "kind": "personal"})
    assert said.data["message_id"] == "b1@home.example"
    assert said.data["references"] == ["a1@shop.example"]
    assert said.data["subject"] == "Re: Broken pot"
    assert said.data["authentication"] == {
        "proven": False,
        "reason": "forwarded",
        "result": "",
        "server": "",
    }


@pytest.mark.parametrize(
    "mail",
    [
        attached(INNER.format("", "x"), INNER.format("", "y")),
        attached("Subject: of nobody\r\n\r\nx"),
        attached(INNER.format("", "x"), fields="Subject: Our talk"),
        attached(INNER.format("", "x"), fields="Subject:", note="Look at this."),
        attached(INNER.format("", "x"), fields="Subject: Fwd: x\r\nAuto-Submitted: auto-replied"),
    ],
    ids=["two", "of nobody", "no forward", "words of their own", "a machine's"],
)
def test_attached_mails_that_stay_files(mail: Mail):
    assert forwarded.read(mail) is None


def test_of_mails_within_mails_only_the_outermost_is_opened():
    body = "The end."
    for _ in range(2_000):
        body = INNER.format("Content-Type: message/rfc822\r\n", body)
    found = forwarded.read(attached(body))
    assert found is not None
    assert [one.content_type for one in found.attachments] == ["message/rfc822"]
