"""When signing in has to wait: guessing slows down, and nobody is locked out of their own browser.

Every try is counted *before* the password is looked at, so that guesses sent all at once do not
overtake the counter; a right password takes its count back. Four kinds of keys are counted:

    account:<hash>   tries at one account from browsers it has never been signed in with
    device:<nonce>   tries from a browser that has been: a stranger's guesses do not lock it
    address:<net>    tries at any account from one address (IPv6: one /64)
    factor:<name>    codes tried, by whoever knows the password: of an operator or a known browser

The account is hashed because people type passwords into the wrong field.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from sqlalchemy import text

from hub.db.engine import WriteSession
from hub.errors import TooMany

FORGOTTEN_AFTER = timedelta(hours=24)
_FIRST, _LONGEST = timedelta(seconds=30), timedelta(minutes=15)
_FREE_TRIES = {"account": 5, "device": 5, "address": 30, "factor": 5}


@dataclass(frozen=True, slots=True)
class Count:
    count: int
    last_at: datetime
    locked_until: datetime | None


def account_key(email: str) -> str:
    return f"account:{hashlib.sha256(email.strip().lower().encode()).hexdigest()[:32]}"


def device_key(nonce: str) -> str:
    return f"device:{nonce}"


def address_key(address: str) -> str:
    try:
        parsed = ip_address(address)
    except ValueError:
        return "address:unknown"
    if isinstance(parsed, IPv6Address):
        return f"address:{ip_network(f'{parsed}/64', strict=False)}"
    return f"address:{parsed}"


def factor_key(name: object) -> str:
    return f"factor:{name}"


def pause(key: str, count: int) -> timedelta:
    """How long nothing may be tried after `count` failures: 30 s, doubling, at most 15 min."""
    over = count - _FREE_TRIES[key.partition(":")[0]]
    return timedelta() if over < 0 else min(_LONGEST, _FIRST * 2 ** min(over, 10))


def after_try(key: str, before: Count | None, now: datetime) -> Count:
    """The count once another try has begun; raises TooMany while the key is locked."""
    if before is None or before.last_at + FORGOTTEN_AFTER <= now:
        count = 1
    elif before.locked_until is not None and before.locked_until > now:
        wait = (before.locked_until - now).total_seconds()
        raise TooMany(
            "Too many wrong tries.",
            retry_after=wait,
            remedy="Wait, then try again; an administrator can help you in.",
        )
    else:
        count = before.count + 1
    wait_after = pause(key, count)
    return Count(count, now, now + wait_after if wait_after else None)


_LOCK = text("""
    SELECT key, count, last_at, locked_until FROM sign_in_failures
    WHERE key = ANY (CAST(:keys AS text[])) ORDER BY key FOR UPDATE
""")
_PLACE = text("""
    INSERT INTO sign_in_failures (key, count, last_at)
    SELECT key, 0, CAST(:now AS timestamptz) FROM unnest(CAST(:keys AS text[])) AS k(key)
    ORDER BY key ON CONFLICT DO NOTHING
""")
_WRITE = text("""
    UPDATE sign_in_failures SET count = :count, last_at = :last_at, locked_until = :locked_until
    WHERE key = :key
""")
# Only the lock this very try has set: a wrong guess sent beside a right one keeps its own.
_TAKE_BACK = text("""
    UPDATE sign_in_failures
    SET count = greatest(count - 1, 0), locked_until = nullif(locked_until, :lock)
    WHERE key = :key
""")
_FORGET = text("DELETE FROM sign_in_failures WHERE key = ANY (CAST(:keys AS text[]))")
_SWEEP = text("DELETE FROM sign_in_failures WHERE last_at <= :before")


async def begin_try(
    session: WriteSession, keys: Sequence[str], now: datetime
) -> dict[str, datetime | None]:
    """Count a try under every key; raises TooMany, and counts nothing, when one is locked.

    Returns until when each key is locked now; hand it to `succeeded`.
    """
    connection = await session.connection()
    wanted = {"keys": sorted(keys), "now": now}
    await connection.execute(_PLACE, wanted)
    rows = (await connection.execute(_LOCK, wanted)).mappings().all()
    locks: dict[str, datetime | None] = {}
    for row in rows:
        before = Count(row["count"], row["last_at"], row["locked_until"])
        after = after_try(row["key"], before, now)
        locks[row["key"]] = after.locked_until
        await connection.execute(
            _WRITE,
            {
                "key": row["key"],
                "count": after.count,
                "last_at": after.last_at,
                "locked_until": after.locked_until,
            },
        )
    return locks


async def succeeded(session: WriteSession, locks: Mapping[str, datetime | None]) -> None:
    """It was right: the account or device starts afresh, the address gets its try back.

    The address is not forgiven its other failures: an account is no licence to guess at others.
    """
    connection = await session.connection()
    own = [key for key in locks if not key.startswith("address:")]
    await connection.execute(_FORGET, {"keys": own})
    for key, lock in locks.items():
        if key not in own:
            await connection.execute(_TAKE_BACK, {"key": key, "lock": lock})


async def sweep(session: WriteSession, now: datetime) -> None:
    """Remove what no longer counts."""
    await (await session.connection()).execute(_SWEEP, {"before": now - FORGOTTEN_AFTER})
