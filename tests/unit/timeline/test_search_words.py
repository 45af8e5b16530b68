"""Which word of a search may still go on, and what of a customer fits."""

import pytest

from hub.customers.folding import fold
from hub.timeline.people import matched
from hub.timeline.search import begun


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("invoi", ("", "'invoi':*")),
        ("my invoi", ("my", "'invoi':*")),
        ("счёт на опла", ("счёт на", "'опла':*")),
        ("my invoice ", ("", "")),
        ("in", ("", "")),
        ("", ("", "")),
        ('"my invoi', ("", "")),
        ('"my invoice" pai', ('"my invoice"', "'pai':*")),
        ("invoice -pai", ("", "")),
        ("red or", ("", "")),
        ("it's", ("", "")),
        ("a:*", ("", "")),
        ("anna@exam", ("", "")),
        ("foo_bar", ("", "")),
    ],
)
def test_the_last_word_is_a_beginning_when_it_can_be(
    typed: str, expected: tuple[str, str]
) -> None:
    assert begun(typed) == expected


def test_what_fits_is_the_name_or_the_address_that_holds_the_words() -> None:
    addresses = ["email:anna@example.com", "tel:+79123456789"]
    assert matched(fold("anna"), ["anna"], "Anna Berg", addresses) == "Anna Berg"
    assert matched(fold("7912"), ["7912"], "Anna Berg", addresses) == "tel:+79123456789"
