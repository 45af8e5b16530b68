"""Which entries stand on a page of a timeline: those of the customer's streams, merged in order.

A page looks into each stream's index for at most as many entries as fit on it, never into all.
Of a customer with a thousand streams (visits, one a day for years) it looks into the few whose
span reaches the page: streams keep the time of their first and last entry.
"""

import base64
import binascii
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
from typing_extensions import override

from hub.customers.roots import roots_of
from hub.db.rows import Query, Source
from hub.errors import Invalid
from hub.operators.access import Viewer
from hub.timeline.view import SHOWN, WITH_POINT, to_json

MAX_LIMIT = 200
SPARE_STREAMS = 8
"""Streams looked into beyond one for each entry of the page: some hold nothing for this viewer."""
_WIDER = 8
"""How many times more streams the next look takes in when the first did not fill the page."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in the display order."""

    sort_at: datetime
    position: int

    @override
    def __str__(self) -> str:
        packed = struct.pack(">qq", (self.sort_at - _EPOCH) // _MICROSECOND, self.position)
        return base64.urlsafe_b64encode(packed).decode().rstrip("=")

    @classmethod
    def parse(cls, cursor: str, field: str) -> "Cursor":
        """Raises Invalid, naming `field`, when `cursor` is none of ours."""
        try:
            micros, position = struct.unpack(">qq", base64.urlsafe_b64decode(cursor + "=="))
            return cls(_EPOCH + timedelta(microseconds=micros), position)
        except (binascii.Error, struct.error, ValueError, OverflowError) as error:
            raise Invalid(
                "This is not a cursor of a timeline.",
                remedy="Pass on `before` or `after` of an earlier page as it is, or leave it out.",
                fields={field: "not a cursor"},
            ) from error


_END = Cursor(datetime(9999, 12, 31, tzinfo=UTC), 2**63 - 1)


@dataclass(frozen=True, slots=True)
class TimelinePage:
    """Entries, oldest first.

    before: the cursor to what is older; None at the beginning of the timeline.
    after: the cursor to what is newer, or will be; None only when there is nothing at all.
    """

    items: list[dict[str, Any]]
    before: str | None
    after: str | None


# Two riddles keep the planner from fetching and sorting whole streams (0.5 ms against 76 ms): a
# limit it cannot see, so that it plans for the first few rows, and a filter it cannot weigh, so
# that it does not believe that hardly a row will pass.
_VISIBLE = "coalesce(inbox_id <> ALL (CAST(:hidden AS uuid[])), true)"
_WANTED = "LIMIT (SELECT CAST(:wanted AS integer))"
_OLDER = {"beyond": "<", "order": "DESC", "outer": "min"}
_NEWER = {"beyond": ">", "order": "ASC", "outer": "max"}

_ROOT = "root_id = (SELECT root_id FROM customers WHERE id = :customer)"
_OLDER_STREAMS = f"""
    SELECT id, least(last_sort_at, CAST(:sort_at AS timestamptz)) AS reach
    FROM streams WHERE {_ROOT} AND first_sort_at <= :sort_at
    ORDER BY reach DESC LIMIT CAST(:width AS integer) + 1
"""  # noqa: S608 - a constant
_NEWER_STREAMS = f"""
    SELECT id, greatest(first_sort_at, CAST(:sort_at AS timestamptz)) AS reach
    FROM streams WHERE {_ROOT} AND last_sort_at >= :sort_at
    ORDER BY reach ASC LIMIT CAST(:width AS integer) + 1
"""  # noqa: S608 - a constant


def _entries(where: str, direction: dict[str, str]) -> str:
    return """
        SELECT * FROM entries
        WHERE {where} AND {visible} AND (sort_at, position) {beyond} (:sort_at, :position)
        ORDER BY sort_at {order}, position {order} {wanted}
    """.format(where=where, visible=_VISIBLE, wanted=_WANTED, **direction)  # noqa: S608 - constants


def _merged(streams: str, direction: dict[str, str]) -> Query:
    """The page, and on each row the reach of the nearest stream that was not looked into."""
    order, outer = direction["order"], direction["outer"]
    return Query(f"""
        WITH near AS MATERIALIZED ({streams}),
        chosen AS MATERIALIZED (SELECT id FROM near ORDER BY reach {order} LIMIT :width)
        SELECT {SHOWN}, horizon.unseen
        FROM (SELECT CASE WHEN count(*) > :width THEN {outer}(reach) END AS unseen
              FROM near) AS horizon
        LEFT JOIN (
            SELECT entry.* FROM chosen
            CROSS JOIN LATERAL ({_entries("stream_id = chosen.id", direction)}) AS entry
            ORDER BY entry.sort_at {order}, entry.position {order} LIMIT :wanted
        ) AS e ON true
        {WITH_POINT}
        ORDER BY e.sort_at {order}, e.position {order}
    """)  # noqa: S608 - constants


def _of_conversation(direction: dict[str, str]) -> Query:
    order = direction["order"]
    return Query(f"""
        SELECT {SHOWN}
        FROM ({_entries("conversation_id = :conversation", direction)}) AS e
        {WITH_POINT}
        ORDER BY e.sort_at {order}, e.position {order}
    """)  # noqa: S608 - constants


TIMELINE_OLDER = _merged(_OLDER_STREAMS, _OLDER)
TIMELINE_NEWER = _merged(_NEWER_STREAMS, _NEWER)
_CONVERSATION_OLDER = _of_conversation(_OLDER)
_CONVERSATION_NEWER = _of_conversation(_NEWER)


async def page(
    source: Source,
    customer_id: UUID,
    viewer: Viewer,
    *,
    before: str | None = None,
    after: str | None = None,
    limit: int = 50,
) -> TimelinePage:
    """Up to `limit` entries of the customer: the newest, or those next to a cursor.

    customer_id: also of a record that was merged into another. Raises NotFound.
    """
    place, newer = _place(before, after)
    limit = min(max(limit, 1), MAX_LIMIT)
    parameters = _parameters(place, viewer, limit) | {
        "customer": customer_id,
        "width": limit + SPARE_STREAMS,
    }
    query = TIMELINE_NEWER if newer else TIMELINE_OLDER
    while True:
        found = await query.rows(source, parameters)
        rows = [row for row in found if row["id"] is not None]
        if _complete(rows, limit + 1, found[0]["unseen"], newer=newer):
            if not rows:
                await roots_of(source, [customer_id])
            return _assembled(rows, limit, place, newer=newer)
        parameters["width"] *= _WIDER


async def page_around(
    source: Source, customer_id: UUID, viewer: Viewer, at: datetime, *, limit: int = 50
) -> TimelinePage:
    """Entries on both sides of a moment: half of them from then on, the others before it.

    Where one side has too few there are fewer in all. Raises NotFound.
    """
    place, limit = str(Cursor(at, 0)), min(max(limit, 2), MAX_LIMIT)
    older = await page(source, customer_id, viewer, before=place, limit=limit // 2)
    newer = await page(source, customer_id, viewer, after=place, limit=limit - len(older.items))
    return TimelinePage([*older.items, *newer.items], older.before, newer.after)


async def conversation_page(
    source: Source,
    conversation_id: UUID,
    viewer: Viewer,
    *,
    before: str | None = None,
    after: str | None = None,
    limit: int = 50,
) -> TimelinePage:
    """Up to `limit` entries of one conversation: the newest, or those next to a cursor."""
    place, newer = _place(before, after)
    limit = min(max(limit, 1), MAX_LIMIT)
    query = _CONVERSATION_NEWER if newer else _CONVERSATION_OLDER
    rows = await query.rows(
        source, _parameters(place, viewer, limit) | {"conversation": conversation_id}
    )
    return _assembled(rows, limit, place, newer=newer)


def _place(before: str | None, after: str | None) -> tuple[Cursor, bool]:
    if before is not None and after is not None:
        raise Invalid(
            "A page lies before one cursor or after one, not both.",
            fields={"after": "given together with before"},
        )
    if after is not None:
        return Cursor.parse(after, "after"), True
    return (_END if before is None else Cursor.parse(before, "before")), False


def _parameters(place: Cursor, viewer: Viewer, limit: int) -> dict[str, Any]:
    return {
        "sort_at": place.sort_at,
        "position": place.position,
        "hidden": list(viewer.hidden_inboxes),
        # One more than is shown says whether there is more.
        "wanted": limit + 1,
    }


def _complete(
    rows: Sequence[asyncpg.Record], wanted: int, unseen: datetime | None, *, newer: bool
) -> bool:
    """Whether no stream that was not looked into could still belong on the page."""
    if unseen is None:
        return True
    if len(rows) < wanted:
        return False
    last = rows[-1]["sort_at"]
    return bool(last < unseen) if newer else bool(last > unseen)


def _assembled(
    rows: Sequence[asyncpg.Record], limit: int, place: Cursor, *, newer: bool
) -> TimelinePage:
    shown = list(rows[:limit]) if newer else list(rows[:limit])[::-1]
    if not shown:
        return TimelinePage([], None, None if place == _END else str(place))
    more_older = newer or len(rows) > limit
    return TimelinePage(
        [to_json(row) for row in shown],
        str(_cursor(shown[0])) if more_older else None,
        str(_cursor(shown[-1])),
    )


def _cursor(row: asyncpg.Record) -> Cursor:
    return Cursor(row["sort_at"], row["position"])
