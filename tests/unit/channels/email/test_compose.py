"""What we write is read back by our own parser and by Python's, whatever people put into it."""

import email
import email.policy
import re
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.email.composing.compose import Account, File, Letter, compose
from channels.email.composing.letter import Letterhead
from channels.email.parsing.parse import parse
from channels.email.parsing.reading import read as read_mail
from channels.email.tokens import Tokens
from channels.email.translate import Arrived, Believed, Place, translate
from hub.crypto import Keyring
from hub.ports import Address, OutboundMessage, Quoted, StoredFile

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
KEYRING = Keyring("a secret")
TOKENS = Tokens("support@shop.example", KEYRING.sign)
ACCOUNT = Account(TOKENS, Letterhead("Shop", "Shop Ltd\n+7 495 000"))
MESSAGE = OutboundMessage(
    delivery_id=UUID(int=1),
    entry_id=UUID(int=2),
    conversation_id=UUID(int=3),
    address=Address("email", "ivan@customer.example"),
    reply_address="",
    text="Your order has left.",
    subject="Re: Order 1043",
    author_name="Olga",
)
# What people type and paste: any character, with those that break fields often among them.
words = st.text(
    st.one_of(st.sampled_from('\r\n\0:;,<>@"\\=?()\u2028\u0085 '), st.characters()), max_size=120
)
names = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=90)


def composed(*, account: Account = ACCOUNT, files: tuple[File, ...] = (), **changes) -> Letter:
    return compose(replace(MESSAGE, **changes), account, files, NOW)


def read(letter: Letter) -> EmailMessage:
    """As Python's own parser reads it, which must find nothing to complain of."""
    mail = email.message_from_bytes(letter.data, policy=email.policy.SMTP)
    assert [part.defects for part in mail.walk() if part.defects] == []
    assert isinstance(mail, EmailMessage)
    return mail


def shown(letter: Letter, kind: str) -> str:
    body = read(letter).get_body((kind,))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


FIELDS = {
    *("From", "To", "Cc", "Reply-To", "Subject", "Date", "Message-ID", "In-Reply-To"),
    *("References", "MIME-Version", "Content-Type", "Auto-Submitted", "X-Auto-Response-Suppress"),
    *("List-Unsubscribe", "List-Unsubscribe-Post"),
}


@given(words, words, words, words, st.lists(words, max_size=4), words)
def test_no_words_of_anybody_become_a_field(
    subject: str, author: str, company: str, text: str, references: list[str], url: str
) -> None:
    letter = composed(
        account=Account(TOKENS, Letterhead(company, author)),
        subject=subject,
        author_name=author,
        text=text,
        answered={"message_id": subject, "references": references, "subject": url},
        unsubscribe_url=f"https://hub.example/{url}",
        quoted=Quoted(text, author, NOW),
    )
    mail = read(letter)
    assert set(mail.keys()) <= FIELDS
    assert len(mail.keys()) == len(set(mail.keys()))
    assert mail["To"] == "ivan@customer.example"
    assert (letter.to, letter.copies) == ("ivan@customer.example", ())


@given(words, words)
def test_every_line_is_short_and_of_seven_bits(subject: str, text: str) -> None:
    data = composed(subject=subject, text=text * 20, author_name=subject).data
    assert data.isascii()
    assert max(map(len, data.split(b"\r\n"))) <= 998
    assert b"\n" not in data.replace(b"\r\n", b"")


@given(names, names)
def test_subject_and_names_come_back(subject: str, author: str) -> None:
    letter = composed(subject=subject, author_name=author)
    mail = parse(letter.data)
    said = " ".join(subject.split())
    # Two encoded blanks in a row are one to every reader; a subject of blanks is none.
    if said:
        assert re.sub(r"\s+", "", mail.subject) == re.sub(r"\s+", "", said)
    assert mail.sender is not None
    assert mail.sender.address == "support@shop.example"


@pytest.mark.parametrize(
    "name",
    ["Ольга Петрова", "Smith, John", 'John "Johnny" Smith', "O'Neil (sales)", "山田太郎", "=?x?="],
)
def test_a_name_is_read_as_it_was_written(name: str) -> None:
    letter = composed(author_name=name)
    ours = parse(letter.data).sender
    assert ours is not None
    assert ours.name == f"{name} (Shop)"
    assert read(letter)["From"].addresses[0].display_name == f"{name} (Shop)"


