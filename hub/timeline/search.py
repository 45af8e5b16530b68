"""What a search finds: messages by words, newest first, customers and orders by name or number.

Common words are found by walking back from the newest message, rare ones by the index, and no
search looks at more than a fixed number of messages. Matching parts of words is for names,
addresses and numbers only: over message bodies it would take seconds.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import asyncpg

from hub.customers.folding import fold
from hub.customers.naming import shown_locale, shown_name
from hub.db.rows import Query, Source
from hub.errors import Invalid
from hub.operators.access import Scope, Viewer
from hub.timeline.view import SHOWN, WITH_POINT, Key, to_json

MAX_LIMIT = 100
MAX_QUERY = 200
"""Characters."""
FEW = 10
"""Customers and orders shown beside the messages."""
_CANDIDATES = 500
"""Names that are compared; a fragment of three letters may be in a hundred thousand."""

GLANCE = 400
"""Newest messages looked at first, to tell common words from rare ones."""
COMMON = 2
"""Matches among those that make a word common: the walk goes on instead of asking the index."""
NEAR = 4_000
"""Newest messages walked then: a word in half a percent of all fills a page from them."""
FOUND = 20_000
"""Messages the index may name before they count as too many to sort."""
FAR = 100_000
"""Messages walked when there are too many; the cursor then leads on from there."""

_VISIBLE = "(inbox_id IS NULL OR inbox_id <> ALL (CAST(:hidden AS uuid[])))"
# The words as they stand, or with the last one only begun: see `begun`. A query of its own, so
# that it is worked out once and not for every message.
_TSQUERY = (
    "(SELECT websearch_to_tsquery('besedka', :q) || (websearch_to_tsquery('besedka', :head)"
    " && to_tsquery('besedka', :tail)))"
)
_FITS = """(NOT :filtered OR EXISTS (
    SELECT 1 FROM entries AS e
    WHERE e.stream_id = {of}.stream_id AND e.position = {of}.position
      AND (:channel = '' OR e.channel = :channel)
      AND (CAST(:since AS timestamptz) IS NULL OR e.sort_at >= :since)
      AND (CAST(:until AS timestamptz) IS NULL OR e.sort_at <= :until)))"""

# The inner limit is a fence: the newest rows are taken whatever the word, then filtered.
_WALK = Query(f"""
    WITH newest AS (
        SELECT stream_id, position, inbox_id, words FROM search_documents
        WHERE position < :below ORDER BY position DESC LIMIT :budget
    )
    SELECT stream_id, position FROM newest
    WHERE words @@ {_TSQUERY} AND {_VISIBLE} AND {_FITS.format(of="newest")}
    ORDER BY position DESC LIMIT :limit
""")  # noqa: S608 - constants
_REACH = Query("""
    SELECT position FROM search_documents
    WHERE position < :below ORDER BY position DESC OFFSET :budget - 1 LIMIT 1
""")
# `+ 0` keeps the index of positions out of it: on the first page it would name all there is.
_LOOK_UP = Query(f"""
    WITH found AS MATERIALIZED (
        SELECT stream_id, position FROM search_documents
        WHERE words @@ {_TSQUERY} AND position + 0 < :below AND {_VISIBLE} LIMIT :budget
    )
    SELECT one.stream_id, one.position, counted.total
    FROM (SELECT count(*) AS total FROM found) AS counted
    LEFT JOIN LATERAL (
        SELECT stream_id, position FROM found WHERE {_FITS.format(of="found")}
        ORDER BY position DESC LIMIT :limit
    ) AS one ON true
""")  # noqa: S608 - constants

_OPEN, _CLOSE = "\x02", "\x03"
_MESSAGES = Query(f"""
    SELECT {SHOWN}, customer.id AS customer_id, {shown_name("customer")} AS customer_name,
           ts_headline('besedka',
                       replace(replace(left(e.text, 20000), '{_OPEN}', ''), '{_CLOSE}', ''),
                       {_TSQUERY},
                       'StartSel={_OPEN}, StopSel={_CLOSE}, MaxFragments=2, MinWords=6, '
                       'MaxWords=20, FragmentDelimiter=" … "') AS headline
    FROM unnest(CAST(:streams AS uuid[]), CAST(:positions AS bigint[]))
         WITH ORDINALITY AS wanted(stream_id, position, ordinal)
    JOIN entries AS e USING (stream_id, position)
    JOIN streams ON streams.id = e.stream_id
    JOIN customers AS customer ON customer.id = streams.root_id
    {WITH_POINT}
    WHERE e.deleted_at IS NULL
    ORDER BY wanted.ordinal
