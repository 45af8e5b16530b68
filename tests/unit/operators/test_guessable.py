"""What is tried first by who guesses, in three languages; and what people should take instead."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.operators.guessable import guessable

TRIED_FIRST = [
    "password1234",
    "Password2026!",
    "P@$$w0rdP@$$w0rd",
    "passwordpassword",
    "123456789012",
    "987654321098",
    "qwertyuiop123",
    "1qaz2wsx1qaz2wsx",
    "zaqwsxzaqwsx",
    "aaaaaaaaaaaaaaaa",
    "abcabcabcabcabc",
    "abababababababab",
    "Welcome12345!",
    "iloveyou2024!!",
    "Summer2026!!!!",
    "adminadmin2026",
    "пароль123456789",
    "йцукенгшщзхъ",
    "ПриветПривет1",
    "gfhjkm123456",
    "парола2026парола",
    "обичамте12345",
]
TAKEN = [
    "four unrelated words",
    "a long enough pass phrase",
    "correct horse battery staple",
    "seven quiet lagoons",
    "amber-cedar-linen-reed-42",
    "вишня стоит у колодца",
    "три стари моста на Янтра",
    "xK9#mPq2vLw8",
    "quite another sentence",
]


@pytest.mark.parametrize("password", TRIED_FIRST)
def test_what_is_tried_first_is_refused(password: str):
    assert guessable(password)


@pytest.mark.parametrize("password", TAKEN)
def test_what_nobody_tries_is_taken(password: str):
    assert not guessable(password, ("anna@example.com", "Anna Petrova"))


@pytest.mark.parametrize(
    "password",
    [
        "Anna.Petrova.1987",
        "petrovaexample",
        "example-petrova!",
        "BesedkaPetrova1",
        "ANNAPETROVA12",
    ],
)
def test_ones_own_names_are_refused_to_oneself(password: str):
    assert guessable(password, ("anna.petrova@example.com", "Anna Petrova"))


def test_anothers_name_is_a_word_like_others():
    assert not guessable("Ludmilla Brezhov 77", ("anna@example.com", "Anna Petrova"))


@given(st.text(max_size=300), st.text(max_size=60))
def test_any_text_has_an_answer(password: str, own: str):
    assert guessable(password, (own,)) in {True, False}
