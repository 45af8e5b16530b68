"""One-time codes: whoever sends one back, from wherever, is the customer it was made for.

A code has 50 bits of chance, holds for minutes, once, for one channel. Wrong ones are counted per
contact point and inbox; past the bound none is looked at, so that even a thousand tries an hour
against ten thousand open codes hit one with a chance below 1e-7.
"""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from hub.crypto import token_hash
from hub.customers.roots import lock_roots
from hub.db.engine import WriteSession
from hub.db.rows import Query
from hub.errors import Invalid
from hub.ids import new_id

LASTS = timedelta(minutes=30)
LONGEST = timedelta(days=7)
PURPOSES = frozenset({"continue", "verify"})
"""`continue`: the customer goes on talking there. `verify`: it only shows whose address it is."""

_WINDOW = timedelta(hours=1)
POINT_TRIES = 5
INBOX_TRIES = 1000
"""Wrong codes within an hour, from one contact point and into one inbox."""

# Crockford's base 32: no I, L, O or U, which are read as 1, 1, 0 and V.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ_AS = str.maketrans("ILOU", "110V")
_FIRST_WORDS = 2_000
"""Characters of a message that are looked through."""
_MOST = 3
_PATTERN = re.compile(
    # The first two also in Cyrillic, which a telephone makes of them. What may not stand before is
    # looked at last: for a first letter the whole text is searched at once.
    r"[BbВв](?<![0-9A-Za-z].)[KkКк][ \u2010-\u2015-]?"
    r"([0-9A-Za-z]{5})[ \u2010-\u2015-]?([0-9A-Za-z]{5})(?![0-9A-Za-z])"
)


@dataclass(frozen=True, slots=True)
class Issued:
    """`code` is shown this once; `link` leads straight to the inbox, where that has an address."""

    id: UUID
    code: str
    link: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Wish:
    """For which channel (and inbox, when there are several), what for, how long."""

    channel: str
    inbox_id: UUID | None = None
    purpose: str = "continue"
    lasts: timedelta = LASTS


class Valid(NamedTuple):
    """A code that was found in a message and holds."""

    id: UUID
    customer_id: UUID
    purpose: str


def new_code() -> str:
    """`BK-7QXMK-2RD4Z`: as good in a link as over the telephone."""
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(10))
    return f"BK-{letters[:5]}-{letters[5:]}"


def found_in(text: str) -> list[str]:
    """The codes a message may hold, as they were issued, however they were typed."""
    found = _PATTERN.findall(text[:_FIRST_WORDS])
    codes = [f"BK-{_read(one)}-{_read(two)}" for one, two in found]
    return list(dict.fromkeys(codes))[:_MOST]


def _read(part: str) -> str:
    return part.upper().translate(_READ_AS)


_INBOXES = Query("""
    SELECT i.id, s.value->>'template' AS template FROM inboxes AS i
    LEFT JOIN channel_state AS s ON s.inbox_id = i.id AND s.key = 'entry'
    WHERE i.channel = :channel AND i.enabled
      AND (CAST(:inbox AS uuid) IS NULL OR i.id = CAST(:inbox AS uuid))
    ORDER BY s.value IS NULL, i.id LIMIT 1
""")

_ISSUE = Query("""
    INSERT INTO link_codes (id, code_hash, customer_id, channel, inbox_id, purpose, by_kind,
                            by_id, created_at, expires_at)
    VALUES (:id, :hash, :customer, :channel, CAST(:inbox AS uuid), :purpose, :by_kind,
            CAST(:by_id AS uuid), :now, :expires)
""")

_VALID = Query("""
    SELECT id, customer_id, purpose FROM link_codes
    WHERE code_hash = ANY (CAST(:hashes AS bytea[])) AND channel = :channel
      AND (inbox_id IS NULL OR inbox_id = :inbox) AND used_at IS NULL AND expires_at > :now
    ORDER BY id
""")

# Who comes second waits for the first, and finds it used.
_USE = Query("""
    UPDATE link_codes SET used_at = :now, used_by = :point
    WHERE id = :id AND used_at IS NULL AND expires_at > :now RETURNING id
""")

