"""A batch of inbound messages in one transaction: each exactly once, in order per customer.

Statements of an ordinary batch: claim in the ledger, lock the customers and draw positions; read
the addresses; read the conversations; insert the entries, keep the conversations and the
reachability and append the events. One more each for checkpoints, repeats, newcomers, new
conversations, threads, automatic or imported messages, and for what files and originals need.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple
from uuid import UUID

from hub.clock import Clock, rfc3339
from hub.conversations import kept, ledger
from hub.conversations.cleaning import clean
from hub.conversations.inbound import checkpoints, entering, forwarding
from hub.conversations.inbound.entering import Entered
from hub.conversations.inbound.incoming import Incoming
from hub.conversations.inbound.redeeming import redeem
from hub.conversations.inbound.returning import rejoin
from hub.conversations.ledger import Entrance
from hub.conversations.routing import Arrival, Known, Placement, place
from hub.conversations.status import SPAM
from hub.customers import reachability
from hub.customers.identify import STRENGTH, Home, find_homes
from hub.customers.reachability import Heard
from hub.db import event_log
from hub.db.engine import WriteSession, after_commit
from hub.db.rows import run_together
from hub.events import EventType, NewEvent
from hub.ids import new_id
from hub.ports import Accepted, Attachment, InboundMessage, Quarantined, StoredFile
from hub.timeline.files import FileStore, Upload
from hub.timeline.fresh import FreshEntries, FreshEntry
from hub.timeline.record import NewEntry, NewFile, Recorded, placed_at, recording


class _Stored(NamedTuple):
    """A message with where it went."""

    incoming: Incoming
    home: Home
    placement: Placement
    entry: NewEntry
    recorded: Recorded

    @property
    def fresh(self) -> FreshEntry:
        point = (self.home.contact_point_id, *self.incoming.address)
        return FreshEntry(self.entry, self.recorded, point)


def _entrance(incoming: Incoming) -> Entrance:
    return incoming.inbox.id, incoming.key


async def store(
    session: WriteSession,
    files: FileStore,
    batch: Sequence[Incoming],
    clock: Clock,
    fresh: FreshEntries | None = None,
) -> list[Accepted | Quarantined]:
    """What became of each message, in order; a repeat answers what its first coming did.

    fresh: is given what was recorded, once that is committed.
    """
    firsts: dict[Entrance, Incoming] = {}
    for incoming in batch:
        firsts.setdefault(_entrance(incoming), incoming)
    entered = await entering.enter(session, firsts)
    unseen = entered.unseen
    known = await ledger.outcomes(session, firsts.keys() - unseen)
    new = [one for entrance, one in firsts.items() if entrance in unseen]
    stored = await _store_new(session, files, new, entered, clock) if new else []
    # A repeat moves the checkpoint too: else the channel would fetch it for ever.
    await checkpoints.put(session, ((one.inbox.id, one.checkpoint) for one in batch), clock())
    accepted = {
        _entrance(one.incoming): Accepted(one.recorded.id, one.recorded.position) for one in stored
    }
    if fresh is not None:
        after_commit(session, partial(fresh.add, [one.fresh for one in stored]))
    return [_answer(incoming, firsts, accepted, known) for incoming in batch]


def _answer(
    incoming: Incoming,
    firsts: dict[Entrance, Incoming],
    accepted: dict[Entrance, Accepted],
    known: dict[Entrance, Accepted | Quarantined],
) -> Accepted | Quarantined:
    entrance = _entrance(incoming)
    outcome = accepted.get(entrance)
    if outcome is None:
        return known[entrance]
    if firsts[entrance] is incoming:
        return outcome
    return Accepted(outcome.entry_id, outcome.position, duplicate=True)


async def _store_new(
    session: WriteSession,
    files: FileStore,
    new: Sequence[Incoming],
    entered: Entered,
    clock: Clock,
) -> list[_Stored]:
    new = await forwarding.resolve(session, new)
    homes = await find_homes(
        session,
        [one.address for one in new],
        [one.seen for one in new],
        evidence_by=("inbox", None),
        now=clock(),
        held=entered.held,
    )
    # Who is blocked is heard as a machine is: kept, and nobody is woken.
    new = [
        one._replace(live=False) if home.shut_out else one
        for one, home in zip(new, homes, strict=True)
    ]
    homes = await redeem(session, new, homes, clock())
    homes = await rejoin(session, new, homes, clock())
    # Read after the locks: so recorded times rise with positions, as far as the clock is one.
    now = clock()
    placements = await _place(session, new, homes, now)
    await _open_new(session, placements, homes)
    parts = await _files(session, files, new)
    entries = [_entry(*one) for one in zip(new, homes, placements, parts, strict=True)]
    positions = await entering.positions_for(session, entered, homes)
    recorded = placed_at(entries, positions, now)
    names = [(one.inbox.id, name, one.entry_id) for one in new for name in one.names]
    await ledger.add_names(session, names)
    stored = [_Stored(*one) for one in zip(new, homes, placements, entries, recorded, strict=True)]
    events = [event for one in stored for event in _events(one, now)]
    await run_together(
        session,
        [
            *await recording(entries, recorded, now),
            *kept.keeping(_changes(stored), now),
            reachability.heard(_heard(stored, now)),
            *event_log.appending(session, events),
        ],
    )
    ailing = {one.home.contact_point_id for one in stored if one.home.ailing and one.incoming.live}
    await reachability.recovered(session, ailing)
    return stored


async def _place(
    session: WriteSession, new: Sequence[Incoming], homes: Sequence[Home], now: datetime
) -> list[Placement]:
    named = await _named(session, new)
    arrivals = [
        Arrival(
            id=one.entry_id,
            root_id=home.root_id,
            inbox_id=one.inbox.id,
            pool=one.inbox.pool,
            at=min(one.message.occurred_at, now) if one.message.imported else now,
            named=names,
            automatic=one.message.automatic or home.shut_out,
            imported=one.message.imported,
            silence=timedelta(days=one.inbox.reopen_days),
        )
        for one, home, names in zip(new, homes, named, strict=True)
    ]
    newcomers = {home.root_id for home in homes if home.created}
    return place(arrivals, await _conversations(session, arrivals, newcomers), now, new_id)


async def _named(session: WriteSession, new: Sequence[Incoming]) -> list[tuple[UUID, ...]]:
    """What each message refers to: our signatures first, then its thread, newest first."""
    if not any(one.thread or _signed(one.message) for one in new):
        return [()] * len(new)
    here = {
        (one.inbox.id, name): one.entry_id
        for one in reversed(new)
        for name in (one.key, *one.names)
    }
    told = await kept.named(session, ((one.inbox.id, name) for one in new for name in one.thread))
    answers = [
        (one.inbox.id, delivery) for one in new if (delivery := one.message.answers_delivery)
    ]
    sent = await kept.conversations_of(session, answers)
    signed = [name for one in new if (name := one.message.conversation_id)]
    merged = await kept.standing(session, signed)
    known = here | told
    return [
        (
            *[merged.get(name, name) for name in _proven(one, sent)],
            *(
                known[one.inbox.id, name]
                for name in one.thread
                if known.get((one.inbox.id, name), one.entry_id) != one.entry_id
            ),
        )
        for one in new
    ]


def _signed(message: InboundMessage) -> bool:
    return bool(message.conversation_id or message.answers_delivery)


def _proven(one: Incoming, sent: Mapping[tuple[UUID, UUID], UUID]) -> tuple[UUID, ...]:
    """The conversations that signatures of ours name. `sent`: of (inbox, delivery)."""
    message = one.message
    found = (
        message.conversation_id,
        sent.get((one.inbox.id, message.answers_delivery or one.entry_id)),
    )
    return tuple(conversation for conversation in found if conversation is not None)


async def _conversations(
    session: WriteSession, arrivals: Sequence[Arrival], newcomers: set[UUID]
) -> list[Known]:
    """All that routing may choose from; only what the batch needs is asked for."""
    old = [one for one in arrivals if one.root_id not in newcomers]
    found: list[Known] = []
    if places := [(one.root_id, one.pool) for one in old if one.live]:
        found += await kept.current(session, places)
    if places := [(one.root_id, one.pool) for one in old if one.automatic and not one.imported]:
        found += await kept.newest(session, places)
    if moments := [(one.root_id, one.pool, one.at, one.silence) for one in old if one.imported]:
        found += await kept.around(session, moments)
    if names := {name for one in old for name in one.named}:
        found += await kept.by_id(session, names)
    return found


async def _open_new(
    session: WriteSession, placements: Sequence[Placement], homes: Sequence[Home]
) -> None:
    opened = [
        (placement, home.stream_id)
        for placement, home in zip(placements, homes, strict=True)
        if placement.opened
    ]
    await kept.open_new(session, opened)
    shut_out = [
        placement.conversation.id
        for placement, home in zip(placements, homes, strict=True)
        if placement.opened and home.shut_out
    ]
    if shut_out:
        await kept.close_as(session, shut_out, SPAM)


async def _files(
    session: WriteSession, files: FileStore, new: Sequence[Incoming]
) -> list[tuple[NewFile, ...]]:
    """What each message carries, its bytes stored."""
    uploads = [
        Upload(clean(part.name), part.content, f"inbox:{one.inbox.id}")
        for one in new
        for part in one.message.attachments
        if part.content is not None
    ]
    stored = iter(await files.save_all(session, uploads) if uploads else ())
    return [tuple([_file(part, stored) for part in one.message.attachments]) for one in new]


def _entry(
    incoming: Incoming, home: Home, placement: Placement, files: tuple[NewFile, ...]
) -> NewEntry:
    message = incoming.message
    return NewEntry(
        id=incoming.entry_id,
        stream_id=home.stream_id,
        kind="message",
        direction="inbound",
        author_kind="customer",
        author_id=home.record_id,
        author_name=message.sender_name,
        channel=incoming.inbox.channel,
        inbox_id=incoming.inbox.id,
        contact_point_id=home.contact_point_id,
        conversation_id=placement.conversation.id,
        text=message.text,
        html=message.html,
        data=_data(incoming, home),
        external_id=incoming.key,
        automatic=message.automatic,
        imported=message.imported,
        occurred_at=message.occurred_at,
        files=files,
        raw=message.raw,
    )


def _data(incoming: Incoming, home: Home) -> Mapping[str, object]:
    """The channel's facts, what is answered, and a warning when this proves less than is known.

    The contact point's proof never falls, so without it a forged From would look genuine, and the
    next owner of a number like the one before.
    """
    facts: dict[str, object] = {}
    # Whoever names one message answers it; a mail names all that came before it.
    if len(incoming.thread) == 1:
        facts["answers"] = incoming.thread[0]
    if STRENGTH[incoming.seen.proof] < STRENGTH[home.proof]:
        facts["proof"] = str(incoming.seen.proof)
    if signed := _signatures(incoming.message):
        facts["signed"] = signed
    if home.silent_since is not None and incoming.live:
        facts["silent_since"] = rfc3339(home.silent_since)
    return {**incoming.message.data, **facts} if facts else incoming.message.data


def _signatures(message: InboundMessage) -> dict[str, str]:
    """What of ours the message answers by our signature (`hub.conversations.credible`)."""
    names = {"conversation": message.conversation_id, "delivery": message.answers_delivery}
    return {what: str(name) for what, name in names.items() if name is not None}


def _file(attachment: Attachment, stored: Iterator[StoredFile]) -> NewFile:
    """stored: the next is this one's, where it came with its bytes."""
    file_id = attachment.file_id if attachment.content is None else next(stored).id
    assert file_id is not None  # noqa: S101 - incoming.read has seen to it
    return NewFile(file_id, inline=attachment.inline, content_id=clean(attachment.content_id))


