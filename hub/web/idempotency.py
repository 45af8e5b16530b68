"""A POST with an Idempotency-Key happens once: its answer is kept for a day and given again.

The answer is stored in the transaction of the work itself, so a crash leaves both or neither. A
repeat that comes while the first is still at work is told so.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson
from sqlalchemy import text

from hub.crypto import Keyring
from hub.db.engine import AnySession, WriteSession
from hub.errors import Conflict, Invalid

KEPT = timedelta(hours=24)
HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
_KEY = re.compile(r"[\x21-\x7e]{1,200}")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call was answered: a status and the JSON text of the body."""

    status: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Once:
    """One keyed call. `secret`: its answer is stored encrypted."""

    caller: str
    key: str
    secret: bool
    keyring: Keyring


def key_of(header: str | None) -> str | None:
    """The key as sent; raises Invalid naming the header."""
    if header is None:
        return None
    if not _KEY.fullmatch(header):
        fault = "Use 1 to 200 visible ASCII characters, such as a UUID."
        raise Invalid("The Idempotency-Key cannot be used.", fields={HEADER: fault})
    return header


def fingerprint(method: str, path: str, body: bytes) -> bytes:
    """Tells two calls apart: what was asked, of what, with which body."""
    head = f"{method} {path}\n".encode("utf-8", "surrogatepass")
    return hashlib.sha256(head + hashlib.sha256(body).digest()).digest()


_TRY_LOCK = text("SELECT pg_try_advisory_xact_lock(hashtextextended(:caller || ' ' || :key, 0))")
_FIND = text("""
    SELECT fingerprint, status, body FROM idempotent_calls
    WHERE caller = :caller AND key = :key AND created_at > :since
""")
_KEEP = text("""
    INSERT INTO idempotent_calls (caller, key, fingerprint, status, body, created_at, finished)
    VALUES (:caller, :key, :fingerprint, :status, CAST(:body AS jsonb), :now, true)
    ON CONFLICT (caller, key) DO UPDATE
       SET fingerprint = excluded.fingerprint, status = excluded.status, body = excluded.body,
           created_at = excluded.created_at
""")
_SWEEP = text("DELETE FROM idempotent_calls WHERE created_at <= :before")


async def take(session: WriteSession, once: Once) -> None:
    """Hold the key until the transaction ends; raises Conflict when somebody else does."""
    connection = await session.connection()
    if not await connection.scalar(_TRY_LOCK, {"caller": once.caller, "key": once.key}):
        raise Conflict(
            "A call with this Idempotency-Key is being worked on.",
            remedy="Wait as long as Retry-After says, then ask again.",
            code="in-progress",
        )


async def answered(session: AnySession, once: Once, print_: bytes, now: datetime) -> Answer | None:
    """What the first call was answered; raises Invalid when that was another call."""
    rows = await (await session.connection()).execute(
        _FIND, {"caller": once.caller, "key": once.key, "since": now - KEPT}
    )
    row = rows.first()
    if row is None:
        return None
    if row.fingerprint != print_:
        raise Invalid(
            "This Idempotency-Key was used for another call.",
            remedy="Use a new key for every new call.",
            fields={HEADER: "Used before, with another body."},
            code="idempotency-key-reused",
        )
    stored: str = row.body["text"]
    plain = once.keyring.decrypt(stored) if row.body["sealed"] else stored
    return Answer(row.status, plain.encode())


async def keep(
    session: WriteSession, once: Once, print_: bytes, answer: Answer, now: datetime
) -> None:
    """Store the answer, to be given again."""
    plain = answer.body.decode()
    body = {"sealed": once.secret, "text": once.keyring.encrypt(plain) if once.secret else plain}
    await (await session.connection()).execute(
        _KEEP,
        {
            "caller": once.caller,
            "key": once.key,
            "fingerprint": print_,
            "status": answer.status,
            "body": orjson.dumps(body).decode(),
            "now": now,
        },
    )


async def sweep(session: WriteSession, now: datetime) -> None:
    """Forget answers that are a day old."""
    await (await session.connection()).execute(_SWEEP, {"before": now - KEPT})
