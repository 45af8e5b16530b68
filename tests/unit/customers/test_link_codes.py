"""A link code is found however people type it, and nowhere else."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.customers import link_codes
from hub.customers.link_codes import INBOX_TRIES, found_in, new_code


def test_a_new_code_finds_itself_and_fits_into_a_deep_link():
    code = new_code()
    assert found_in(code) == [code]
    # Telegram takes letters, digits, _ and - only, 64 at most.
    assert len(code) <= 64
    assert all(letter.isalnum() or letter == "-" for letter in code)
    assert len({new_code() for _ in range(1000)}) == 1000


@pytest.mark.parametrize(
    "typed",
    [
        "BK-0V1AB-2CD34",
        "/start BK-0V1AB-2CD34",
        "bk 0v1ab 2cd34",
        "hello, my code is BK0V1AB2CD34.",
        "BK\N{EN DASH}OUIAB\N{EN DASH}2CD34",
        "(BK-0VLAB-2CD34)",
        # The first two letters as a Russian keyboard has them.
        "\N{CYRILLIC CAPITAL LETTER VE}\N{CYRILLIC CAPITAL LETTER KA}-0V1AB-2CD34",
    ],
)
def test_however_it_is_typed(typed: str):
    assert found_in(typed) == ["BK-0V1AB-2CD34"]


@pytest.mark.parametrize(
    "words",
    [
        "",
        "BK-0V1AB",
        "ABK-0V1AB-2CD34",
        "BK-0V1AB-2CD345",
        "order 12345-67890",
        "x" * 2001 + " BK-0V1AB-2CD34",
    ],
)
def test_other_words_hold_none(words: str):
    assert found_in(words) == []


def test_at_most_three_are_looked_at():
    assert len(found_in(" ".join(new_code() for _ in range(9)))) == 3


def test_guessing_is_hopeless():
    chances = len(link_codes._ALPHABET) ** 10
    open_codes = 10_000
    assert INBOX_TRIES * 3 * open_codes / chances < 1e-6
    assert math.log2(chances) == 50


@given(st.text(max_size=200))
def test_any_words_are_looked_through(words: str):
    assert all(found_in(code) == [code] for code in found_in(words))
