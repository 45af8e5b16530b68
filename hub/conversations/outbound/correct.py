"""Changing what has left: words mended or taken back at the customer's too, and reactions.

What the channel cannot do is refused at once; what it can is done here and planned there, in one
transaction (`hub.deliveries.amendments`).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Row, text

from hub.conversations.cleaning import clean
from hub.conversations.draft import Draft, Sender, checked
from hub.conversations.outbound import revise
from hub.conversations.outbound.reach import Channels
from hub.conversations.outbound.revise import By, Place
from hub.customers.homes import lock_home
from hub.db.engine import AnySession, WriteSession
from hub.deliveries import amendments, news
from hub.deliveries.amendments import Amendment
from hub.deliveries.compose import contents, message_of
from hub.deliveries.news import Locked, News
from hub.deliveries.status import ARRIVED, Status
from hub.deliveries.turns import CHANGED
from hub.errors import Conflict, NotFound
from hub.ports import Capabilities

_PARTS = text("""
    SELECT d.id, d.content, d.scheme, d.address, d.reply_address, d.external_id, d.stream_id,
           d.position, d.inbox_id, inboxes.channel
    FROM deliveries AS d JOIN inboxes ON inboxes.id = d.inbox_id
    JOIN entries AS e
      ON e.stream_id = d.stream_id AND e.position = d.position AND e.deleted_at IS NULL
    WHERE d.id = ANY (CAST(:ids AS uuid[])) AND d.status = ANY (CAST(:arrived AS text[]))
      AND d.turn = 0
    ORDER BY d.part, d.number
""")

_SAYS = text("UPDATE deliveries SET content = CAST(:content AS jsonb) WHERE id = :id")

_MESSAGE = text("""
    SELECT e.id, e.stream_id, e.position, e.direction, e.external_id, e.conversation_id,
           e.inbox_id, e.deleted_at, s.root_id, i.channel, p.scheme, p.value,
           coalesce(r.reply_address, '') AS reply_address,
           (SELECT d.external_id FROM deliveries AS d
            WHERE d.entry_id = e.id AND d.external_id <> '' ORDER BY d.part LIMIT 1) AS sent_as
    FROM entries AS e
    JOIN streams AS s ON s.id = e.stream_id
    JOIN contact_points AS p ON p.id = e.contact_point_id
    JOIN inboxes AS i ON i.id = e.inbox_id
    LEFT JOIN reachability AS r ON r.contact_point_id = p.id AND r.inbox_id = e.inbox_id
    WHERE e.id = :id AND e.kind = 'message'
