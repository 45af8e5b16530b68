"""Codes of the app and recovery codes, against the table of RFC 6238 and by their edges."""

import base64
import re
from datetime import UTC, datetime
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.operators import totp

# RFC 6238, appendix B: the SHA-1 rows.
SECRET = base64.b32encode(b"12345678901234567890").decode()
TABLE = [
    (59, "94287082"),
    (1111111109, "07081804"),
    (1111111111, "14050471"),
    (1234567890, "89005924"),
    (2000000000, "69279037"),
    (20000000000, "65353130"),
]
NOW = datetime(2026, 5, 3, 9, 0, 10, tzinfo=UTC)
STEP = totp.step_of(NOW)


@pytest.mark.parametrize(("at", "code"), TABLE)
def test_the_table_of_the_rfc(at: int, code: str):
    assert totp.code_of(SECRET, at // 30, digits=8) == code
    assert totp.code_of(SECRET, at // 30) == code[2:]
    assert totp.step_of(datetime.fromtimestamp(at, UTC)) == at // 30


@pytest.mark.parametrize(
    ("drift", "holds"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)]
)
def test_a_code_holds_a_step_around_its_own(drift: int, holds: bool):
    code = totp.code_of(SECRET, STEP + drift)
    assert totp.step_told(SECRET, code, NOW, last=0) == (STEP + drift if holds else None)


def test_a_code_holds_once_and_none_before_it_afterwards():
    now, before = totp.code_of(SECRET, STEP), totp.code_of(SECRET, STEP - 1)
    assert totp.step_told(SECRET, now, NOW, last=STEP) is None
    assert totp.step_told(SECRET, before, NOW, last=STEP) is None
    assert totp.step_told(SECRET, totp.code_of(SECRET, STEP + 1), NOW, last=STEP) == STEP + 1


@given(code=st.text(max_size=12))
def test_nothing_else_holds(code: str):
    right = {totp.code_of(SECRET, STEP + drift) for drift in (-1, 0, 1)}
    assert (totp.step_told(SECRET, code, NOW, last=0) is not None) == (code in right)


def test_each_secret_and_code_is_another():
    assert len({totp.new_secret() for _ in range(50)}) == 50
    codes = totp.new_recovery_codes()
    assert len(set(codes)) == totp.RECOVERY_CODES
    assert all(re.fullmatch(r"([a-z2-7]{4}-){3}[a-z2-7]{4}", one) for one in codes)


@pytest.mark.parametrize(
    ("typed", "tidied", "of_app"),
    [
        ("123 456", "123456", True),
        (" 123-456\n", "123456", True),
        ("ABCD-efgh ijkl-mnop", "abcdefghijklmnop", False),
        ("12345", "12345", False),
        ("１２３４５６", "１２３４５６", False),
        ("", "", False),
    ],
)
def test_codes_are_read_as_people_type_them(typed: str, tidied: str, of_app: bool):
    assert totp.tidy(typed) == tidied
    assert totp.is_app_code(tidied) == of_app


def test_the_address_says_whose_it_is():
    found = urlsplit(totp.address(SECRET, account="ann+a&b=c@example.com", issuer="Be sedka"))
    assert (found.scheme, found.netloc) == ("otpauth", "totp")
    assert found.path == "/Be%20sedka:ann%2Ba%26b%3Dc@example.com"
    assert parse_qs(found.query) == {
        "secret": [SECRET],
        "issuer": ["Be sedka"],
        "digits": ["6"],
        "period": ["30"],
    }


def test_the_picture_is_drawn_here():
    drawn = totp.picture(totp.address(SECRET, account="a@example.com", issuer="Besedka"))
    assert drawn.startswith("data:image/svg+xml")
    assert re.findall(r"https?://[^\s\"']+", unquote(drawn)) == ["http://www.w3.org/2000/svg"]
