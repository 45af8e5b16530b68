"""Which parts are the message, which are files, whatever shape the tree has."""

from base64 import b64encode

import pytest

from channels.email.parsing.parse import parse
from tests.unit.channels.email.mails import multipart, raw, read

TEXT = "Content-Type: text/plain; charset=utf-8\n\nplain"
HTML = "Content-Type: text/html; charset=utf-8\n\n<p>rich</p>"
PDF = 'Content-Type: application/pdf; name="a.pdf"\nContent-Disposition: attachment\n\n%PDF'
PICTURE = "Content-Type: image/png\nContent-ID: <pic@x>\nContent-Transfer-Encoding: base64\n\niVBO"


def names(mail):
    return [one.filename for one in mail.attachments]


def test_a_plain_mail():
    mail = read("Hi there\n")
    assert (mail.text, mail.html, mail.attachments) == ("Hi there", None, ())


def test_alternatives_are_one_message():
    mail = read(*multipart(TEXT, HTML, kind="alternative"))
    assert (mail.text, mail.html) == ("plain", "<p>rich</p>")


def test_html_alone_gives_the_text():
    mail = read("<p>One</p><p>Two</p>", "Content-Type: text/html")
    assert mail.text == "One\n\nTwo"


@pytest.mark.parametrize("stub", ["", "   \n", "This message is in HTML format. Use a browser."])
def test_a_plain_form_that_says_nothing_gives_way(stub):
    part = f"Content-Type: text/plain\n\n{stub}"
    long = HTML.replace("rich", "All that was to be said, and a little more than that.")
    assert read(*multipart(part, long, kind="alternative")).text.startswith("All that was")


def test_files_beside_the_text():
    mail = read(*multipart(TEXT, PDF, 'Content-Disposition: attachment; filename="b.txt"\n\nx'))
    assert (mail.text, names(mail)) == ("plain", ["a.pdf", "b.txt"])
    assert [one.size for one in mail.attachments] == [4, 1]


def test_texts_in_a_row_are_one_message():
    mail = read(*multipart(TEXT, PDF, TEXT[:-5] + "footer"))
    assert mail.text == "plain\n\nfooter"


def test_a_picture_inside_the_page():
    page = HTML.replace("rich", 'rich <img src="cid:pic@x"> <img src="http://t.example/x.png">')
    mail = read(*multipart(page, PICTURE, kind="related"))
    picture = mail.attachments[0]
    assert (picture.content_id, picture.inline, picture.size) == ("pic@x", True, 3)
    assert 'data-cid="pic@x"' in (mail.html or "")
    assert 'data-remote-src="http://t.example/x.png"' in (mail.html or "")
    assert mail.remote_images


@pytest.mark.parametrize("disposition", ["", "Content-Disposition: inline\n"])
def test_a_named_text_behind_the_message_is_a_file(disposition):
    part = f'Content-Type: text/plain; name="log.txt"\n{disposition}\nlog'
    mail = read(*multipart(TEXT, part))
    assert (mail.text, names(mail)) == ("plain", ["log.txt"])


def test_a_lone_named_text_is_the_message():
    mail = read(
        "hello", 'Content-Type: text/plain; name="mail.txt"', "Content-Disposition: inline"
    )
    assert (mail.text, mail.attachments) == ("hello", ())


def test_several_pages_in_a_row_are_one():
    mail = read(*multipart(HTML, PDF, HTML))
    assert (mail.text, mail.html) == ("rich\n\nrich", "<p>rich</p>\n<p>rich</p>")


def test_an_invitation_is_a_file():
    part = "Content-Type: text/calendar; method=REQUEST\n\nBEGIN:VCALENDAR"
    mail = read(*multipart(TEXT, HTML, part, kind="alternative"))
    assert (mail.text, names(mail)) == ("plain", ["invite.ics"])


def test_a_nameless_part_is_kept():
    mail = read(*multipart(TEXT, "Content-Type: application/octet-stream\n\nxyz"))
    assert [one.content for one in mail.attachments] == [b"xyz"]


def test_winmail_is_kept():
    part = "Content-Type: application/ms-tnef\nContent-Transfer-Encoding: base64\n\neJ8+Ig=="
    assert names(read(*multipart(TEXT, part))) == ["winmail.dat"]


def test_a_mail_inside_is_a_file_under_its_subject():
    part = "Content-Type: message/rfc822\n\nSubject: Inner one\nTo: x@y.example\n\ninside"
    mail = read(*multipart(TEXT, part))
    assert (mail.text, names(mail)) == ("plain", ["Inner one.eml"])
    assert mail.attachments[0].content.startswith(b"Subject: Inner one")


def test_uuencoded_files_leave_the_text():
    mail = read("Look:\n\nbegin 644 a b.txt\n#86)C\n`\nend\n\nBye")
    assert [(one.filename, one.content) for one in mail.attachments] == [("a b.txt", b"abc")]
    assert (mail.text.startswith("Look:"), mail.text.endswith("Bye")) == (True, True)
    assert "86)C" not in mail.text


def test_a_sentence_with_begin_is_no_file():
    text = "begin 644 times\nwith this\nend"
    assert read(text).text == text


@pytest.mark.parametrize("boundary", ["other", ""])
def test_a_lost_boundary_is_found_again(boundary):
    body, _ = multipart(TEXT, HTML, boundary="right")
    mail = read(body, f"Content-Type: multipart/alternative; boundary={boundary}")
    assert "plain" in mail.text


def test_an_end_that_never_comes():
    body, kind = multipart(TEXT, PDF)
    mail = read(body.replace("--=_b--\n", ""), kind)
    assert (mail.text, names(mail)) == ("plain", ["a.pdf"])