_LINKED = Query("UPDATE link_codes SET edge_id = :edge WHERE id = :id")

_COUNTS = Query("""
    SELECT key, count FROM link_code_tries
    WHERE key = ANY (CAST(:keys AS text[])) AND since > :since
""")

_COUNT = Query("""
    INSERT INTO link_code_tries AS t (key, count, since)
    SELECT key, 1, :now FROM unnest(CAST(:keys AS text[])) AS k(key) ORDER BY key
    ON CONFLICT (key) DO UPDATE
    SET count = CASE WHEN t.since > :window THEN t.count + 1 ELSE 1 END,
        since = CASE WHEN t.since > :window THEN t.since ELSE excluded.since END
""")

_SWEEP = (
    Query("DELETE FROM link_code_tries WHERE since <= :window"),
    Query("DELETE FROM link_codes WHERE expires_at <= :old AND edge_id IS NULL"),
)


async def issue(
    session: WriteSession,
    customer_id: UUID,
    wish: Wish,
    *,
    by: tuple[str, UUID | None],
    now: datetime,
) -> Issued:
    """A fresh code for the customer. Raises NotFound, Invalid for what no inbox can take."""
    if wish.purpose not in PURPOSES:
        wanted = ", ".join(sorted(PURPOSES))
        raise Invalid("A link code has no such purpose.", fields={"purpose": f"One of {wanted}."})
    if not timedelta() < wish.lasts <= LONGEST:
        raise Invalid("A link code holds for a week at most.", fields={"minutes": "Too long."})
    root = (await lock_roots(session, [customer_id]))[customer_id]
    inboxes = await _INBOXES.rows(session, {"channel": wish.channel, "inbox": wish.inbox_id})
    if not inboxes:
        raise Invalid(
            f"There is no inbox of the channel {wish.channel} to write to.",
            fields={"channel": "No inbox."},
        )
    code, template = new_code(), inboxes[0]["template"] or ""
    issued = Issued(new_id(), code, template.replace("{code}", code), now + wish.lasts)
    await _ISSUE.rows(
        session,
        {
            "id": issued.id,
            "hash": token_hash(code),
            "customer": root,
            "channel": wish.channel,
            "inbox": wish.inbox_id,
            "purpose": wish.purpose,
            "by_kind": by[0],
            "by_id": by[1],
            "now": now,
            "expires": issued.expires_at,
        },
    )
    return issued


async def valid(
    session: WriteSession,
    codes: Sequence[str],
    inbox: tuple[UUID, str],
    contact_point_id: UUID,
    now: datetime,
) -> Valid | None:
    """The code that holds here, of (inbox, channel); a wrong one is counted, too many end it."""
    keys = [f"point:{contact_point_id}", f"inbox:{inbox[0]}"]
    since = now - _WINDOW
    counts = {
        row[0]: row[1] for row in await _COUNTS.rows(session, {"keys": keys, "since": since})
    }
    if counts.get(keys[0], 0) >= POINT_TRIES or counts.get(keys[1], 0) >= INBOX_TRIES:
        return None
    hashes = [token_hash(code) for code in codes]
    place = {"hashes": hashes, "channel": inbox[1], "inbox": inbox[0], "now": now}
    rows = await _VALID.rows(session, place)
    if rows:
        return Valid(*rows[0])
    await _COUNT.rows(session, {"keys": keys, "now": now, "window": since})
    return None


async def use(session: WriteSession, code_id: UUID, contact_point_id: UUID, now: datetime) -> bool:
    """Spend the code; False when somebody else has just done so."""
    values = {"id": code_id, "point": contact_point_id, "now": now}
    return bool(await _USE.rows(session, values))


async def linked(session: WriteSession, code_id: UUID, edge_id: UUID) -> None:
    """The code that was spent has made this merge."""
    await _LINKED.rows(session, {"id": code_id, "edge": edge_id})


async def sweep(session: WriteSession, now: datetime) -> None:
    """Forget old tries, and codes that linked nothing."""
    for statement in _SWEEP:
        await statement.rows(session, {"window": now - _WINDOW, "old": now - timedelta(days=30)})
