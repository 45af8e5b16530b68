"""Which JWTs prove something: one table, and nothing that is not in it."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given, strategies
from pydantic import SecretStr

from channels.webchat.identity import NotProven, Person, locale_or_nothing, verify
from hub.customers.addresses import normalise

SECRET = SecretStr("a-signing-secret-of-more-than-32-characters")
INBOX = UUID("01970000-0000-7000-8000-000000000001")
OTHER_INBOX = UUID("01970000-0000-7000-8000-000000000002")
NOW = datetime(2026, 5, 3, 9, 14, tzinfo=UTC)
T = int(NOW.timestamp())
GOOD = {"sub": "ann", "aud": str(INBOX), "exp": T + 300}


def encoded(part: object) -> str:
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def token(
    claims: object, *, header: object = None, secret: str = SECRET.get_secret_value()
) -> str:
    """A JWT made by hand, so that it may be as wrong as it likes; the MAC fits `alg`."""
    header = {"alg": "HS256", "typ": "JWT"} if header is None else header
    signed = f"{encoded(header)}.{encoded(claims)}"
    alg = header.get("alg") if isinstance(header, dict) else None
    digest = {"HS384": hashlib.sha384, "HS512": hashlib.sha512}.get(str(alg), hashlib.sha256)
    mac = hmac.digest(secret.encode(), signed.encode(), digest)
    return f"{signed}.{encoded(mac)}"


def without_signature(claims: object, alg: str) -> str:
    return f"{encoded({'alg': alg})}.{encoded(claims)}."


@pytest.mark.parametrize(
    "claims",
    [
        GOOD,
        GOOD | {"aud": [str(OTHER_INBOX), str(INBOX)]},
        GOOD | {"exp": T - 59},
        GOOD | {"exp": T + 31 * 86400},
        GOOD | {"exp": T + 0.5},
        GOOD | {"iat": T + 59, "nbf": T + 59},
    ],
)
def test_a_good_token_proves_its_subject(claims: dict[str, object]):
    assert verify(token(claims), SECRET, INBOX, NOW) == Person("ann")


def test_optional_claims_are_taken_over_cleaned():
    claims = GOOD | {"name": " Ann\n Lee\x00", "email": "ann@shop.example", "locale": "pt-BR"}
    person = verify(token(claims), SECRET, INBOX, NOW)
    assert person == Person("ann", "Ann Lee", "ann@shop.example", "pt-BR")
    odd = GOOD | {"name": 5, "email": ["a"], "locale": "<b>"}
    assert verify(token(odd), SECRET, INBOX, NOW) == Person("ann")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (without_signature(GOOD, "none"), "HS256"),
        (without_signature(GOOD, "None"), "HS256"),
        (without_signature(GOOD, "HS256"), "HS256"),
        (token(GOOD, header={"alg": "none"}), "HS256"),
        (token(GOOD, header={"alg": "HS512"}), "HS256"),
        (token(GOOD, header={"alg": "HS384"}), "HS256"),
        (token(GOOD, header={"alg": "RS256"}), "HS256"),
        (token(GOOD, header={"typ": "JWT"}), "HS256"),
        (token(GOOD, header={"alg": "HS256", "crit": ["x"], "x": 1}), "HS256"),
        (token(GOOD, header=[]), "HS256"),
        (token(GOOD, header=b"\xff"), "HS256"),
        (token(GOOD, secret="another secret of more than 32 characters"), "HS256"),
        (token(GOOD, secret=""), "HS256"),
        (token(GOOD)[:-2], "HS256"),
        (token(["ann"]), "HS256"),
        (token(b"{"), "HS256"),
        (token(b"[" * 5000), "HS256"),
        ("", "HS256"),
        ("a.b.c", "HS256"),
        ("é.é.é", "HS256"),
        ("\ud800", "HS256"),
        (token(GOOD | {"name": "x" * 9000}), "too long"),
        (token(GOOD | {"aud": str(OTHER_INBOX)}), "aud"),
        (token(GOOD | {"aud": [str(OTHER_INBOX)]}), "aud"),
        (token(GOOD | {"aud": {str(INBOX): 1}}), "aud"),
        (token({"sub": "ann", "exp": T + 300}), "aud"),
        (token({"sub": "ann", "aud": str(INBOX)}), "exp"),
        (token(GOOD | {"exp": T - 60}), "expired"),
        (token(GOOD | {"exp": -1}), "expired"),
        (token(GOOD | {"exp": T + 32 * 86400}), "31 days"),
        (token(GOOD | {"exp": 10**400}), "31 days"),
        (token(GOOD | {"exp": float("nan")}), "expired"),
        (token(GOOD | {"exp": float("inf")}), "31 days"),
        (token(GOOD | {"exp": True}), "exp"),
        (token(GOOD | {"exp": str(T + 300)}), "exp"),
        (token(GOOD | {"nbf": T + 61}), "nbf"),
        (token(GOOD | {"iat": T + 61}), "iat"),
        (token(GOOD | {"iat": float("nan")}), "iat"),
        (token({"aud": str(INBOX), "exp": T + 300}), "sub"),
        (token(GOOD | {"sub": ""}), "sub"),
        (token(GOOD | {"sub": 7}), "sub"),
        (token(GOOD | {"sub": "ann "}), "sub"),
        (token(GOOD | {"sub": "\u00a0ann"}), "sub"),
        # An address would make one of these and of "ann b", "josé" in one letter, "क़" in two.
        (token(GOOD | {"sub": "ann  b"}), "sub"),
        (token(GOOD | {"sub": "jose\u0301"}), "sub"),
        (token(GOOD | {"sub": "\u0958" * 200}), "sub"),
        (token(GOOD | {"sub": "an\x00n"}), "sub"),
        (token(GOOD | {"sub": "a\ud800"}), "sub"),
        (token(GOOD | {"sub": "x" * 201}), "sub"),
    ],
)
def test_every_other_token_proves_nothing(text: str, why: str):
    with pytest.raises(NotProven, match=why):
        verify(text, SECRET, INBOX, NOW)


def test_without_a_secret_no_token_proves_anything():
    with pytest.raises(NotProven, match="no signing secret"):
        verify(token(GOOD, secret=""), SecretStr(""), INBOX, NOW)


@pytest.mark.parametrize("tag", ["bg", "ru-RU", "pt_BR", "zh-Hant-TW"])
def test_language_tags_are_recognised(tag: str):
    assert locale_or_nothing(tag) == tag


@pytest.mark.parametrize("tag", ["", "x", "bg\n", "<b>", "b" * 40, None, 5, "en-" + "a" * 9])
def test_what_is_no_language_tag_is_nothing(tag: object):
    assert locale_or_nothing(tag) == ""


@given(
    strategies.text(
        strategies.sampled_from("ab \u0301\u00e9\u0958\u1e9b\u0323\u200b"), max_size=12
    )
)
def test_two_subjects_never_meet_in_one_address(sub: str):
    try:
        person = verify(token(GOOD | {"sub": sub}), SECRET, INBOX, NOW)
    except NotProven:
        return
    address = f"{INBOX}/u/{person.sub}"
    assert normalise("webchat", address) == address