""")

_MOST_REACTION = 16
"""Characters."""


async def edit(
    session: WriteSession,
    entry_id: UUID,
    words: tuple[str, str],
    *,
    by: Sender,
    registry: Channels,
    now: datetime,
) -> None:
    """Say (text, html) instead, in what the customer has already.

    Raises NotFound, Conflict `already-sent` (the channel cannot), `other-parts` (the new words
    would need another number of messages than were sent).
    """
    held, parts = await _left(session, entry_id, by)
    can = _able(parts, registry, "edits")
    before = [part.content for part in parts]
    files = tuple(UUID(file["id"]) for one in before for file in one.get("files", ()))
    draft = checked(Draft(words[0], html=words[1], files=files), now)
    after = contents(message_of(before, draft.text, draft.html), can)
    if [one.get("files") for one in after] != [one.get("files") for one in before]:
        raise Conflict(
            "The new words need another number of messages than were sent.",
            remedy="Make them about as long as before, or send another message.",
            code="other-parts",
        )
    changed = [(part, new) for part, new in zip(parts, after, strict=True) if new != part.content]
    for part, new in changed:
        await (await session.connection()).execute(
            _SAYS, {"id": part.id, "content": orjson.dumps(new).decode()}
        )
    author = By(by.author.kind, by.author.id)
    await revise.edit(session, _place(held), (draft.text, draft.html), author, now)
    await _forget_waiting(session, held, now)
    await amendments.plan(session, [_amendment("edit", *one) for one in changed], now)


async def delete(
    session: WriteSession, entry_id: UUID, *, by: Sender, registry: Channels, now: datetime
) -> None:
    """Take the message back from the customer; its words stay in its versions.

    Raises NotFound, Conflict `already-sent` (the channel cannot).
    """
    held, parts = await _left(session, entry_id, by)
    _able(parts, registry, "deletes")
    await revise.delete(session, _place(held), By(by.author.kind, by.author.id), now)
    await _forget_waiting(session, held, now)
    await amendments.plan(session, [_amendment("delete", part) for part in parts], now)


async def react(
    session: WriteSession,
    entry_id: UUID,
    value: str,
    *,
    by: Sender,
    registry: Channels,
    now: datetime,
) -> None:
    """Put the company's one reaction on a message, or take it back (empty).

    Raises NotFound, Conflict `no-reactions` (the channel has none).
    """
    row = (await (await session.connection()).execute(_MESSAGE, {"id": entry_id})).first()
    if row is None or row.deleted_at is not None or not by.viewer.sees(row.inbox_id):
        raise NotFound(f"There is no message {entry_id}.")
    can, name = registry.capabilities(row.channel), _name_at_provider(row)
    if can is None or not can.reactions or not name:
        raise Conflict("There are no reactions to this message.", code="no-reactions")
    root_id = await lock_home(session, row.stream_id) or row.root_id
    place = Place(row.stream_id, row.position, root_id, row.conversation_id, row.inbox_id)
    emoji = clean(value).strip()[:_MOST_REACTION]
    await revise.react(session, place, "operator", emoji, now)
    planned = Amendment(
        "react",
        message=str(row.id),
        stream_id=str(row.stream_id),
        position=row.position,
        inbox_id=str(row.inbox_id),
        scheme=row.scheme,
        address=row.value,
        external_id=name,
        reply_address=row.reply_address,
        value=emoji,
    )
    await amendments.plan(session, [planned], now)


async def name_in(session: AnySession, entry_id: UUID, stream_id: UUID, inbox_id: UUID) -> str:
    """What the provider calls the message, if it stands in this very chat; else ''."""
    row = (await (await session.connection()).execute(_MESSAGE, {"id": entry_id})).first()
    if row is None or (row.stream_id, row.inbox_id) != (stream_id, inbox_id):
        return ""
    return _name_at_provider(row)


def _name_at_provider(row: Row[Any]) -> str:
    return str((row.external_id if row.direction == "inbound" else row.sent_as) or "")


async def _left(
    session: WriteSession, entry_id: UUID, by: Sender
) -> tuple[dict[UUID, Locked], Sequence[Row[Any]]]:
    """The deliveries of a message all of which the provider has taken; locked."""
    connection = await session.connection()
    held = await news.lock_entry(session, entry_id)
    if not held or not all(by.viewer.sees(one.inbox_id) for one in held.values()):
        raise NotFound(f"There is no outbound message {entry_id}.")
    arrived = [str(one) for one in ARRIVED]
    rows = await connection.execute(_PARTS, {"ids": list(held), "arrived": arrived})
    parts = rows.all()
    if not parts or not all(part.external_id for part in parts):
        raise _too_late()
    return held, parts


async def _forget_waiting(
    session: WriteSession, held: Mapping[UUID, Locked], now: datetime
) -> None:
    """By no further way: what waits for its turn has the words of before."""
    waiting = [key for key, one in held.items() if one.status is Status.WAITING]
    ends = [News(key, Status.CANCELLED, now, reason=CHANGED) for key in waiting]
    await news.apply(session, held, ends, now)


def _able(parts: Sequence[Row[Any]], registry: Channels, capability: str) -> Capabilities:
    can = registry.capabilities(parts[0].channel)
    if can is None or not getattr(can, capability):
        raise _too_late()
    return can


def _too_late() -> Conflict:
    return Conflict(
        "This message has left already, or was taken back.",
        remedy="Send another message to correct it.",
        code="already-sent",
    )


def _place(held: Mapping[UUID, Locked]) -> Place:
    one = next(iter(held.values()))
    return Place(one.stream_id, one.position, one.root_id, one.conversation_id, one.inbox_id)


def _amendment(do: Any, part: Row[Any], content: Mapping[str, Any] | None = None) -> Amendment:  # noqa: ANN401 - one of three words
    return Amendment(
        do,
        message=str(part.id),
        stream_id=str(part.stream_id),
        position=part.position,
        inbox_id=str(part.inbox_id),
        scheme=part.scheme,
        address=part.address,
        external_id=part.external_id,
        reply_address=part.reply_address,
        content=content or {},
    )
