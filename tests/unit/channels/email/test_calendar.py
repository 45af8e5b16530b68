"""An invitation in a mail is what another library, and our own reader, take out of it again."""

import email
import email.policy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage, Message
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar, Component

from channels.email.composing import calendar, fields
from channels.email.composing.calendar import Parties
from channels.email.composing.compose import Account, compose
from channels.email.composing.letter import Letterhead
from channels.email.parsing import calendar_reply
from channels.email.parsing.calendar_reply import CalendarReply
from channels.email.parsing.mail import Attachment
from channels.email.tokens import Tokens
from hub.crypto import Keyring
from hub.ports import Address, Invite, OutboundMessage

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
TEN = datetime(2026, 11, 24, 8, tzinfo=UTC)
ID = UUID("0198c5a0-0000-7000-8000-000000000001")
INVITE = Invite(ID, 2, "Стрижка; мытьё, укладка", TEN, TEN + timedelta(hours=1), "Невский, 10")
PARTIES = Parties('Салон "Лотос"', "salon@lotus.example", "irina@example.com")
words = st.text(st.one_of(st.sampled_from('\r\n;,:\\"^ '), st.characters()), max_size=200)


def read(written: str) -> tuple[Calendar, Component]:
    (whole,) = Calendar.from_ical(written, multiple=True)
    assert whole.errors == []
    (event,) = whole.walk("VEVENT")
    assert event.errors == []
    return whole, event


def test_it_says_what_the_standards_ask_for() -> None:
    whole, event = read(calendar.written(INVITE, PARTIES, NOW))
    assert whole["METHOD"] == "REQUEST"
    assert (event["UID"], event["SEQUENCE"]) == (str(ID), 2)
    assert (event.decoded("DTSTART"), event.decoded("DTEND")) == (INVITE.starts_at, INVITE.ends_at)
    assert event.decoded("DTSTAMP") == NOW
    assert event["SUMMARY"] == 'Стрижка; мытьё, укладка – Салон "Лотос"'
    assert event["LOCATION"] == "Невский, 10"
    assert event["ORGANIZER"] == "mailto:salon@lotus.example"
    assert event["ORGANIZER"].params["CN"] == "Салон 'Лотос'"
    assert event["ATTENDEE"] == "mailto:irina@example.com"
    assert event["ATTENDEE"].params["PARTSTAT"] == "NEEDS-ACTION"
    assert (event["ATTENDEE"].params["RSVP"], event["STATUS"]) == ("TRUE", "CONFIRMED")


def test_taken_back_it_is_a_cancellation() -> None:
    whole, event = read(calendar.written(replace(INVITE, cancelled=True), PARTIES, NOW))
    assert (whole["METHOD"], event["STATUS"]) == ("CANCEL", "CANCELLED")
    assert event["UID"] == str(ID)


def test_who_has_accepted_is_not_asked_again() -> None:
    _, event = read(calendar.written(replace(INVITE, answered=True), PARTIES, NOW))
    assert event["ATTENDEE"].params["PARTSTAT"] == "ACCEPTED"
    assert event["ATTENDEE"].params["RSVP"] == "FALSE"


@given(words, words, words)
def test_no_words_of_anybody_break_it(title: str, place: str, company: str) -> None:
    invite = replace(INVITE, title=title, place=place)
    written = calendar.written(invite, replace(PARTIES, name=company), NOW)
    assert all(len(line.encode()) <= 75 for line in written.split("\r\n"))
    assert "\n" not in written.replace("\r\n", "")
    whole, event = read(written)
    assert [one.name for one in whole.subcomponents] == ["VEVENT"]
    assert event["SUMMARY"] == fields.one_line(calendar._titled(title, company))
    assert sorted(event.keys()).count("ATTENDEE") == 1


