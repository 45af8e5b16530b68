"""What a search finds: messages by words, newest first; customers and orders beside them.

Common words are found by walking back from the newest message, rare ones by the index, and no
search looks at more than a fixed number of messages. Slips of the pen are forgiven in names and
subjects only, behind what fits exactly: over message bodies it would take seconds.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

import asyncpg

from hub.customers.folding import fold
from hub.customers.naming import shown_name
from hub.customers.typed import slipped
from hub.db.rows import Query, Source
from hub.errors import Invalid
from hub.mappings import NOTHING
from hub.operators.access import Scope, Viewer
from hub.timeline import people
from hub.timeline.view import SHOWN, WITH_POINT, Key, to_json

MAX_LIMIT = 100
MAX_QUERY = 200
"""Characters."""
_CANDIDATES = 50
"""Subjects that are compared letter by letter."""

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
ALIKE = 2_000
"""Subjects with letters in common that are put in an order; where so many are, any will do."""

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

# Subjects with a slip of the pen; which of them differ by no more is judged outside.
_SUBJECTS = Query(f"""
    WITH near AS MATERIALIZED (
        SELECT stream_id, position, subject FROM search_documents
        WHERE subject <> '' AND :folded <% subject AND {_VISIBLE} LIMIT :budget
    )
    SELECT stream_id, position, subject FROM near WHERE {_FITS.format(of="near")}
    ORDER BY word_similarity(:folded, subject) DESC, position DESC LIMIT :limit
""")  # noqa: S608 - constants


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
    customers = await people.named(source, words) if first and only.allows("customers") else []
    orders = await people.orders(source, words) if first and only.allows("orders") else []
    if not (viewer.may(Scope.MESSAGES_READ) and only.allows("messages")):
        return Found(customers, orders)
    head, tail = begun(q)
    wanted = Wanted(
        words, _tidy(head), _tidy(tail), only.filtered, only.channel, only.since, only.until
    )
    most = min(max(limit, 1), MAX_LIMIT)
    keys, following = await _keys(source, viewer, wanted, below, most)
    messages = await _messages(source, wanted, keys)
    if cursor is None and following is None and len(keys) < most:
        near = await _near_subjects(source, viewer, wanted, most - len(keys), set(keys))
        messages += await _messages(source, wanted, list(near), near)
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
        **_narrowed(wanted, viewer),
        "below": below,
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


async def _near_subjects(
    source: Source, viewer: Viewer, wanted: Wanted, limit: int, known: Collection[Key]
) -> dict[Key, str]:
    """Messages below a subject that differs from the words by a slip: {where: the subject}."""
    rows = await _SUBJECTS.rows(
        source,
        {
            **_narrowed(wanted, viewer),
            "folded": fold(wanted.words),
            "budget": ALIKE,
            "limit": _CANDIDATES,
        },
    )
    found = {
        key: row["subject"]
        for row in rows
        if (key := (row["stream_id"], row["position"])) not in known
        and slipped(wanted.words, row["subject"])
    }
    return dict(islice(found.items(), limit))


def _narrowed(wanted: Wanted, viewer: Viewer) -> dict[str, Any]:
    """The values of `_VISIBLE` and `_FITS`."""
    return {
        "filtered": wanted.filtered,
        "channel": wanted.channel,
        "since": wanted.since,
        "until": wanted.until,
        "hidden": list(viewer.hidden_inboxes),
    }


async def _messages(
    source: Source,
    wanted: Wanted,
    keys: Sequence[Key],
    subjects: Mapping[Key, str] = NOTHING,
) -> list[dict[str, Any]]:
    """subjects: what is shown as fitting in place of a part of the text."""
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
            "snippet": _fitting(subjects.get((row["stream_id"], row["position"])))
            or segments(row["headline"]),
        }
        for row in rows
    ]


def _fitting(subject: str | None) -> list[dict[str, object]]:
    return [{"text": subject, "match": True}] if subject else []


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
