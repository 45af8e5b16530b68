"""What a visitor's JSON may say."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.webchat.bodies import MAX_JSON, MAX_TEXT, MarkRead, PostMessage, StartVisit, parse
from channels.webchat.errors import Refused
from channels.webchat.frames import Frame, Hello


def test_a_message_is_taken_as_written():
    posted = parse(PostMessage, '{"client_id": "a:1", "text": " да \\n🙂 "}')
    assert posted.text == " да \n🙂 "


def test_what_postgresql_cannot_hold_is_left_out():
    assert parse(PostMessage, '{"client_id": "a", "text": "a\\u0000b"}').text == "ab"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"client_id": "a"},
        {"client_id": "a", "text": " \n"},
        {"client_id": "", "text": "x"},
        {"client_id": "a/b", "text": "x"},
        {"client_id": "a b", "text": "x"},
        {"client_id": "a" * 65, "text": "x"},
        {"client_id": 1, "text": "x"},
        {"client_id": "a", "text": "x" * (MAX_TEXT + 1)},
        {"client_id": "a", "text": 1},
        {"client_id": "a", "files": ["x"]},
        {"client_id": "a", "files": ["01970000-0000-7000-8000-000000000001"] * 11},
    ],
)
def test_everything_else_is_refused_without_quoting_it(body: object):
    with pytest.raises(Refused) as refused:
        parse(PostMessage, json.dumps(body))
    assert refused.value.status == 422
    assert "xxxx" not in refused.value.detail
    assert "Value error" not in refused.value.detail
    assert refused.value.facts()["errors"] == [
        {"field": field, "message": message} for field, message in refused.value.fields.items()
    ]
    assert refused.value.fields


def test_the_longest_text_fits_however_it_is_escaped():
    text = "\U0001f642" * MAX_TEXT
    raw = json.dumps({"client_id": "a" * 64, "text": text}).encode()
    assert parse(PostMessage, raw).text == text
    assert len(raw) <= MAX_JSON


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
_TYPES = ["hello", "message", "read", "delivered", "typing", "button", "", 1, None]
_NAMES = ["token", "after", "client_id", "text", "files", "id", "position", "value"]
_members = st.fixed_dictionaries(
    {}, optional={"type": st.sampled_from(_TYPES), **dict.fromkeys(_NAMES, _json)}
)


@given(raw=st.binary(max_size=200) | _json.map(json.dumps) | _members.map(json.dumps))
def test_parsing_ends_in_a_body_or_a_refusal(raw: bytes | str):
    for model in (StartVisit, PostMessage, MarkRead, Hello, Frame):
        with suppress(Refused):
            parse(model, raw)
