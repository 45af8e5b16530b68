"""What each provider message carries."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.clock import rfc3339
from hub.customers.consents import Purpose
from hub.deliveries.compose import Message, contents, message_of
from hub.ports import Button, Capabilities, FileKind, Invite, Quoted, StoredFile

FILES = tuple(StoredFile(UUID(int=n), f"{n}.png", "image/png", n) for n in range(5))
TEN = datetime(2026, 5, 5, 10, tzinfo=UTC)
INVITE = Invite(UUID(int=9), 1, "Haircut", TEN, TEN + timedelta(hours=1), "Nevsky 10")
FULL = Message(
    "Hello. World.",
    html="<b>Hello</b>",
    subject="Hi",
    cc=("a@x.org",),
    bcc=("b@x.org",),
    files=FILES,
    buttons=(Button("Yes", "y"),),
    in_reply_to="<m@x>",
    author_name="Olga",
    locale="ru",
    invite=INVITE,
)
ABLE = Capabilities(
    frozenset({"x"}),
    100,
    html=True,
    subject=True,
    files=True,
    buttons=True,
    cc=True,
    invites=True,
)


def test_an_able_channel_gets_all_of_it_at_once():
    (only,) = contents(FULL, ABLE)
    assert message_of([only], "Hello. World.", "<b>Hello</b>") == FULL


@pytest.mark.parametrize("ends_at", [None, INVITE.ends_at])
def test_an_invitation_is_what_it_was(ends_at: datetime | None):
    invite = replace(INVITE, ends_at=ends_at, cancelled=True)
    (only,) = contents(FULL._replace(invite=invite), ABLE)
    assert message_of([only], "Hello").invite == invite


def test_a_plain_channel_gets_the_words():
    (only,) = contents(FULL, Capabilities(frozenset({"x"}), 100))
    assert only["text"] == "Hello. World."
    assert not {"html", "subject", "cc", "bcc", "buttons", "invite"} & only.keys()


def test_files_and_buttons_go_with_the_last_words_and_more_files_follow():
    plain = FULL._replace(html="")
    first, second, third, fourth = contents(plain, replace(ABLE, max_text_length=8, max_files=2))
    assert [part["text"] for part in (first, second, third, fourth)] == [
        "Hello. ",
        "World.",
        "",
        "",
    ]
    assert "files" not in first
    assert "buttons" not in first
    assert second["buttons"] == [{"label": "Yes", "value": "y"}]
    assert [len(part["files"]) for part in (second, third, fourth)] == [2, 2, 1]


def test_rich_text_is_split_with_its_tags():
    rich = FULL._replace(text="Hello. World.", html="<b>Hello. World.</b>", files=())
    parts = contents(rich, replace(ABLE, max_text_length=8))
    assert [(part["text"], part["html"]) for part in parts] == [
        ("Hello.", "<b>Hello. </b>"),
        ("World.", "<b>World.</b>"),
    ]
    assert ["buttons" in part for part in parts] == [False, True]


def file(number: int, content_type: str, size: int = 1) -> StoredFile:
    return StoredFile(UUID(int=number), f"{number}", content_type, size)


ALBUMS = replace(
    ABLE,
    max_files=3,
    max_caption_length=10,
    utf16=True,
    file_kinds=(
        FileKind(frozenset({"image/png", "video/mp4"}), max_bytes=10),
        FileKind(frozenset({"image/gif", "image/png"}), together=False),
        FileKind(),
    ),
)


@pytest.mark.parametrize(
    ("files", "packs"),
    [
        ([file(1, "image/png"), file(2, "video/mp4")], [2]),
        ([file(1, "image/png"), file(2, "image/png", 11)], [1, 1]),
        ([file(1, "image/gif"), file(2, "image/gif")], [1, 1]),
        ([file(1, "text/plain"), file(2, "application/pdf"), file(3, "image/png")], [2, 1]),
        ([file(number, "image/png; x=y") for number in range(5)], [3, 2]),
    ],
)
def test_files_travel_together_where_their_kinds_do(files: list[StoredFile], packs: list[int]):
    parts = contents(Message("Look", files=tuple(files)), ALBUMS)
    assert [len(part["files"]) for part in parts] == packs
    assert [part["text"] for part in parts] == ["Look", *[""] * (len(packs) - 1)]


def test_a_text_too_long_for_a_caption_leaves_before_the_files():
    fits = contents(Message("🙂" * 5, files=FILES[1:2]), ALBUMS)
    too_long = contents(Message("🙂" * 5 + ".", files=FILES[1:2]), ALBUMS)
    assert [(part["text"], len(part.get("files", ()))) for part in fits] == [("🙂" * 5, 1)]
    assert [(part["text"], len(part.get("files", ()))) for part in too_long] == [
        ("🙂" * 5 + ".", 0),
        ("", 1),
    ]


def test_buttons_never_stand_below_an_album():
    message = Message("Which?", files=FILES[1:3], buttons=(Button("Yes", "y"),))
    words, album = contents(message, ALBUMS)
    assert (words["text"], "buttons" in words, "files" in words) == ("Which?", True, False)
    assert (len(album["files"]), "buttons" in album) == (2, False)
    first, second = contents(message._replace(text=""), ALBUMS)
    assert [len(part["files"]) for part in (first, second)] == [1, 1]
    assert ("buttons" in first, "buttons" in second) == (True, False)


def test_only_the_first_part_is_shown_as_the_answer():
    parts = contents(Message("One. Two. Three.", reply_to="m"), replace(ABLE, max_text_length=6))
    assert [part.get("reply_to") for part in parts] == ["m", None, None]
    assert message_of(parts, "Else").reply_to == "m"


def test_only_files():
    (only,) = contents(Message("", files=FILES[:1]), ABLE)
    assert (only["text"], len(only["files"])) == ("", 1)


def some(*values: object) -> st.SearchStrategy[object]:
    return st.sampled_from(values)


messages = st.fixed_dictionaries(
    {
        "text": some("Hello", " "),
        "html": some("", "<b>Hello</b>"),
        "subject": some("", "Hi"),
        "cc": some((), ("a@x.org",)),
        "bcc": some((), ("b@x.org", "c@x.org")),
        "buttons": some((), (Button("Yes", "y"), Button("No", "n", "phone"))),
        "in_reply_to": some("", "<m@x>"),
        "author_name": some("", "Olga"),
        "automatic": st.booleans(),
        "forced": st.booleans(),
        "locale": some("", "ru"),
        "answered": some({}, {"thread": 7}),
        "quoted": some(None, Quoted("Well?", "Anna", TEN)),
        "invite": some(None, INVITE),
        "unsubscribe_url": some("", "https://hub.example/p"),
        "reply_to": some("", "m"),
        "purpose": some("", Purpose.REMINDER),
    }
)
cans = st.fixed_dictionaries(
    {name: st.booleans() for name in ("html", "subject", "buttons", "cc", "invites", "utf16")}
)


@given(messages, cans)
def test_what_one_part_says_of_it_stands_in_this_order(facts: dict[str, Any], can: dict[str, Any]):
    message = Message(**facts)
    expected = {
        "subject": message.subject if can["subject"] else "",
        "cc": list(message.cc) if can["cc"] else [],
        "bcc": list(message.bcc) if can["cc"] else [],
        "in_reply_to": message.in_reply_to,
        "author_name": message.author_name,
        "automatic": message.automatic,
        "forced": message.forced,
        "locale": message.locale,
        "answered": message.answered,
        "quoted": {"text": "Well?", "author": "Anna", "at": rfc3339(TEN)}
        if message.quoted and can["subject"]
        else None,
        "invite": invited(INVITE) if message.invite and can["invites"] else None,
        "unsubscribe_url": message.unsubscribe_url,
        "purpose": str(message.purpose),
        "text": message.text,
        "html": message.html if can["html"] else "",
        "buttons": [{"label": "Yes", "value": "y"}, {"label": "No", "value": "n", "asks": "phone"}]
        if message.buttons and can["buttons"]
        else [],
        "reply_to": message.reply_to,
    }
    (only,) = contents(message, Capabilities(frozenset({"x"}), 100, **can))
    said = {name: fact for name, fact in expected.items() if fact}
    assert orjson.dumps(only) == orjson.dumps(said)
    # Compared with what is kept when the words are corrected.
    assert only == orjson.loads(orjson.dumps(said))


def invited(one: Invite) -> dict[str, object]:
    facts = {field.name: getattr(one, field.name) for field in fields(one)}
    times = {name: rfc3339(facts[name]) for name in ("starts_at", "ends_at")}
    return {**facts, "id": str(one.id), **times}


@given(st.text(min_size=1), st.integers(1, 20), st.integers(0, 5), st.integers(0, 3))
def test_nothing_is_lost(text: str, limit: int, files: int, most: int):
    message = Message(text, files=FILES[:files])
    parts = contents(message, replace(ABLE, max_text_length=limit, max_files=most))
    # A part of blanks alone is refused by every provider, so it is left out.
    assert "".join("".join(part["text"].split()) for part in parts) == "".join(text.split())
    assert message_of(parts, text).files == message.files
    assert all(part["text"].strip() or part.get("files") or len(parts) == 1 for part in parts)
