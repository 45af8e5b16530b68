"""Names in mail that outsiders cannot forge: what we write we read back, all else is nobody's."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.email.domains import ascii_address
from channels.email.tokens import Tokens
from hub.crypto import Keyring

ONE = UUID("01939c00-0000-7000-8000-000000000001")
ids = st.uuids()


def tokens(address: str = "support@example.com", inbox: str = "a") -> Tokens:
    keyring = Keyring("a secret of the installation")
    return Tokens(address, lambda purpose, text: keyring.sign(f"{inbox}:{purpose}", text))


@given(ids)
def test_what_is_written_is_read_back_whatever_case_it_comes_back_in(one: UUID) -> None:
    ours = tokens()
    message_id, reply = ours.message_id(one), ours.reply_address(one)
    for spelled in (message_id, message_id.upper(), message_id.strip("<>"), f" {message_id}\r\n"):
        assert ours.read_message_id(spelled) == one
    for spelled in (reply, reply.upper(), reply.replace("support", "renamed")):
        assert ours.read_reply_address(spelled) == one
    assert ours.read_thread_id(ours.thread_id(one).upper()) == one
    assert ours.read_thread_id(message_id) is None


@given(ids)
def test_a_message_id_is_the_same_each_time_and_fits_a_line(one: UUID) -> None:
    assert tokens().message_id(one) == tokens().message_id(one)
    assert len(tokens().message_id(one)) < 78


@given(ids, st.integers(0, 41), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_one_other_letter_and_it_is_nobodys(one: UUID, at: int, letter: str) -> None:
    ours = tokens()
    local, _, domain = ours.reply_address(one).partition("@")
    start = local.index("+") + 2
    changed = local[: start + at] + letter + local[start + at + 1 :]
    if changed != local:
        assert ours.read_reply_address(f"{changed}@{domain}") is None
        assert ours.read_message_id(f"<m{changed[start:]}@{domain}>") is None


def test_another_inbox_and_another_purpose_cannot_sign() -> None:
    ours, theirs = tokens(), tokens(inbox="b")
    assert ours.read_reply_address(theirs.reply_address(ONE)) is None
    assert ours.read_message_id(theirs.message_id(ONE)) is None
    token = ours.message_id(ONE).strip("<>").partition("@")[0][1:]
    assert ours.read_reply_address(f"support+r{token}@example.com") is None


@given(st.text(st.characters(codec=None), max_size=200) | st.from_regex(r"<m[a-z2-7]{42}@x>"))
def test_anything_at_all_is_read_without_an_error(value: str) -> None:
    assert tokens().read_message_id(value) is None
    assert tokens().read_reply_address(value) is None
    assert tokens().read_reply_address(f"support+r{value}@example.com") is None


def test_a_long_value_is_not_looked_at() -> None:
    assert tokens().read_reply_address("a" * 10_000_000 + tokens().reply_address(ONE)) is None


@pytest.mark.parametrize(
    ("address", "room"),
    [
        ("support@example.com", True),
        (f"{'a' * 20}@example.com", True),
        (f"{'a' * 21}@example.com", False),
        ("помощь@пример.рф", False),
    ],
)
def test_there_is_no_reply_address_where_a_server_might_refuse_it(
    address: str, room: bool
) -> None:
    reply = tokens(address).reply_address(ONE)
    assert bool(reply) is room
    assert len(reply.partition("@")[0]) <= 64


def test_domains_are_written_in_ascii() -> None:
    assert ascii_address("Иван@Пример.РФ") == "Иван@xn--e1afmkfd.xn--p1ai"
    assert ascii_address("a@Straße.de") == "a@xn--strae-oqa.de"
    assert tokens("support@пример.рф").message_id(ONE).endswith("@xn--e1afmkfd.xn--p1ai>")
