"""A keyring with a new key opens what earlier ones closed, and closes nothing with them."""

import stat

import pytest

from hub.crypto import Keyring, add_secret, load_keyring
from hub.errors import HubError
from hub.inboxes.settings import renewed

OLD, NEW = "the old secret", "the new secret"


def test_what_earlier_keys_encrypted_can_be_read_and_renewed():
    cipher = Keyring(OLD).encrypt("pa55word")
    both = Keyring(NEW, OLD)
    assert both.decrypt(cipher) == "pa55word"
    fresh = both.renewed(cipher)
    assert fresh is not None
    assert Keyring(NEW).decrypt(fresh) == "pa55word"
    assert both.renewed(fresh) is None
    with pytest.raises(HubError):
        Keyring(OLD).decrypt(fresh)


def test_what_nobody_has_a_key_for_is_refused():
    cipher = Keyring("a third").encrypt("pa55word")
    with pytest.raises(HubError):
        Keyring(NEW, OLD).renewed(cipher)


def test_earlier_signatures_hold_and_new_ones_are_by_the_new_key():
    both = Keyring(NEW, OLD)
    assert both.verify("link", "42", Keyring(OLD).sign("link", "42"))
    assert both.sign("link", "42") == Keyring(NEW).sign("link", "42")
    assert not Keyring(NEW).verify("link", "42", Keyring(OLD).sign("link", "42"))
    assert not both.verify("other", "42", Keyring(OLD).sign("link", "42"))


def test_a_new_key_in_the_file_stands_above_the_earlier_ones(tmp_path):
    cipher = load_keyring("", tmp_path).encrypt("pa55word")
    add_secret(tmp_path)
    key = tmp_path / "secret_key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert len(key.read_text().split()) == 2
    both = load_keyring("", tmp_path)
    assert both.decrypt(cipher) == "pa55word"
    assert both.renewed(cipher) is not None
    assert sorted(one.name for one in tmp_path.iterdir()) == ["secret_key"]


def test_earlier_keys_of_the_environment(tmp_path):
    cipher = Keyring(OLD).encrypt("pa55word")
    assert load_keyring(NEW, tmp_path, old=f"another, {OLD}").decrypt(cipher) == "pa55word"
    assert list(tmp_path.iterdir()) == []


def test_every_secret_among_settings_is_renewed():
    old, both = Keyring(OLD), Keyring(NEW, OLD)
    secret = {"$secret": old.encrypt("deep")}
    stored = {"host": "mail.example", "inner": {"list": [secret]}, "empty": {"$secret": ""}}
    fresh = renewed(stored, both)
    assert Keyring(NEW).decrypt(fresh["inner"]["list"][0]["$secret"]) == "deep"
    assert (fresh["host"], fresh["empty"]) == ("mail.example", {"$secret": ""})
    assert renewed(fresh, both) == fresh