def test_an_inner_multipart_that_never_ends():
    inner = f'Content-Type: multipart/alternative; boundary="in"\n\n--in\n{TEXT}\n--in\n{HTML}\n'
    mail = read(*multipart(inner, PDF))
    assert (mail.text, mail.html, names(mail)) == ("plain", "<p>rich</p>", ["a.pdf"])


def test_a_part_without_a_blank_line():
    mail = read(*multipart("Content-Type: text/html", TEXT))
    assert mail.text == "plain"


def test_what_stands_around_the_parts_is_no_message():
    body, kind = multipart(TEXT)
    mail = read(f"This is a multi-part message in MIME format.\n{body}epilogue\n", kind)
    assert mail.text == "plain"


@pytest.mark.parametrize(
    ("encoding", "body", "text"),
    [
        ("quoted-printable", "caf=C3=A9 =\nau lait =3D x", "café au lait = x"),
        ("quoted-printable", "broken =ZZ and =", "broken =ZZ and"),
        ("QUOTED-PRINTABLE ", "a=20=\nb", "a b"),
        ("base64", b64encode("Привет".encode()).decode(), "Привет"),
        ("base64", b64encode("Привет".encode()).decode().rstrip("=") + "!!", "Привет"),
        ("base64", "0J/R\n gNC4\r\n0LLQtdGC", "Привет"),
        ("7bit", "Привет", "Привет"),
        ("x-nonsense", "Привет", "Привет"),
    ],
)
def test_encodings_whole_and_broken(encoding, body, text):
    mail = read(body, f"Content-Transfer-Encoding: {encoding}")
    assert mail.text.strip() == text


def test_flowed_lines_are_put_together():
    mail = read(
        "A long line that \nwas broken here.\n> quoted and \n> broken\n\n-- \nAnna",
        "Content-Type: text/plain; format=flowed",
    )
    assert mail.text.startswith("A long line that was broken here.\n> quoted and broken\n")
    assert mail.reply_text == "A long line that was broken here."


def test_a_page_names_its_own_charset():
    page = '<meta http-equiv="Content-Type" content="text/html; charset=koi8-r"><p>Привет</p>'
    assert read(page, "Content-Type: text/html", charset="koi8-r").text == "Привет"


def test_raw_bytes_in_fields_are_read_in_the_mails_charset():
    mail = read(
        "Привет",
        "Subject: Заказ",
        "From: Иван <i@x.example>",
        "Content-Type: text/plain; charset=windows-1251",
        charset="cp1251",
    )
    assert (mail.subject, mail.sender and mail.sender.name) == ("Заказ", "Иван")


def test_fields_in_order_and_disorder():
    mail = parse(
        b"From anna@home.example Mon Jan 15 10:32:11 2024\n"
        b"Subject: A long\n\t subject\n of three lines\n"
        b"this line is nobody's\n"
        b"Message-ID: < a@b >\nIn-Reply-To: Your message <c@d> of Monday\n"
        b"References: <e@f>\n <c@d>\nDate: Mon, 15 Jan 2024 10:32:11 +0100 (CET)\n\nbody\n"
    )
    assert mail.subject == "A long subject of three lines"
    assert (mail.message_id, mail.in_reply_to) == ("a@b", "c@d")
    assert mail.references == ("e@f", "c@d")
    assert mail.date is not None
    assert mail.date.isoformat() == "2024-01-15T09:32:11+00:00"
    assert mail.text == "body"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Mon, 15 Jan 2024 10:32:11 -0500", "2024-01-15T15:32:11+00:00"),
        ("15 Jan 2024 10:32 EST", "2024-01-15T15:32:00+00:00"),
        ("Mon, 15 Jan 24 10:32:60 GMT", "2024-01-15T10:32:59+00:00"),
        ("2024-01-15 10:32:11+01:00", "2024-01-15T09:32:11+00:00"),
        ("Mon Jan 15 10:32:11 2024", "2024-01-15T10:32:11+00:00"),
        ("Mon, 15 Jan 2024 10:32:11 GMT+0300", "2024-01-15T07:32:11+00:00"),
        ("yesterday", None),
        ("Mon, 99 Jan 2024 10:32:11 +0000", None),
        ("", None),
    ],
)
def test_dates(written, meant):
    mail = read("x", f"Date: {written}")
    assert (mail.date and mail.date.isoformat()) == meant


def test_bare_line_ends_of_old_macs():
    assert parse(raw("one\ntwo").replace(b"\r\n", b"\r")).text == "one\ntwo"


@pytest.mark.parametrize("data", [b"", b"\n", b"\0", b"no header at all", b"\xff" * 100])
def test_bytes_that_are_no_mail(data):
    assert parse(data).sender is None


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (r"C:\\TEMP\\photo.png", "photo.png"),
        ("/home/anna/photo.png", "photo.png"),
        ("../../etc/passwd", "passwd"),
        ("Invoice 3/2026.pdf", "Invoice 3/2026.pdf"),
        ("a:b.txt", "a:b.txt"),
        ("/", "/"),
    ],
)
def test_a_file_is_named_without_its_senders_folders(name: str, shown: str):
    file = f'Content-Type: image/png\nContent-Disposition: attachment; filename="{name}"\n\nx'
    assert names(read(*multipart(TEXT, file))) == [shown]


def test_a_mail_in_base64_is_named_by_its_subject():
    inner = b64encode(b"Subject: Broken pot\r\n\r\nx").decode()
    file = f"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n{inner}"
    assert names(read(*multipart(TEXT, file))) == ["Broken pot.eml"]