""")  # noqa: S608 - constants

_CUSTOMERS = Query(f"""
    WITH candidates AS (
        (SELECT root_id, similarity(folded, :folded) AS likeness FROM customers
         WHERE folded LIKE :name LIMIT :candidates)
        UNION ALL
        (SELECT streams.root_id, 1 FROM contact_points AS point
         JOIN streams ON streams.contact_point_id = point.id
         WHERE point.value LIKE :address LIMIT :candidates)
    ), best AS (
        SELECT root_id, max(likeness) AS likeness FROM candidates GROUP BY root_id
        ORDER BY likeness DESC, root_id DESC LIMIT :limit
    )
    SELECT customers.id, {shown_name("customers")} AS name, {shown_locale("customers")} AS locale,
           ARRAY(SELECT point.scheme || ':' || point.value
                 FROM streams JOIN contact_points AS point ON point.id = streams.contact_point_id
                 WHERE streams.root_id = customers.id ORDER BY point.id LIMIT 5) AS addresses
    FROM best JOIN customers ON customers.id = best.root_id
    ORDER BY best.likeness DESC, customers.id DESC
""")  # noqa: S608 - constants
_ORDERS = Query("""
    WITH candidates AS (
        SELECT * FROM orders WHERE number ILIKE :number LIMIT :candidates
    )
    SELECT orders.id, orders.system, orders.external_id, orders.number, orders.status,
           customers.root_id AS customer_id
    FROM candidates AS orders JOIN customers ON customers.id = orders.customer_id
    ORDER BY similarity(orders.number, :q) DESC, orders.id DESC LIMIT :limit
