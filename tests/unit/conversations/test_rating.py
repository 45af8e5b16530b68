"""What is a rating, and what is merely a number."""

from uuid import UUID

import pytest

from hub.conversations import rating
from hub.conversations.rating import Rating

TALK = UUID("0198c5a0-0000-7000-8000-000000000001")


@pytest.mark.parametrize("score", rating.SCORES)
def test_what_a_button_brings_back_is_read(score: int) -> None:
    value = rating.answers(TALK)[str(score)]
    assert len(value.encode()) <= 64, "Telegram carries no more"
    assert rating.read(value) == Rating(TALK, score)
    assert Rating(TALK, score).low is (score <= 2)


@pytest.mark.parametrize(
    "value",
    [None, 4, "", "5", "rate:", f"rate:{TALK.hex}:6", f"rate:{TALK.hex}:0", f"rate:{TALK}:5",
     f"rate:{TALK.hex}:5 ", f"rate:{TALK.hex}:55", f"xrate:{TALK.hex}:5"],
)  # fmt: skip
def test_any_other_value_is_none(value: object) -> None:
    assert rating.read(value) is None


@pytest.mark.parametrize(("text", "score"), [("5", 5), (" 1\n", 1), ("3.", 3), ("4 !", 4)])
def test_a_bare_number_says_a_score(text: str, score: int) -> None:
    assert rating.number(text) == score


@pytest.mark.parametrize("text", ["", "0", "6", "10", "5 stars", "1, 2", "٣", "5" * 100, " " * 99])
def test_other_words_do_not(text: str) -> None:
    assert rating.number(text) is None
