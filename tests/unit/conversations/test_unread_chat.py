"""When a chat goes on by mail: every moment on its own, and in any order of events."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from hub.conversations.outbound.chat_letter import write
from hub.conversations.outbound.unread_chat import (
    APART,
    MOST,
    UNREAD_FOR,
    Mail,
    Nothing,
    OwnAddress,
    Unread,
    Wait,
    address,
    decide,
)

NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
minutes = st.integers(0, 60)


def unread(position: int, ago: float) -> Unread:
    return Unread(position, NOW - timedelta(minutes=ago), f"Message {position}.", "Olga")


def test_nothing_unread_is_nothing_to_do() -> None:
    assert decide([], NOW - timedelta(days=1), NOW) == Nothing()


def test_the_oldest_message_sets_the_time() -> None:
    waiting = decide([unread(1, 4), unread(2, 1)], None, NOW)
    assert waiting == Wait(NOW + timedelta(minutes=6))
    sent = decide([unread(2, 1), unread(1, 10)], None, NOW)
    assert sent == Mail((unread(1, 10), unread(2, 1)), 0, 2)


@given(st.lists(minutes, min_size=1, max_size=40), st.none() | minutes)
def test_a_mail_is_never_early_and_a_wait_always_ends(ages: list[int], mailed: int | None) -> None:
    given_ = [unread(position, ago) for position, ago in enumerate(ages, start=1)]
    mailed_at = None if mailed is None else NOW - timedelta(minutes=mailed)
    found = decide(given_, mailed_at, NOW)
    if isinstance(found, Wait):
        assert found.until > NOW
        found = decide(given_, mailed_at, found.until)
    assert isinstance(found, Mail)
    assert found.position == len(ages)
    assert len(found.messages) + found.more == len(ages)
    assert len(found.messages) <= MOST


def test_who_looks_at_the_page_is_not_mailed_yet() -> None:
    assert decide([unread(1, 10)], None, NOW, here=True) == Wait(NOW + timedelta(minutes=1))
    assert decide([unread(1, 9)], None, NOW, here=True) == Wait(NOW + timedelta(minutes=1))
    assert decide([], None, NOW, here=True) == Nothing()


@given(st.lists(minutes, min_size=1), minutes)
def test_two_mails_are_a_quarter_of_an_hour_apart(ages: list[int], mailed: int) -> None:
    given_ = [unread(position, ago) for position, ago in enumerate(ages)]
    if isinstance(decide(given_, NOW - timedelta(minutes=mailed), NOW), Mail):
        assert timedelta(minutes=mailed) >= APART
        assert timedelta(minutes=max(ages)) >= UNREAD_FOR


def test_an_address_that_was_typed_counts_where_there_is_no_other() -> None:
    ours = OwnAddress("anna@x.example", proven=True)
    typed = OwnAddress("other@x.example", proven=False, last_inbound_at=NOW)
    assert address("typed@x.example", []) == "typed@x.example"
    assert address("typed@x.example", [typed, ours]) == "anna@x.example"
    assert address("other@x.example", [typed, ours]) == "other@x.example"
    assert address("", [typed]) == "other@x.example"
    assert address("", []) == ""
    newer = OwnAddress("new@x.example", proven=True, last_inbound_at=NOW)
    assert address("", [ours, newer]) == "new@x.example"


def test_words_of_a_chat_stay_words() -> None:
    hostile = Unread(1, NOW, '<img src=x onerror=1>{{ 7 * 7 }}\n"quoted"', "<b>Olga</b>", 2)
    letter = write(Mail((hostile,), 3, 1), "Shop & Co", "de")
    assert "<img src=x onerror=1>{{ 7 * 7 }}" in letter.text
    assert "&lt;img src=x onerror=1&gt;{{ 7 * 7 }}<br>" in letter.html
    assert "Files in the chat: 2" in letter.text
    assert "wait in the chat: 3" in letter.text
    assert "Shop & Co" in letter.subject
    assert write(Mail((hostile,), 0, 1), "Shop", "ru-RU").subject == "Ваш чат с Shop"
