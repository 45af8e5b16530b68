"""What an update amounts to: every kind of message, every other update, and anything at all."""

import json
import random
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from aiogram.types import Message, Update
from hypothesis import given
from hypothesis import strategies as st

from channels.telegram import content, updates
from channels.telegram.updates import (
    Changed,
    Elsewhere,
    Heard,
    Names,
    Nothing,
    Outcome,
    Unreadable,
)
from hub.ports import Address, Proof
from tests.unit.channels.telegram.messages import CHAT, KINDS, USER
from tests.unit.channels.telegram.shapes import fields, sample

NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
NAMES = Names("7")
PRIVATE = {"id": 42, "type": "private", "first_name": "Анна"}


def private(**fields: object) -> dict[str, Any]:
    return {"message_id": 5, "date": 1_777_880_000, "from": USER, "chat": PRIVATE, **fields}


def read(kind: str, inner: object) -> Outcome:
    return updates.read({"update_id": 1, kind: inner}, NAMES, NOW)


def heard(**fields: object) -> Heard:
    outcome = read("message", private(**fields))
    assert isinstance(outcome, Heard)
    return outcome


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_says_or_shows_something(kind: str):
    fields, says, files = KINDS[kind]
    found = heard(**fields)
    assert found.message.text == says
    assert tuple(file.file_id for file in found.files) == files
    assert found.message.text or found.files


_FACTS = {
    "message_id", "date", "chat", "from_user", "text", "caption", "entities", "caption_entities",
    "reply_markup",
}  # fmt: skip


@pytest.mark.parametrize(
    "name", sorted(set(Message.model_fields) - _FACTS - {"from_user"} - content._ENVELOPE)
)
def test_whatever_aiogram_knows_of_is_readable(name: str):
    field = Message.model_fields[name].alias or name
    odd: list[object] = [{}, {"a": 1}, [], [{}], True, 7, "words"]
    for value in odd:
        found = heard(**{field: value})
        assert found.message.text.strip() or found.files, (name, value)


@pytest.mark.parametrize("full", [True, False])
@pytest.mark.parametrize(
    "name", sorted(set(Message.model_fields) - _FACTS - {"from_user"} - content._ENVELOPE)
)
def test_every_published_kind_is_readable_as_the_bot_api_shapes_it(name: str, *, full: bool):
    field = fields(Message)[name]
    found = heard(**{field.alias or name: sample(field.annotation, 4 if full else 0)})
    assert found.message.text.strip() or found.files
    # Named, not merely noticed: no kind of today is one "that cannot be shown".
    assert "cannot be shown" not in found.message.text


@pytest.mark.parametrize("name", sorted(set(Update.model_fields) - {"update_id"}))
def test_no_update_is_too_much(name: str):
    for inner in ({}, private(text="x"), {"from": USER}, {"chat": CHAT}, 7, None, [1]):
        assert isinstance(read(name, inner), Heard | Changed | Elsewhere | Nothing | Unreadable)


def test_who_wrote_and_when():
    message = heard(text="Hello").message
    assert message.external_id == "7:42:5"
    assert (message.address, message.reply_address) == (Address("telegram", "42"), "42")
    assert (message.sender_name, message.proof) == ("Анна Орлова", Proof.PROVIDER)
    assert message.occurred_at == datetime.fromtimestamp(1_777_880_000, UTC)
    assert json.loads(message.raw)["message"]["text"] == "Hello"


@pytest.mark.parametrize(
    ("fields", "data"),
    [
        ({"text": "/start ORDER-7"}, {"command": "start", "start": "ORDER-7"}),
        ({"text": "/start"}, {"command": "start"}),
        ({"text": "/start@shop_bot x"}, {"command": "start", "start": "x"}),
        ({"text": "/starting x"}, {}),
        ({"text": "a", "quote": {"text": "when?"}}, {"quote": "when?"}),
        ({"text": "a", "reply_to_story": {"chat": CHAT}}, {"in_reply_to": "story of News"}),
        (
            {"text": "a", "external_reply": {"origin": {"type": "user", "sender_user": USER}}},
            {"in_reply_to": "Анна Орлова"},
        ),
    ],
)
def test_facts(fields: Mapping[str, object], data: Mapping[str, object]):
    assert heard(**fields).message.data == data


def test_an_answer_names_what_it_answers():
    assert heard(text="a", reply_to_message={"message_id": 3}).message.thread == ("7:42:3",)


@pytest.mark.parametrize(
    ("origin", "whose"),
    [
        ({"type": "user", "sender_user": USER}, "Анна Орлова"),
        ({"type": "hidden_user", "sender_user_name": "Hidden"}, "Hidden"),
        ({"type": "chat", "sender_chat": CHAT}, "News"),
        ({"type": "channel", "chat": CHAT, "message_id": 1}, "News"),
        ({"type": "new"}, "somebody"),
    ],
)
def test_a_forwarded_message_says_from_whom(origin: object, whose: str):
    bold = [{"type": "bold", "offset": 0, "length": 1}]
    message = heard(text="a<", entities=bold, forward_origin=origin).message
    assert message.text == f"Forwarded from {whose}\na<"
    assert message.html == f"<i>Forwarded from {whose}</i><br><b>a</b>&lt;"


