"""Two spellings of one address are one contact point, and no input breaks the reading."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.customers.addresses import normalise
from hub.customers.folding import fold
from hub.errors import Invalid


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("+7 912 345-67-89", "+79123456789"),
        ("8 (912) 345-67-89", "+79123456789"),
        ("89123456789", "+79123456789"),
        ("7 912 3456789", "+79123456789"),
        ("79123456789", "+79123456789"),
        ("+359 88 812 3456", "+359888123456"),
        ("00359888123456", "+359888123456"),
        ("447911123456", "+447911123456"),
        ("+1 (415) 555-2671 ext. 12", "+14155552671"),
        ("\N{FULLWIDTH PLUS SIGN}７９１２３４５６７８９", "+79123456789"),
        (" +7 912 345 67 89\t", "+79123456789"),
        ("+7\xa0912\u2009345\xa067\xa089", "+79123456789"),
    ],
)
def test_phone_spellings(raw: str, value: str) -> None:
    assert normalise("tel", raw) == value


@pytest.mark.parametrize(
    ("raw", "region", "value"),
    [
        ("0888 123 456", "BG", "+359888123456"),
        ("0888 123 456", "bg", "+359888123456"),
        ("(415) 555-2671", "US", "+14155552671"),
        ("8 912 345-67-89", "RU", "+79123456789"),
        ("+44 7911 123456", "RU", "+447911123456"),
        ("8 912 345-67-89", "US", "+79123456789"),
    ],
)
def test_a_region_reads_national_numbers(raw: str, region: str, value: str) -> None:
    assert normalise("tel", raw, region=region) == value


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("Anna@Example.COM", "anna@example.com"),
        (" anna@example.com. ", "anna@example.com"),
        ("иван@Почта.РФ", "иван@xn--80a1acny.xn--p1ai"),
        ("ivan@straße.de", "ivan@xn--strae-oqa.de"),
        ("o'neill+tag@mail.example", "o'neill+tag@mail.example"),
        ("anna@example。com", "anna@example.com"),
        ("й@example.com", "й@example.com"),
    ],
)
def test_email_spellings(raw: str, value: str) -> None:
    assert normalise("email", raw) == value


def test_domains_that_only_look_alike_stay_apart() -> None:
    assert normalise("email", "a@straße.de") != normalise("email", "a@strasse.de")


@pytest.mark.parametrize(
    ("scheme", "raw"),
    [
        ("tel", ""),
        ("tel", "hello"),
        ("tel", "+"),
        ("tel", "12"),
        ("tel", "9" * 40),
        ("email", "\u212aate@example.com"),
        ("email", "kate\u1fef@example.com"),
        ("email", "anna"),
        ("email", "@example.com"),
        ("email", "anna@"),
        ("email", "a b@example.com"),
        ("email", "anna@exa mple.com"),
        ("email", "anna@-example.com"),
        ("email", "anna@example..com"),
        ("email", "a@b@example.com"),
        ("email", "<anna@example.com>"),
        ("email", "a" * 250 + "@example.com"),
        ("email", "anna@" + "a" * 64 + ".com"),
        ("email", "anna@exam\u200bple.com"),
        ("telegram", "  "),
        ("telegram", "1" * 300),
        ("telegram", "1\x002"),
        ("webchat", "\ud800"),
        ("Telegram", "1"),
        ("", "1"),
    ],
)
def test_what_is_no_address_is_refused_with_a_reason(scheme: str, raw: str) -> None:
    with pytest.raises(Invalid) as refused:
        normalise(scheme, raw)
    assert refused.value.fields


SCHEMES = st.sampled_from(["tel", "email", "telegram", "webchat"])
REGIONS = st.sampled_from([None, "RU", "BG", "US", "xx", ""])


@given(SCHEMES, st.text() | st.from_regex(r"[+()\d .-]{1,25}"), REGIONS)
def test_any_text_is_an_address_or_invalid(scheme: str, raw: str, region: str | None) -> None:
    try:
        value = normalise(scheme, raw, region=region)
    except Invalid:
        return
    value.encode()
    assert value == value.strip() != ""
    assert "\x00" not in value
    assert normalise(scheme, value) == value


@given(st.emails())
def test_real_addresses_are_taken_whatever_their_case(address: str) -> None:
    assert normalise("email", address) == normalise("email", address.upper())


@pytest.mark.parametrize(
    ("name", "folded"),
    [("Семён  ПЁТРОВ", "семен петров"), ("Straße", "strasse"), (" Anna\tB ", "anna b"), ("", "")],
)
def test_names_fold(name: str, folded: str) -> None:
    assert fold(name) == folded
