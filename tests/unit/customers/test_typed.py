"""What operators type, and what is kept: telephones, addresses, slips in names, order numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.customers.typed import address_parts, order_numbers, phone_part, slipped, slips


@pytest.mark.parametrize(
    ("typed", "part"),
    [
        ("+7 (912) 345-67-89", "79123456789"),
        ("8 (912) 345-67-89", "9123456789"),
        ("8-912", "912"),
        ("912 345", "912345"),
        ("67-89", "6789"),
        ("789", "789"),
        ("0888 123 456", "888123456"),
        ("00359 888 12", "35988812"),
        ("8.912.345", "912345"),
        ("912\u2013345", "912345"),
        ("12", None),
        ("anna", None),
        ("A-10234", None),
        ("", None),
        ("+", None),
        ("0000", "0000"),
    ],
)
def test_a_number_however_it_is_grouped(typed: str, part: str | None) -> None:
    assert phone_part(typed) == part
    if part is not None:
        assert part in "79123456789" or part in "359888123456" or part == "0000"


@pytest.mark.parametrize(
    ("typed", "parts"),
    [
        ("Anna@Example.com", ("anna@example.com",)),
        ("@example", ("@example",)),
        ("anna@почта.рф", ("anna@почта.рф", "anna@xn--80a1acny.xn--p1ai")),
        ("почта.рф", ("почта.рф", "xn--80a1acny.xn--p1ai")),
        ("@почта.рф", ("@почта.рф", "@xn--80a1acny.xn--p1ai")),
        ("a.nna+shop@gmail.com", ("a.nna+shop@gmail.com", "anna@gmail.com")),
        ("anna+shop@example.com", ("anna+shop@example.com", "anna@example.com")),
        ("+7 (912)", ("+7912",)),
        ("Пётр", ("пётр",)),
        ("", ()),
    ],
)
def test_an_address_as_it_may_be_kept(typed: str, parts: tuple[str, ...]) -> None:
    assert address_parts(typed) == parts


@pytest.mark.parametrize(
    ("typed", "name", "near"),
    [
        ("петорв", "Пётр Петров", True),
        ("Иваов", "Семён Иванов", True),
        ("иванноов", "Семён Иванов", False),
        ("Александорв", "Анна Александрова", True),
        ("Катерна Петрова", "Петрова Катерина", True),
        ("Семен", "Семён", False),
        ("Анна", "Алла", False),
        ("Ян", "Як", False),
        ("Shmith", "John Smith", True),
        ("Smythe", "John Smith", False),
        ("invioce", "Invoice 1043", True),
        ("invioce 1044", "Invoice 1043", True),
        ("invoice 1044", "Invoice 1043", False),
        ("1044", "Order L-1043 is on its way", False),
        ("", "Anna", False),
        ("Petrov Semyonov", "Petrow", False),
    ],
)
def test_a_slip_of_the_pen(typed: str, name: str, near: bool) -> None:
    assert slipped(typed, name) is near


WORDS = st.text("абвг", max_size=8)


@given(WORDS, WORDS)
def test_slips_are_counted_alike_both_ways(one: str, other: str) -> None:
    assert slips(one, other) == slips(other, one)
    assert (slips(one, other) == 0) == (one == other)


@given(st.text(max_size=60))
def test_anything_may_be_typed(typed: str) -> None:
    phone_part(typed)
    address_parts(typed.encode(errors="ignore").decode())
    slipped(typed, typed[::-1])
    assert all(order_numbers(typed))


@pytest.mark.parametrize(
    ("typed", "numbers"),
    [
        ("A-10234", ("A-10234",)),
        ("№ 10234", ("10234",)),
        ("#10234", ("10234",)),
        ("заказ №10234, где он?", ("заказ №10234, где он?", "10234")),
        ("заказ", ("заказ",)),
    ],
)
def test_an_orders_number_among_words(typed: str, numbers: tuple[str, ...]) -> None:
    assert order_numbers(typed) == numbers