@given(
    st.lists(st.tuples(names, st.binary(max_size=300)), max_size=4),
    st.sampled_from(["image/png", "message/rfc822", "nonsense", "text/html; x=\r\ny", "A/B"]),
)
def test_files_come_back_with_their_names_and_bytes(
    given_files: list[tuple[str, bytes]], kind: str
) -> None:
    files = tuple(
        File(StoredFile(UUID(int=100 + n), name, kind, len(content)), content)
        for n, (name, content) in enumerate(given_files)
    )
    letter = composed(files=files)
    found = parse(letter.data).attachments
    assert [one.content for one in found] == [one.content for one in files]
    by_python = [
        (part.get_filename(), part.get_payload(decode=True))
        for part in read(letter).walk()
        if part.get_content_disposition() == "attachment"
    ]
    assert [content for _, content in by_python] == [one.content for one in files]
    for (name, _), (spelled, _) in zip(given_files, by_python, strict=True):
        assert spelled is not None
        assert "".join(spelled.split()) == ("".join(re.sub(r"[/\\]", "_", name).split()) or "file")


@given(words)
def test_the_plain_part_says_what_was_written(text: str) -> None:
    letter = composed(account=Account(TOKENS, Letterhead("Shop")), text=text)
    plain = text.encode("utf-8", "replace").decode().replace("\r\n", "\n").replace("\r", "\n")
    assert shown(letter, "plain").strip("\n") == plain.strip("\n")


def test_the_same_delivery_is_the_same_mail() -> None:
    assert composed(attempt=1).data == composed(attempt=2).data
    assert composed().message_id == composed(text="Other words.").message_id
    assert composed().message_id != composed(delivery_id=UUID(int=9)).message_id


def test_our_parser_finds_the_reply_and_nothing_else() -> None:
    quoted = Quoted("Where is it?\n\nIvan", "Иван", datetime(2026, 11, 20, tzinfo=UTC))
    for locale in ("en", "ru", "bg", "de", "fr", ""):
        for author in ("Иван", ""):
            letter = composed(locale=locale, quoted=replace(quoted, author=author))
            assert parse(letter.data).reply_text == "Your order has left.", (locale, author)
            assert "> Where is it?\n>\n> Ivan" in shown(letter, "plain")
            assert "Where is it?<br>" in shown(letter, "html")


def test_the_signature_stands_below_a_mark_that_programs_know() -> None:
    assert shown(composed(), "plain") == "Your order has left.\n\n-- \nShop Ltd\n+7 495 000"


def test_a_thread_is_kept_with_its_first_and_its_newest_names() -> None:
    before = [f"<r{number}@x.example>" for number in range(60)]
    letter = composed(answered={"message_id": "<last@x.example>", "references": before})
    mail = parse(letter.data)
    root = TOKENS.thread_id(UUID(int=3)).strip("<>")
    assert mail.in_reply_to == "last@x.example"
    assert mail.references[:2] == (root, "r0@x.example")
    assert mail.references[-2:] == ("r59@x.example", "last@x.example")
    assert len(mail.references) == 22
    assert TOKENS.read_thread_id(mail.references[0]) == UUID(int=3)


def test_ids_longer_than_a_line_stay_ids() -> None:
    long = f"{'a' * 200}@{'b' * 60}.example"
    letter = composed(answered={"message_id": f"<{long}>", "references": f"<{long}> <c@d>"})
    assert parse(letter.data).in_reply_to == long
    assert f"<{long}>".encode() in letter.data


@pytest.mark.parametrize(
    "answered",
    [
        {"message_id": None, "references": 7},
        {"message_id": ["<a@b>"], "references": {"a": 1}},
        {"message_id": "no id at all", "references": ["<>", "<a b>", "<ключ@x>", "\r\nBcc: x"]},
        {"message_id": "<" + "a" * 5000 + "@b>"},
    ],
)
def test_what_is_no_id_is_left_out(answered: dict[str, object]) -> None:
    mail = parse(composed(answered=answered).data)
    assert mail.in_reply_to is None
    assert len(mail.references) == 1


def test_copies_are_named_once_and_blind_ones_nowhere() -> None:
    letter = composed(
        cc=("Kate@X.example", "Kate@x.example", "ivan@customer.example", "катя@пример.рф"),
        bcc=("boss@x.example", "Kate@x.example", "support@shop.example"),
    )
    assert letter.copies == ("Kate@x.example", "катя@xn--e1afmkfd.xn--p1ai", "boss@x.example")
    assert letter.utf8
    mail = parse(letter.data)
    assert [one.address for one in mail.cc] == ["Kate@x.example", "катя@xn--e1afmkfd.xn--p1ai"]
    assert b"boss@" not in letter.data


