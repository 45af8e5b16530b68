"""Whatever a channel brings is read into something the database takes, or refused as Invalid."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.conversations.cleaning import clean, clean_json
from hub.conversations.inbound import parsed
from hub.conversations.inbound.faults import blames_the_input
from hub.conversations.inbound.incoming import MAX_DATA, key_of, name_of, read
from hub.errors import Conflict, Invalid, Unavailable
from hub.inboxes.open_inbox import InboxRef
from hub.ports import Address, InboundMessage, Proof, SinkUnavailable

INBOX = InboxRef(uuid4(), "sms", "Shop", "main", "RU")
NOW = datetime(2026, 5, 3, 9, 0, tzinfo=UTC)

any_text = st.text(st.characters(exclude_categories=()), max_size=60)
any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | any_text | st.binary(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(any_text, inner, max_size=4),
    max_leaves=12,
)
messages = st.builds(
    InboundMessage,
    external_id=any_text,
    address=st.builds(
        Address, st.sampled_from(["tel", "email", "telegram", "x y"]), any_text | st.just("17")
    ),
    text=any_text,
    occurred_at=st.datetimes(timezones=st.just(UTC) | st.none()),
    html=any_text,
    sender_name=any_text,
    locale=any_text,
    reply_address=any_text,
    thread=st.lists(any_text, max_size=3).map(tuple),
    data=st.dictionaries(any_text, any_json, max_size=4),
    raw=st.binary(max_size=9),
)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Anna \u202emoc.knab@troppus", "Anna moc.knab@troppus"),
        ("\u2066Olga\u2069", "Olga"),
        ("بن\u200c یامین", "بن\u200c یامین"),
        ("👩\u200d🚀 Vera", "👩\u200d🚀 Vera"),
        (" two\r\nlines ", "two lines"),
    ],
)
def test_no_name_turns_what_stands_behind_it(said: str, kept: str) -> None:
    message = InboundMessage("1", Address("telegram", "17"), "Hello", NOW, sender_name=said)
    assert read(INBOX, message).message.sender_name == kept


@given(messages)
def test_any_message_is_storable_or_invalid(message: InboundMessage) -> None:
    name_of(message).encode()
    try:
        incoming = read(INBOX, message)
    except Invalid:
        return
    one = incoming.message
    for words in (one.text, one.html, one.sender_name, one.reply_address, incoming.key):
        assert "\x00" not in words
        words.encode()
    assert b"\\u0000" not in orjson.dumps(one.data)
    assert incoming.key == key_of(message.external_id) == name_of(message)


@given(messages)
def test_a_kept_message_comes_back_as_it_would_have_been_read(message: InboundMessage) -> None:
    kept = orjson.loads(orjson.dumps(parsed.to_json(message)))
    back = parsed.from_json(kept, message.raw)
    assert back.text == clean(message.text)
    assert back.occurred_at == message.occurred_at
    assert back.thread == tuple(clean(one) for one in message.thread)
    try:
        before = read(INBOX, message)
    except Invalid:
        return
    after = read(INBOX, back)
    assert (after.key, after.address, after.thread) == (before.key, before.address, before.thread)


@pytest.mark.parametrize(
    ("dirty", "cleaned"),
    [
        ("plain", "plain"),
        ("Ёлка 🎄", "Ёлка 🎄"),
        ("a\x00b", "a\ufffdb"),
        ("\ud83c\udf84", "🎄"),
        ("x\ud83c", "x\ufffd"),
        ("\udf84\ud83c", "\ufffd\ufffd"),
    ],
)
def test_cleaning(dirty: str, cleaned: str) -> None:
    assert clean(dirty) == cleaned
    assert clean_json({"k": [dirty]}) == {"k": [cleaned]}


def test_data_too_deep_or_too_large_is_invalid() -> None:
    deep: dict[str, Any] = {}
    for _ in range(1000):
        deep = {"x": deep}
    for data in (deep, {"x": "y" * MAX_DATA}):
        with pytest.raises(Invalid):
            read(INBOX, InboundMessage("1", Address("telegram", "1"), "x", NOW, data=data))


def test_a_message_that_is_clean_is_not_copied() -> None:
    message = InboundMessage(
        "1", Address("tel", "8 912 345-67-89"), "x", NOW, Proof.PROVIDER, data={"a": 1}
    )
    incoming = read(INBOX, message)
    assert incoming.message is message
    assert incoming.address == ("tel", "+79123456789")


@pytest.mark.parametrize(
    ("error", "blamed"),
    [
        (Invalid("x"), True),
        (KeyError("our bug"), True),
        (ValueError("x"), True),
        (ConnectionResetError(), False),
        (TimeoutError(), False),
        (Unavailable("x"), False),
        (Conflict("x"), False),
        (SinkUnavailable("x"), False),
    ],
    ids=repr,
)
def test_whose_fault_it_is(error: Exception, blamed: bool) -> None:
    assert blames_the_input(error) is blamed