""")


@dataclass(frozen=True, slots=True)
class Found:
    """customers: {"id", "name", "locale", "addresses", "matched"}; orders: {"id", "system",
    "external_id", "number", "status", "customer_id"}; messages: {"customer": {"id", "name"},
    "entry", "snippet": [{"text", "match"}]}. next: the cursor to older messages; None when there
    are none."""

    customers: list[dict[str, Any]] = field(default_factory=list)
    orders: list[dict[str, Any]] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    next: str | None = None


@dataclass(frozen=True, slots=True)
class Only:
    """What a search is narrowed to; empty: everything.

    kinds: any of `customers`, `messages`, `orders`. channel, since, until: of messages; whoever
    asks for them asks for no customers and orders.
    """

    kinds: frozenset[str] = frozenset()
    channel: str = ""
    since: datetime | None = None
    until: datetime | None = None

    @property
    def filtered(self) -> bool:
        return bool(self.channel or self.since or self.until)

    def allows(self, kind: str) -> bool:
        named = not self.kinds or kind in self.kinds
        return named and (kind == "messages" or not self.filtered)


EVERYTHING = Only()


@dataclass(frozen=True, slots=True)
class Wanted:
    """The words of a search, tidied, and how its last word may go on (`begun`)."""

    words: str
    head: str
    tail: str
    filtered: bool
    channel: str
    since: datetime | None
    until: datetime | None


_WORD = re.compile(r"[^\W_]{3,}")


def begun(q: str) -> tuple[str, str]:
    """The words before the last one, and the last one as the beginning of a word (`to_tsquery`).

    Both empty where the last word is finished (a blank follows), too short to mean anything, or
    part of a phrase or an exclusion.
    """
    words = q.split()
    last = words[-1] if words else ""
    if not _WORD.fullmatch(last) or q[-1:].isspace() or q.count('"') % 2 or last.lower() == "or":
        return "", ""
    return " ".join(words[:-1]), f"'{last}':*"


async def query(
    source: Source,
    viewer: Viewer,
    q: str,
    *,
    limit: int = 20,
    cursor: str | None = None,
    only: Only = EVERYTHING,
) -> Found:
    """What `viewer` may know of that fits `q`; customers and orders on the first page only."""
    words = _tidy(q)
    below = _position(cursor)
    if not words:
        return Found()
    first = cursor is None and viewer.may(Scope.CUSTOMERS_READ)
    customers = await _customers(source, words) if first and only.allows("customers") else []
    orders = await _orders(source, words) if first and only.allows("orders") else []
    if not (viewer.may(Scope.MESSAGES_READ) and only.allows("messages")):
        return Found(customers, orders)
    head, tail = begun(q)
    wanted = Wanted(
        words, _tidy(head), _tidy(tail), only.filtered, only.channel, only.since, only.until
    )
    keys, following = await _keys(source, viewer, wanted, below, min(max(limit, 1), MAX_LIMIT))
    messages = await _messages(source, wanted, keys)
    return Found(customers, orders, messages, None if following is None else str(following))


def _tidy(q: str) -> str:
    if len(q) > MAX_QUERY:
        raise Invalid(
            f"A search has at most {MAX_QUERY} characters.",
            fields={"q": f"longer than {MAX_QUERY} characters"},
        )
    # What a message cannot hold, a search cannot find; PostgreSQL refuses it.
    return " ".join("".join(c for c in q if c.isprintable() or c.isspace()).split())


def _position(cursor: str | None) -> int:
    if cursor is None:
        return 2**63 - 1
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= 18):
        raise Invalid(
            "This is not a cursor of a search.",
            remedy="Pass on `next` of an earlier page as it is, or leave it out.",
            fields={"cursor": "not a cursor"},
        )
    return int(cursor)


async def _keys(
    source: Source, viewer: Viewer, wanted: Wanted, below: int, limit: int
) -> tuple[list[Key], int | None]:
    """Where the newest matches below `below` are, and where the next page goes on."""
    # One more than is shown says whether there is more.
    parameters: dict[str, Any] = {
        **_terms(wanted),
        "filtered": wanted.filtered,
        "channel": wanted.channel,
        "since": wanted.since,
        "until": wanted.until,
        "below": below,
        "hidden": list(viewer.hidden_inboxes),
        "limit": limit + 1,
    }
    rows = await _WALK.rows(source, parameters | {"budget": GLANCE})
    if COMMON <= len(rows) <= limit:
        rows = await _WALK.rows(source, parameters | {"budget": NEAR})
    if len(rows) <= limit:
        found = await _LOOK_UP.rows(source, parameters | {"budget": FOUND})
        rows = [row for row in found if row["position"] is not None]
        if found[0]["total"] == FOUND:
            rows = await _WALK.rows(source, parameters | {"budget": FAR})
            if len(rows) <= limit:
                reach = await _REACH.rows(source, {"below": below, "budget": FAR})
                return _places(rows), reach[0]["position"] if reach else None
    keys = _places(rows[:limit])
    return keys, keys[-1][1] if len(rows) > limit else None


def _places(rows: Sequence[asyncpg.Record]) -> list[Key]:
    return [(row["stream_id"], row["position"]) for row in rows]


def _terms(wanted: Wanted) -> dict[str, str]:
    """The texts of `_TSQUERY`."""
    return {"q": wanted.words, "head": wanted.head, "tail": wanted.tail}


async def _messages(source: Source, wanted: Wanted, keys: Sequence[Key]) -> list[dict[str, Any]]:
    if not keys:
        return []
    rows = await _MESSAGES.rows(
        source,
        {
            **_terms(wanted),
            "streams": [stream for stream, _ in keys],
            "positions": [place for _, place in keys],
        },
    )
    return [
        {
            "customer": {"id": str(row["customer_id"]), "name": row["customer_name"]},
            "entry": to_json(row),
            "snippet": segments(row["headline"]),
        }
        for row in rows
    ]


def segments(headline: str) -> list[dict[str, object]]:
    """A snippet in pieces, those that match marked: nothing a page could take for markup."""
    pieces: list[dict[str, object]] = []
    for number, part in enumerate(headline.split(_OPEN)):
        match, _, rest = part.rpartition(_CLOSE) if number else ("", "", part)
        if match:
            pieces.append({"text": match, "match": True})
        if rest:
            pieces.append({"text": rest, "match": False})
    return pieces


async def _customers(source: Source, words: str) -> list[dict[str, Any]]:
    folded = fold(words)
    # People write numbers with spaces and brackets; we keep them without.
    compact = "".join(c for c in words.lower() if c not in " ()-\u00a0")
    rows = await _CUSTOMERS.rows(
        source,
        {
            "folded": folded,
            "name": _pattern(folded),
            "address": _pattern(compact or words),
            "candidates": _CANDIDATES,
            "limit": FEW,
        },
    )
    return [
        {
            "id": str(row["id"]),
            "name": row["name"],
            "locale": row["locale"],
            "addresses": row["addresses"],
            "matched": matched(folded, compact, row["name"], row["addresses"]),
        }
        for row in rows
    ]


def matched(folded: str, compact: str, name: str, addresses: Sequence[str]) -> str:
    """What of a customer fits: the address that holds the words, else the name."""
    if folded in fold(name):
        return name
    return next((one for one in addresses if compact in one.lower()), name)


async def _orders(source: Source, words: str) -> list[dict[str, Any]]:
    rows = await _ORDERS.rows(
        source,
        {"q": words, "number": _pattern(words), "candidates": _CANDIDATES, "limit": FEW},
    )
    return [
        {
            "id": str(row["id"]),
            "system": row["system"],
            "external_id": row["external_id"],
            "number": row["number"],
            "status": row["status"],
            "customer_id": str(row["customer_id"]),
        }
        for row in rows
    ]


def _pattern(part: str) -> str:
    """A LIKE pattern: anywhere from three letters on (a trigram), else at the beginning."""
    escaped = part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%" if len(part) >= 3 else f"{escaped}%"
