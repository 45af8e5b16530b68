"""Passwords: what is accepted, and the work it takes to check one."""

import asyncio

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import VerifyMismatchError
from typing_extensions import override

from hub.errors import Invalid, TooMany
from hub.operators import passwords
from hub.operators.passwords import Passwords, Verdict

WEAK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture
def hasher():
    made = Passwords(WEAK)
    yield made
    made.close()


@pytest.mark.parametrize(
    "password",
    ["", "eleven-char", "x" * 201, "aaaaaaaaaaaa", "Anna@example.com", "Petrova Anna 1"],
)
def test_what_would_be_guessed_is_refused_by_its_field(password):
    with pytest.raises(Invalid) as refused:
        passwords.acceptable(password, email="anna@example.com", name="Anna Petrova")
    assert "password" in refused.value.fields


async def test_one_password_in_two_spellings(hasher):
    stored = await hasher.hash(passwords.acceptable("утром café №1 там"))
    assert (await hasher.verify(stored, "утром cafe\u0301 №1 там")).ok
    assert not (await hasher.verify(stored, "утром cafe №1 там")).ok


@pytest.mark.parametrize("stored", ["", "rubbish", "$argon2id$v=19$rubbish"])
async def test_no_password_fits_where_none_is_stored(hasher, stored):
    for guess in ["", "nobody's password", "x"]:
        assert await hasher.verify(stored, guess) == Verdict(ok=False)


async def test_a_weaker_hash_is_made_anew(hasher):
    stored = PasswordHasher(time_cost=1, memory_cost=16, parallelism=1).hash("four words")
    verdict = await hasher.verify(stored, "four words")
    assert verdict.ok
    assert (await hasher.verify(verdict.rehash, "four words")) == Verdict(ok=True)


async def test_too_many_at_once_are_sent_away(hasher):
    tries = [hasher.verify("", "x") for _ in range(40)]
    ends = await asyncio.gather(*tries, return_exceptions=True)
    assert 0 < sum(isinstance(end, TooMany) for end in ends) < 40


async def test_an_unknown_account_costs_the_same_work():
    """Counted, not timed: the hash is computed also where there is nothing to compare with."""
    worked = []

    class Counting(PasswordHasher):
        @override
        def verify(self, hash, password):
            # Another error, as of what is no hash at all, would come before any work.
            with pytest.raises(VerifyMismatchError):
                super().verify(hash, password)
            worked.append(extract_parameters(hash))
            raise VerifyMismatchError

    costs = Counting(time_cost=2, memory_cost=64, parallelism=2)
    made = Passwords(costs)
    await made.verify("", "x")
    made.close()
    assert worked == [extract_parameters(costs.hash("x"))]