def _changes(stored: Sequence[_Stored]) -> list[kept.Change]:
    changes: dict[UUID, kept.Change] = {}
    for one in stored:
        after = one.placement.conversation
        change = changes.setdefault(after.id, kept.Change(after, one.placement.was))
        change.conversation = after
        change.channels.add(one.incoming.inbox.channel)
        change.live += one.incoming.live
        # History that comes to a living conversation does not become its last word.
        if after.history or not one.incoming.message.imported:
            change.stream_id, change.position = one.recorded.stream_id, one.recorded.position
    return list(changes.values())


def _heard(stored: Sequence[_Stored], now: datetime) -> list[Heard]:
    heard: dict[tuple[UUID, UUID], Heard] = {}
    for one in stored:
        key = (one.home.contact_point_id, one.incoming.inbox.id)
        heard[key] = _sight(one, heard.get(key), now)
    return list(heard.values())


def _sight(one: _Stored, before: Heard | None, now: datetime) -> Heard:
    message = one.incoming.message
    # A provider counts its reply window from when the message was sent, not from our receipt.
    at = min(message.occurred_at, now) if one.incoming.live else None
    position = one.recorded.position if one.incoming.live else None
    reply_address = message.reply_address
    if before is not None:
        at, position = at or before.at, position or before.position
        reply_address = reply_address or before.reply_address
    return Heard(one.home.contact_point_id, one.incoming.inbox.id, reply_address, at, position)


