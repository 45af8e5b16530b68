"""What each provider message carries."""

from dataclasses import replace
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from hub.deliveries.compose import Message, contents, message_of
from hub.ports import Button, Capabilities, StoredFile

FILES = tuple(StoredFile(UUID(int=n), f"{n}.png", "image/png", n) for n in range(5))
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
)
ABLE = Capabilities(
    frozenset({"x"}), 100, html=True, subject=True, files=True, buttons=True, cc=True
)


def test_an_able_channel_gets_all_of_it_at_once():
    (only,) = contents(FULL, ABLE)
    assert message_of([only], "Hello. World.", "<b>Hello</b>") == FULL


def test_a_plain_channel_gets_the_words():
    (only,) = contents(FULL, Capabilities(frozenset({"x"}), 100))
    assert only["text"] == "Hello. World."
    assert not {"html", "subject", "cc", "bcc", "buttons"} & only.keys()


def test_files_and_buttons_go_with_the_last_words_and_more_files_follow():
    first, second, third, fourth = contents(FULL, replace(ABLE, max_text_length=8, max_files=2))
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
    # HTML only travels whole.
    assert not any("html" in part for part in (first, second, third, fourth))


def test_only_files():
    (only,) = contents(Message("", files=FILES[:1]), ABLE)
    assert (only["text"], len(only["files"])) == ("", 1)


@given(st.text(min_size=1), st.integers(1, 20), st.integers(0, 5), st.integers(0, 3))
def test_nothing_is_lost(text: str, limit: int, files: int, most: int):
    message = Message(text, files=FILES[:files])
    parts = contents(message, replace(ABLE, max_text_length=limit, max_files=most))
    # A part of blanks alone is refused by every provider, so it is left out.
    assert "".join("".join(part["text"].split()) for part in parts) == "".join(text.split())
    assert message_of(parts, text).files == message.files
    assert all(part["text"].strip() or part.get("files") or len(parts) == 1 for part in parts)
