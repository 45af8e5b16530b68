"""Where long texts are cut."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hub.deliveries.split import split, units
from tests.effort import assert_linear

WORDS = st.text(alphabet="аб e\u0301👩\u200d💻🇧🇬.!?\n \u1100\u1161\u11a8한\ud55c\r", max_size=300)
FAMILY = "👨\u200d👩\u200d👧\u200d👦"
CLUSTERS = [
    "e\u0301",
    "🇧🇬",
    "👍🏽",
    FAMILY,
    "\u1112\u1161\u11ab",
    "\r\n",
    "🏴\U000e0067\U000e007f",
    "a",
]


@given(st.one_of(st.text(), WORDS), st.integers(1, 60))
@example("\n\n\n\n\n", 1)
def test_the_parts_fit_and_are_the_text_again(text: str, limit: int):
    parts = split(text, limit)
    assert "".join(parts) == text
    assert all(len(part) <= limit for part in parts)
    assert len(parts) == 1 or all(parts)


@given(st.one_of(st.text(), WORDS), st.integers(2, 60))
def test_the_parts_fit_when_utf_16_is_counted(text: str, limit: int):
    parts = split(text, limit, utf16=True)
    assert "".join(parts) == text
    assert all(
        units(part) == len(part.encode("utf-16-le", "surrogatepass")) // 2 for part in parts
    )
    assert all(units(part) <= limit for part in parts)


@given(st.lists(st.sampled_from(CLUSTERS), max_size=80), st.integers(7, 40))
def test_no_character_a_reader_sees_is_torn(clusters: list[str], limit: int):
    bounds = {0}
    for cluster in clusters:
        bounds.add(max(bounds) + len(cluster))
    # Two flags in a row are cut between, but a run of regional letters has no other mark.
    at = 0
    for part in split("".join(clusters), limit):
        at += len(part)
        assert at in bounds


@pytest.mark.parametrize(
    ("text", "limit", "parts"),
    [
        ("short", 10, ["short"]),
        ("", 10, [""]),
        ("One two. Three.\n\nFour five.", 20, ["One two. Three.\n\n", "Four five."]),
        ("One two. Three. Four five.", 20, ["One two. Three. ", "Four five."]),
        ("One two three four", 12, ["One two ", "three four"]),
        ("Да. Нет!\nМожет быть, позже", 14, ["Да. Нет!\n", "Может быть, ", "позже"]),
        ("aaaaaaaaaa", 4, ["aaaa", "aaaa", "aa"]),
        # A paragraph that ends too early would leave a crumb.
        ("A\n\nlong long long long", 12, ["A\n\nlong ", "long long ", "long"]),
    ],
)
def test_cuts(text: str, limit: int, parts: list[str]):
    assert split(text, limit) == parts


@pytest.mark.parametrize(
    "piece", ["a", ".", " ", "\n", "\n ", "🇧", "e\u0301", "\u0301", '."', "한"]
)
def test_it_is_linear(piece: str):
    assert_linear(lambda size: split(piece * size, 4096), 200_000)