def _events(one: _Stored, now: datetime) -> list[NewEvent]:
    after = one.placement.conversation
    facts = {
        "direction": "inbound",
        "imported": one.incoming.message.imported,
        "automatic": one.incoming.message.automatic or one.home.shut_out,
    }
    created = NewEvent(
        EventType.MESSAGE_CREATED,
        now,
        customer_id=one.home.root_id,
        conversation_id=after.id,
        stream_id=one.recorded.stream_id,
        position=one.recorded.position,
        inbox_id=one.incoming.inbox.id,
        data=facts,
    )
    moved = _conversation_event(one, now)
    return [created] if moved is None else [moved, created]


def _conversation_event(one: _Stored, now: datetime) -> NewEvent | None:
    """What the message did to its conversation, when that is news to anybody."""
    placement = one.placement
    if placement.opened and one.incoming.live:
        kind, facts = EventType.CONVERSATION_OPENED, {}
    elif placement.reopened:
        kind = EventType.CONVERSATION_UPDATED
        facts = {"changed": {"status": [placement.was, placement.conversation.status]}}
    else:
        return None
    return NewEvent(
        kind,
        now,
        customer_id=one.home.root_id,
        conversation_id=placement.conversation.id,
        inbox_id=placement.conversation.inbox_id,
        data=facts,
    )