def test_answers_come_to_a_signed_address_unless_that_is_switched_off() -> None:
    (reply,) = parse(composed().data).reply_to
    assert TOKENS.read_reply_address(reply.address) == UUID(int=3)
    off = Account(TOKENS, ACCOUNT.head, reply_tokens=False)
    assert parse(composed(account=off).data).reply_to == ()
    assert parse(composed(conversation_id=None).data).reply_to == ()


def test_what_a_machine_sends_says_so() -> None:
    mail = read(composed(automatic=True, author_name="Rule 7"))
    assert (mail["Auto-Submitted"], mail["X-Auto-Response-Suppress"]) == ("auto-generated", "All")
    assert mail["From"] == "Shop <support@shop.example>"
    assert parse(composed(automatic=True).data).auto_submitted
    answer = read(composed(automatic=True, answered={"message_id": "<a@b>"}))
    assert answer["Auto-Submitted"] == "auto-replied"
    assert read(composed())["Auto-Submitted"] is None


def test_a_notice_can_be_stopped_with_one_click() -> None:
    letter = composed(unsubscribe_url="https://hub.example/stop/abc")
    mail = read(letter)
    assert mail["List-Unsubscribe"] == "<https://hub.example/stop/abc>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "https://hub.example/stop/abc" in shown(letter, "plain")
    assert 'href="https://hub.example/stop/abc"' in shown(letter, "html")
    # RFC 8058 wants https.
    assert read(composed(unsubscribe_url="http://hub.example/stop"))["List-Unsubscribe"] is None


def test_a_mail_without_a_subject_says_who_writes() -> None:
    assert parse(composed(subject="", locale="ru-RU").data).subject == "Сообщение от Shop"


def test_pictures_of_the_rich_text_go_along_and_are_shown_in_it() -> None:
    picture, other = UUID(int=50), UUID(int=51)
    files = tuple(
        File(StoredFile(one, f"{name}.png", "image/png", 3), b"png")
        for one, name in ((picture, "map"), (other, "bill"))
    )
    letter = composed(
        html=f'<p>See <img data-cid="{picture}" alt="a <b> map"> and '
        f'<img data-cid="{UUID(int=52)}" alt="gone"></p>',
        files=files,
    )
    html = shown(letter, "html")
    assert f'src="cid:{picture}"' in html
    assert 'alt="gone"' not in html
    assert read(letter).get_content_type() == "multipart/mixed"
    found = {one.filename: (one.inline, one.content_id) for one in parse(letter.data).attachments}
    assert found == {"map.png": (True, str(picture)), "bill.png": (False, None)}


def test_plain_words_become_readable_html() -> None:
    html = shown(composed(text="a <b> & c\nnext\n\nhttps://x.example/?a=1&b=2."), "html")
    assert "a &lt;b&gt; &amp; c<br>\nnext</p>" in html
    assert '<a class="link" href="https://x.example/?a=1&amp;b=2">' in html
    assert "color-scheme" in html
    assert 'width="600"' in html


def test_the_one_link_of_an_automatic_mail_is_a_button() -> None:
    rich = '<p>Look:</p><p><a href="https://x.example/" rel="noopener">Open the chat</a></p>'
    assert "display:inline-block" in shown(composed(html=rich, automatic=True), "html")
    assert "display:inline-block" not in shown(composed(html=rich), "html")


def test_an_attribute_that_looks_like_a_tag_stays_an_attribute() -> None:
    rich = '<p><img data-cid="x" alt="<p onclick=alert(1)>"><a href="https://x/?<p>">y</a></p>'
    html = shown(composed(html=rich), "html")
    assert 'href="https://x/?<p>"' in html
    assert html.count("<p style") == 1


def test_mail_between_two_inboxes_of_ours():
    """What a rule sends opens nothing there; a colleague's words are a message like any other."""
    sales = Tokens(
        "sales@shop.example", lambda purpose, text: KEYRING.sign("sales", purpose + text)
    )

    def arrives(us: Tokens, **changes) -> Arrived:
        data = composed(address=Address("email", "sales@shop.example"), **changes).data
        believed = Believed(us.address, (), us)
        return translate(read_mail(data), data, Place("INBOX/1/2", NOW), believed)

    by_rule, by_hand = arrives(sales, automatic=True).message, arrives(sales).message
    assert by_rule is not None
    assert by_hand is not None
    assert (by_rule.automatic, by_hand.automatic) == (True, False)
    # The other inbox's signatures say nothing here: nobody gets into a conversation by them.
    assert (by_hand.conversation_id, by_hand.answers_delivery) == (None, None)
    assert by_hand.address.value == "support@shop.example"
    # In the mailbox it came from it is nothing new at all.
    assert arrives(TOKENS) == Arrived()