def parts(invite: Invite | None) -> list[Message]:
    message = OutboundMessage(
        delivery_id=UUID(int=1),
        entry_id=UUID(int=2),
        conversation_id=None,
        address=Address("email", "irina@example.com"),
        reply_address="",
        text="Ждём вас.",
        invite=invite,
        automatic=True,
    )
    account = Account(Tokens("salon@lotus.example", Keyring("a secret").sign), Letterhead("Салон"))
    letter = compose(message, account, (), NOW)
    mail = email.message_from_bytes(letter.data, policy=email.policy.SMTP)
    assert isinstance(mail, EmailMessage)
    assert [part.defects for part in mail.walk() if part.defects] == []
    return list(mail.walk())


def test_a_mail_carries_it_as_a_form_and_as_a_file() -> None:
    found = parts(INVITE)
    assert [one.get_content_type() for one in found] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "text/calendar",
        "application/ics",
    ]
    shown, filed = found[4], found[5]
    assert (shown.get_param("method"), shown.get_param("charset")) == ("REQUEST", "utf-8")
    assert filed.get_filename() == "invite.ics"
    said = shown.get_payload(decode=True)
    assert isinstance(said, bytes)
    whole = filed.get_payload(decode=True)
    assert isinstance(whole, bytes)
    assert said.rstrip() == whole.rstrip()
    _, event = read(said.decode())
    assert event["ATTENDEE"] == "mailto:irina@example.com"
    assert event["ORGANIZER"] == "mailto:salon@lotus.example"


def test_a_mail_without_one_is_as_it_was() -> None:
    assert parts(None)[0].get_content_type() == "multipart/alternative"


# --- what calendars answer --------------------------------------------------------------------

GOOGLE = """BEGIN:VCALENDAR
PRODID:-//Google Inc//Google Calendar 70.9054//EN
VERSION:2.0
METHOD:REPLY
BEGIN:VEVENT
DTSTART:20261124T080000Z
ORGANIZER;CN="Салон: Лотос":mailto:salon@lotus.example
UID:0198c5a0-0000-7000-8000-00000
 0000001
ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED;CN=irina@
 example.com;X-NUM-GUESTS=0:mailto:irina@example.com
SEQUENCE:2
STATUS:CONFIRMED
END:VEVENT
END:VCALENDAR
"""


def answered(words: str, kind: str = "text/calendar") -> CalendarReply | None:
    file = Attachment("invite.ics", kind, words.replace("\n", "\r\n").encode())
    return calendar_reply.read([file])


@pytest.mark.parametrize(
    ("said", "means"),
    [("ACCEPTED", "accepted"), ("DECLINED", "declined"), ("tentative", "tentative")],
)
def test_a_reply_is_read(said: str, means: str) -> None:
    found = answered(GOOGLE.replace("ACCEPTED", said))
    assert found == CalendarReply(str(ID), means, 2)


@pytest.mark.parametrize(
    "words",
    [
        "",
        "BEGIN:VCALENDAR",
        GOOGLE.replace("REPLY", "REQUEST"),
        GOOGLE.replace("ACCEPTED", "NEEDS-ACTION"),
        GOOGLE.replace("ACCEPTED", "DELEGATED"),
        GOOGLE.replace("UID:", "X-UID:"),
        GOOGLE.replace("METHOD:REPLY", "METHOD:"),
    ],
)
def test_what_is_no_answer_is_none(words: str) -> None:
    assert answered(words) is None


def test_a_reply_without_a_sequence_answers_the_first_plan() -> None:
    found = answered(GOOGLE.replace("SEQUENCE:2\n", ""), "application/ics")
    assert found is not None
    assert found.sequence == 0
    assert answered(GOOGLE, "application/pdf") is None


@given(st.binary(max_size=400))
def test_anything_may_come(raw: bytes) -> None:
    calendar_reply.read([Attachment("a.ics", "text/calendar", b"METHOD:REPLY\r\n" + raw)])


def test_it_answers_what_we_wrote() -> None:
    written = calendar.written(INVITE, PARTIES, NOW).replace("METHOD:REQUEST", "METHOD:REPLY")
    found = answered(written.replace("\r\n", "\n").replace("NEEDS-ACTION", "ACCEPTED"))
    assert found == CalendarReply(str(ID), "accepted", 2)
