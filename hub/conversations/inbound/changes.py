"""What a customer did after the fact: edits, deletes, reactions, reads, blocks, claims.

A change of a message or an address nobody knows is entered in the ledger and does nothing: its
repeat will not be looked at again. Only an opt-out counts from a stranger too.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import text

from hub.conversations import ledger
from hub.conversations.cleaning import clean, clean_name
from hub.conversations.inbound import owed, proving
from hub.conversations.inbound.complaint import complainant
from hub.conversations.inbound.incoming import MAX_HTML, MAX_TEXT, bounded, key_of
from hub.conversations.inbound.owed import Owed
from hub.conversations.outbound import revise
from hub.conversations.outbound.reach import Channels
from hub.conversations.outbound.revise import By, Place
from hub.customers import consents, reachability
from hub.customers.addresses import normalise
from hub.customers.homes import lock_point
from hub.customers.identify import Seen, identify
from hub.db import event_log
from hub.db.engine import WriteSession
from hub.deliveries import receipts
from hub.errors import Invalid
from hub.events import EventType, NewEvent
from hub.inboxes.open_inbox import InboxRef
from hub.ports import Change

log = structlog.get_logger(__name__)

_MAX_REACTION = 64
_MAX_CLAIM = 300
_CLAIMS = ("name", "email", "by")
_LAST_POSITION = 2**63 - 1

_POINT = text("""
    SELECT p.id FROM contact_points p WHERE p.scheme = :scheme AND p.value = :value
""")

# A message we received or sent through this inbox, on this contact point: nobody's change reaches
# what was said to or by somebody else.
_ENTRY = text("""
    SELECT e.id, e.stream_id, e.position, e.conversation_id, e.inbox_id, e.direction
    FROM entries e JOIN streams s ON s.id = e.stream_id
    WHERE s.contact_point_id = :point AND e.id IN (
        SELECT entry_id FROM ingress WHERE inbox_id = :inbox AND external_id = :name
        UNION ALL
        SELECT entry_id FROM deliveries
        WHERE inbox_id = :inbox AND external_id = :name AND external_id <> '')
""")


@dataclass(frozen=True, slots=True)
class _Point:
    """A contact point with its customer's root, which is locked."""

    id: UUID
    root_id: UUID


async def apply(
    session: WriteSession,
    inbox: InboxRef,
    change: Change,
    now: datetime,
    *,
    registry: Channels,
) -> None:
    """Do what the change says, once. Raises Invalid for an impossible one."""
    # How far somebody has read only rises: a repeat does nothing, and needs no line for ever. A
    # further part of a message is entered under its own name, and only where it belongs to one.
    if change.kind not in ("read", "joined") and not await ledger.claim(
        session, [(inbox.id, change_name(change))]
    ):
        return
    point = await _point(session, inbox, change, now)
    if point is None:
        log.info("change.of_stranger", inbox_id=str(inbox.id), kind=change.kind)
        return
    await _perform(session, inbox, change, point, registry, now)


async def _perform(
    session: WriteSession,
    inbox: InboxRef,
    change: Change,
    point: _Point,
    registry: Channels,
    now: datetime,
) -> None:
    match change.kind:
        case "button":
            raise Invalid("A pressed button is a message (hub.conversations.inbound.buttons).")
        case "edit" | "delete" | "reaction" | "joined":
            await _on_entry(session, inbox, change, point, now)
        case "read":
            await receipts.read_up_to(
                session,
                inbox.id,
                point.id,
                position=min(max(change.position, 0), _LAST_POSITION),
                at=change.occurred_at,
                now=now,
            )
        case "claimed":
            await _on_claim(session, change, point, now)
        case "proven":
            await proving.prove(session, inbox, change.proven, point.root_id, now)
        case "owed":
            await _on_debt(session, inbox, change, point, registry, now)
        case "blocked" | "unblocked" | "opted_out" | "opted_in":
            await _on_point(session, inbox, change, point, now)


def change_name(change: Change) -> str:
    """The ledger's name of a change: never that of a message."""
    return key_of(f"change:{change.change_id}")