@pytest.mark.parametrize(
    ("contact", "more", "phone"),
    [
        ({"phone_number": "79120000000", "user_id": 42}, {}, "+79120000000"),
        ({"phone_number": "+79120000000", "user_id": 42}, {}, "+79120000000"),
        # Somebody else's card, one without an account, a forwarded one.
        ({"phone_number": "79120000000", "user_id": 43}, {}, ""),
        ({"phone_number": "79120000000"}, {}, ""),
        ({"phone_number": "79120000000", "user_id": 42}, {"forward_origin": {"type": "x"}}, ""),
        ({"phone_number": "", "user_id": 42}, {}, ""),
    ],
)
def test_only_ones_own_card_proves_a_phone(contact: object, more: dict[str, object], phone: str):
    assert heard(contact=contact, **more).phone == phone


def test_a_part_of_an_album_is_named_for_the_album():
    found = heard(photo=[{"file_id": "a"}], media_group_id="99")
    assert (found.message.external_id, found.part) == ("7:42:album:99", "7:42:5")


@pytest.mark.parametrize("kind", ["group", "supergroup", "channel"])
def test_groups_and_channels_are_left_alone(kind: str):
    chat = {"id": -5, "type": kind, "title": "Neighbours"}
    for name in ("message", "edited_message", "message_reaction", "my_chat_member"):
        assert read(name, private(chat=chat, text="x")) == Elsewhere("Neighbours")


def changed(kind: str, inner: object) -> Changed:
    outcome = read(kind, inner)
    assert isinstance(outcome, Changed)
    return outcome


def test_an_edit():
    change = changed("edited_message", private(text="b", edit_date=1_777_880_009)).change
    assert (change.kind, change.external_id, change.text) == ("edit", "7:42:5", "b")
    caption = changed("edited_message", private(photo=[{"file_id": "a"}], caption="c")).change
    assert caption.text == "c"


def test_a_kind_of_message_nobody_knows_is_read_as_one():
    owner = {"id": 77, "is_bot": False, "first_name": "Owner"}
    assert isinstance(read("business_message", private(text="Hi")), Heard)
    assert isinstance(read("business_message", private(text="Hi", **{"from": owner})), Nothing)
    assert changed("edited_business_message", private(text="b")).change.text == "b"
    assert isinstance(read("telepathy", {"mood": "good"}), Unreadable)


@pytest.mark.parametrize(
    ("new", "value"),
    [
        ([{"type": "emoji", "emoji": "👍"}], "👍"),
        ([], ""),
        ([{"type": "paid"}], "⭐"),
        ([{"type": "custom_emoji", "custom_emoji_id": "1"}], "💟"),
        ([{"type": "new"}, {"type": "emoji", "emoji": "❤"}], "❔❤"),
    ],
)
def test_a_reaction(new: list[object], value: str):
    inner = {"chat": PRIVATE, "message_id": 5, "user": USER, "date": 1, "new_reaction": new}
    change = changed("message_reaction", inner).change
    assert (change.kind, change.external_id, change.value) == ("reaction", "7:42:5", value)


def test_a_press():
    inner = {"id": "q", "from": USER, "message": private(), "data": "yes"}
    pressed = changed("callback_query", inner)
    assert (pressed.query_id, pressed.change.value) == ("q", "yes")
    assert pressed.change.external_id == "7:42:5"


@pytest.mark.parametrize(("status", "kind"), [("kicked", "blocked"), ("member", "unblocked")])
def test_blocked_and_back(status: str, kind: str):
    inner = {"chat": PRIVATE, "from": USER, "date": 1, "new_chat_member": {"status": status}}
    assert changed("my_chat_member", inner).change.kind == kind


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(JSON)
def test_anything_at_all(update: object):
    outcome = updates.read(update, NAMES, NOW)
    assert isinstance(outcome, Heard | Changed | Elsewhere | Nothing | Unreadable)
    updates.raw_of(update)
    updates.album_of(update)
    updates.place(update)


def _odd(chance: random.Random) -> object:
    return chance.choice(
        [None, True, -1, 2**80, 1.5e308, "", "x" * 5000, "\ud800\0", [], [[]], {}, [{"a": {}}]]
    )


def _spoilt(value: object, chance: random.Random) -> object:
    """The value with some of what is in it replaced by what should not be there."""
    if chance.random() < 0.08:
        return _odd(chance)
    if isinstance(value, dict):
        return {
            name: _spoilt(one, chance) for name, one in value.items() if chance.random() > 0.03
        }
    if isinstance(value, list):
        return [_spoilt(one, chance) for one in value] * chance.choice([1, 1, 1, 3])
    return value


@pytest.mark.fuzz
def test_spoilt_updates_never_raise_and_are_never_empty(fuzz_seconds: float):
    chance, kinds = random.Random(20261122), list(KINDS)
    until, count = time.monotonic() + fuzz_seconds, 0
    while time.monotonic() < until:
        count += 1
        fields = dict(KINDS[chance.choice(kinds)][0])
        extras = {"reply_to_message": private(text="q"), "media_group_id": "g", "quote": {}}
        fields |= {name: one for name, one in extras.items() if chance.random() < 0.2}
        fields["entities"] = [
            {"type": "bold", "offset": chance.randint(-3, 9), "length": chance.randint(-3, 9)}
            for _ in range(chance.randint(0, 5))
        ]
        kind = chance.choice(["message", "edited_message", "callback_query", "telepathy"])
        update = _spoilt({"update_id": 1, kind: private(**fields)}, chance)
        outcome = updates.read(update, NAMES, NOW)
        assert isinstance(outcome, Heard | Changed | Elsewhere | Nothing | Unreadable)
        if isinstance(outcome, Heard):
            assert outcome.message.text or outcome.files
    assert count > 1000
