"""Whatever a provider, or who pretends to be one, sends: an answer or a refusal, never more."""

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey

from hub.crypto import Keyring
from hub.errors import Invalid, Unauthenticated
from hub.oidc import claims, journey, provider
from hub.oidc import settings as oidc
from hub.oidc.settings import OidcSettings

NOW = datetime(2026, 5, 3, 9, tzinfo=UTC)
SETTINGS = OidcSettings("https://accounts.example.com", "besedka")
KEYRING = Keyring("a secret")
RSA = RSAKey.generate_key(2048, auto_kid=False)
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
FACTS = st.dictionaries(
    st.sampled_from(
        ["issuer", "authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint"]
    ),
    JSON | st.sampled_from([SETTINGS.issuer, "https://a.example/x", "http://b.example", "//c"]),
)


@given(JSON | FACTS)
def test_any_document_of_a_provider(document: object):
    try:
        found = provider.of(document, SETTINGS.issuer)
    except Unauthenticated:
        return
    assert all(oidc.is_safe(one) for one in (found.authorization, found.token, found.keys))


@given(JSON | st.fixed_dictionaries({"keys": st.lists(JSON)}))
def test_any_key_set(document: object):
    with pytest.raises(Unauthenticated):
        claims.key_set(document)


def test_only_keys_that_sign_and_that_we_could_not_have_ourselves():
    shared = OctKey.import_key("x" * 40).as_dict(private=True)
    sealing = {**RSA.as_dict(private=False), "use": "enc"}
    with pytest.raises(Unauthenticated):
        claims.key_set({"keys": [shared, sealing]})
    curve = ECKey.generate_key("P-256", auto_kid=False).as_dict(private=False)
    assert len(claims.key_set({"keys": [shared, sealing, curve]}).keys) == 1


@given(st.text() | st.from_regex(r"[\w-]*\.[\w-]*\.[\w-]*", fullmatch=True))
def test_any_token(token: str):
    with pytest.raises(Unauthenticated):
        claims.verified(token, KeySet([RSA]), SETTINGS, nonce="n", now=NOW)


@given(st.dictionaries(st.sampled_from(["email", "email_verified", "name", "sub"]), JSON))
def test_any_userinfo(about: dict[str, object]):
    said = {"iss": SETTINGS.issuer, "sub": "me"}
    try:
        found = claims.who(said, about)
    except Unauthenticated:
        assert about["sub"] != "me" if "sub" in about else about
        return
    assert not found.email or about["email_verified"] in (True, "true")


@given(st.text())
def test_any_cookie(sealed: str):
    with pytest.raises(Unauthenticated):
        journey.unseal(KEYRING, sealed, NOW)


@pytest.mark.parametrize("inside", ["null", "[]", "{}", '{"issuer": 1}', "x"])
def test_what_we_encrypted_for_something_else_is_no_journey(inside: str):
    with pytest.raises(Unauthenticated):
        journey.unseal(KEYRING, KEYRING.encrypt(inside), NOW)


def test_a_journey_carries_its_challenge_and_not_its_verifier():
    trip = journey.begin(SETTINGS.issuer, NOW)
    url = journey.address(trip, "https://a.example/go?x=1", client_id="c", back="https://h/b")
    asked = parse_qs(urlsplit(url).query)
    assert (asked["x"], asked["state"], asked["nonce"]) == (["1"], [trip.state], [trip.nonce])
    assert trip.verifier not in url
    assert journey.unseal(KEYRING, trip.seal(KEYRING), NOW) == trip


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://accounts.example.com", True),
        ("http://127.0.0.1:9", True),
        ("http://[::1]/x", True),
        ("http://accounts.example.com", False),
        ("https://a:b@accounts.example.com", False),
        ("https://", False),
        ("https://[", False),
        ("https://h:x", False),
        ("ftp://localhost", False),
        ("//localhost", False),
        ("https://h/#x", False),
    ],
)
def test_only_safe_addresses(url: str, safe: bool):
    assert oidc.is_safe(url) == safe


@pytest.mark.parametrize(
    ("email", "comes_in"),
    [("a@Example.com", True), ("a@evil-example.com", False), ("a@example.com@x.y", False)],
)
def test_domains_are_whole(email: str, comes_in: bool):
    named = OidcSettings("i", "c", domains=tuple(oidc.tidy_domains([" @EXAMPLE.com ", ""])))
    assert named.lets_in(email) == comes_in


KEPT = {"issuer": "https://a.example", "client_id": "c", "secret": "s", "vouches": True}


@pytest.mark.parametrize(
    ("given", "secret", "vouches"),
    [
        ({"label": "x"}, "s", True),
        ({"issuer": "https://a.example"}, "s", True),
        ({"issuer": "https://b.example"}, "", False),
        ({"issuer": "https://b.example", "secret": "new"}, "new", False),
        ({"issuer": "https://b.example", "vouches": True}, "", True),
        ({"issuer": ""}, "", False),
    ],
)
def test_another_provider_inherits_neither_secret_nor_trust(given, secret, vouches):
    after = oidc.patched(KEPT, given)
    assert (after["secret"], after["vouches"]) == (secret, vouches)
    believed = {"issuer"} if after["issuer"] != KEPT["issuer"] else set()
    believed |= set() if vouches else {"vouches"}
    assert oidc.differing(KEPT, after) == believed


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"newcomers": "reader"}, "domains"),
        ({"newcomers": "reader", "domains": []}, "domains"),
        ({"client_id": ""}, "client_id"),
        ({"client_id": None}, "client_id"),
    ],
)
def test_a_provider_needs_a_client_and_newcomers_need_domains(given, field):
    with pytest.raises(Invalid) as refused:
        oidc.patched(KEPT, given)
    assert list(refused.value.fields) == [field]
    assert oidc.patched(KEPT, {**given, "issuer": "", "domains": None})