async def _point(
    session: WriteSession, inbox: InboxRef, change: Change, now: datetime
) -> _Point | None:
    scheme, raw, region = change.address.scheme, change.address.value, inbox.region or None
    if change.delivery_id is not None:
        about = await complainant(session, inbox.id, change.delivery_id, raw)
        return await _held(session, about[0]) if about else None
    value = normalise(scheme, raw, region=region)
    if change.kind == "opted_out":
        seen = Seen(scheme, raw, region=region)
        [home] = await identify(session, [seen], evidence_by=("inbox", inbox.id), now=now)
        return _Point(home.contact_point_id, home.root_id)
    connection = await session.connection()
    row = (await connection.execute(_POINT, {"scheme": scheme, "value": value})).first()
    return await _held(session, row.id) if row else None


async def _held(session: WriteSession, point_id: UUID) -> _Point | None:
    root_id = await lock_point(session, point_id)
    return None if root_id is None else _Point(point_id, root_id)


async def _on_entry(
    session: WriteSession, inbox: InboxRef, change: Change, point: _Point, now: datetime
) -> None:
    rows = await (await session.connection()).execute(
        _ENTRY, {"point": point.id, "inbox": inbox.id, "name": key_of(change.external_id)}
    )
    row = rows.first()
    if row is None:
        log.info("change.of_unknown_message", inbox_id=str(inbox.id), kind=change.kind)
        return
    place = Place(row.stream_id, row.position, point.root_id, row.conversation_id, row.inbox_id)
    if change.kind == "reaction":
        value = clean(change.value)[:_MAX_REACTION]
        await revise.react(session, place, "customer", value, now)
    elif change.kind == "joined":
        await _on_part(session, inbox, change, (row.id, place), now)
    elif row.direction == "inbound":
        # What we said is ours: a customer may only take back or mend their own words.
        await _on_words(session, change, place, now)


async def _on_part(
    session: WriteSession,
    inbox: InboxRef,
    change: Change,
    entry: tuple[UUID, Place],
    now: datetime,
) -> None:
    """A further part of a message, which goes by the part's name as well from now on."""
    entry_id, place = entry
    part = (inbox.id, key_of(change.change_id))
    if not await ledger.claim(session, [part], entry_ids=[entry_id]):
        return
    words = (
        bounded("text", clean(change.text), MAX_TEXT),
        bounded("html", clean(change.html), MAX_HTML),
    )
    files = [one.file_id for one in change.attachments if one.file_id is not None]
    await revise.join(session, place, words, files, now)


async def _on_words(session: WriteSession, change: Change, place: Place, now: datetime) -> None:
    by = By("customer", place.root_id)
    if change.kind == "delete":
        await revise.delete(session, place, by, now)
        return
    new = (
        bounded("text", clean(change.text), MAX_TEXT),
        bounded("html", clean(change.html), MAX_HTML),
    )
    await revise.edit(session, place, new, by, now)


async def _on_point(
    session: WriteSession, inbox: InboxRef, change: Change, point: _Point, now: datetime
) -> None:
    at = min(change.occurred_at, now)
    if change.kind in ("blocked", "unblocked"):
        since = at if change.kind == "blocked" else None
        await reachability.set_blocked(session, point.id, inbox.id, since)
    else:
        since = at if change.kind == "opted_out" else None
        await consents.silence(session, point.id, since, now=now, source="customer")
    await _tell(session, point, now)


async def _on_debt(
    session: WriteSession,
    inbox: InboxRef,
    change: Change,
    point: _Point,
    registry: Channels,
    now: datetime,
) -> None:
    due = Owed(point.id, point.root_id, clean(change.text), stop=change.value == "opted_out")
    await owed.answer(session, inbox, due, registry, now)


async def _on_claim(session: WriteSession, change: Change, point: _Point, now: datetime) -> None:
    said = {name: clean_name(change.claims.get(name, ""))[:_MAX_CLAIM] for name in _CLAIMS}
    claims = {name: words for name, words in said.items() if words}
    if await reachability.set_claimed(session, point.id, claims):
        await _tell(session, point, now)


async def _tell(session: WriteSession, point: _Point, now: datetime) -> None:
    updated = NewEvent(
        EventType.CUSTOMER_UPDATED,
        now,
        customer_id=point.root_id,
        data={"changed": ["contact_points"]},
    )
    await event_log.append(session, [updated])
