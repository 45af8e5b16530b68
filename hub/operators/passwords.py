"""How passwords are checked and kept: argon2id, in threads of its own, few at a time."""

import asyncio
import secrets
import unicodedata
from base64 import b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import ARGON2_VERSION

from hub.errors import Invalid, TooMany
from hub.operators.guessable import guessable

T = TypeVar("T")

SHORTEST, LONGEST = 12, 200
_THREADS = 2
_WAITING = 16
"""How many may wait for a thread: a check takes 64 MiB and a tenth of a second."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`rehash`: a new hash to store in place of one made with weaker parameters."""

    ok: bool
    rehash: str = ""


def acceptable(password: str, *, email: str = "", name: str = "") -> str:
    """The password in one Unicode spelling (NFKC); raises Invalid saying what is wrong with it.

    email, name: of whoever chooses it, and the first that others would try.
    """
    spelled = unicodedata.normalize("NFKC", password)
    if not SHORTEST <= len(spelled) <= LONGEST:
        fault = f"Use {SHORTEST} to {LONGEST} characters; a few unrelated words are easy to keep."
    elif guessable(spelled, (email, name)):
        fault = (
            "This one would be guessed soon: it is made of common words, keys in a row, or your "
            "own name. A few unrelated words are easy to keep."
        )
    else:
        return spelled
    raise Invalid("This password cannot be used.", fields={"password": fault})


def _hash_of_nothing(hasher: PasswordHasher) -> str:
    """What looks like the hash of a password, and is that of none; made without any work."""
    salt, digest = (
        b64encode(secrets.token_bytes(length)).rstrip(b"=").decode()
        for length in (hasher.salt_len, hasher.hash_len)
    )
    costs = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    return f"$argon2{hasher.type.name.lower()}$v={ARGON2_VERSION}${costs}${salt}${digest}"


class Passwords:
    """Hashes and verifies without stopping the event loop; refuses when too many wait."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="argon2")
        self._running = 0
        # What a password is compared with when the account does not exist: the same work.
        self._nobody = _hash_of_nothing(self._hasher)

    async def hash(self, password: str) -> str:
        """The hash to store of an `acceptable` password."""
        return await self._in_thread(self._hasher.hash, password)

    async def verify(self, stored: str, password: str) -> Verdict:
        """An empty `stored` (no account, or no password yet) costs the same and never fits."""
        spelled = unicodedata.normalize("NFKC", password)[: LONGEST + 1]
        return await self._in_thread(self._verify, stored, spelled)

    def _verify(self, stored: str, password: str) -> Verdict:
        try:
            self._hasher.verify(stored or self._nobody, password)
        except (VerificationError, InvalidHashError):
            return Verdict(ok=False)
        if not stored:
            return Verdict(ok=False)
        weak = self._hasher.check_needs_rehash(stored)
        return Verdict(ok=True, rehash=self._hasher.hash(password) if weak else "")

    async def _in_thread(self, work: Callable[..., T], *args: str) -> T:
        if self._running >= _THREADS + _WAITING:
            raise TooMany("Too many people are signing in at this moment.", retry_after=2)
        self._running += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work, *args)
        finally:
            self._running -= 1

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
