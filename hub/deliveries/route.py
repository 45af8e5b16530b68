"""Which contact points and inboxes a message goes to, in which order, and why none of the others.

Every obstacle of every candidate is named, not only the first: change one fact and exactly that
line of the explanation changes. The console makes words of the codes.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import compress
from typing import NamedTuple
from uuid import UUID

from hub.mappings import NOTHING
from hub.ports import Capabilities


class Obstacle(StrEnum):
    """Why a candidate cannot take the message."""

    OTHER_CONTACT_POINT = "other-contact-point"
    """Another contact point was asked for."""
    OTHER_CHANNEL = "other-channel"
    INBOX_DISABLED = "inbox-disabled"
    OPTED_OUT = "opted-out"
    NO_CONSENT = "no-consent"
    """Not for this purpose. fact `consent`: `withdrawn`, `not-given`."""
    BLOCKED = "blocked"
    UNHEALTHY = "unhealthy"
    """fact `health`: a `hub.ports.Reason`."""
    NEVER_WROTE = "never-wrote"
    """The channel may not write first, and nothing ever came from there."""
    WINDOW_CLOSED = "window-closed"
    """fact `closed_at`."""
    NO_FILES = "no-files"
    FILE_TOO_LARGE = "file-too-large"
    """fact `max_file_bytes`."""
    NO_BUTTONS = "no-buttons"
    NO_CC = "no-cc"
    AWAITS_VISIT = "awaits-visit"
    """No help when something else was not seen: it reaches only who comes to look."""
    MOVED_AWAY = "moved-away"
    """The address belongs to another customer by now."""


_OBSTACLES = tuple(Obstacle)
_WISHES = frozenset({Obstacle.OTHER_CONTACT_POINT, Obstacle.OTHER_CHANNEL})
FORCEABLE = frozenset({Obstacle.OPTED_OUT, Obstacle.BLOCKED, Obstacle.UNHEALTHY})
"""What an explicit `force` overrides. The others the provider itself would refuse."""


class Preference(StrEnum):
    """Why a candidate that could take the message was, or would be, preferred; strongest first."""

    NAMED = "named"
    CHANNEL_NAMED = "channel-named"
    CONVERSATION = "conversation"
    """The conversation's last inbound message came from there."""
    PREFERRED = "preferred"
    """The customer prefers the channel."""
    CHANNEL_ORDER = "channel-order"
    """The installation's order of channels names it."""
    LAST_INBOUND = "last-inbound"
    """The customer wrote from there before."""
    CHEAPER = "cheaper"
    """Nothing else tells it apart from what costs more. fact `cost`."""
    NEWEST = "newest"
    STAND_IN = "stand-in"
    """The first of the further ways: what was asked for is closed."""
    FALLBACK = "fallback"
    """Takes its turn if the ways before it come to nothing. facts `turn`, `after` (seconds)."""


_PREFERENCES = tuple(Preference)
_AT_ONCE = timedelta()


class Candidate(NamedTuple):
    """One contact point of the customer as one inbox can reach it.

    A tuple, as all below: thousands are made at a time.
    """

    contact_point_id: UUID
    inbox_id: UUID
    channel: str
    scheme: str
    capabilities: Capabilities
    created_at: datetime
    """Of the contact point."""
    enabled: bool = True
    health: str = "ok"
    health_until: datetime | None = None
    opted_out: bool = False
    blocked: bool = False
    last_inbound_at: datetime | None = None
    last_inbound_position: int = 0
    """Of that message among all entries: what came later is greater, whatever its date says."""
    refusal: str = ""
    """Why no message of this purpose may go there: `hub.customers.consents.refusal`."""


@dataclass(frozen=True, slots=True)
class Fallback:
    """The next way, should the one before it bring no receipt within `after`, or fail."""

    channel: str
    after: timedelta


class Wish(NamedTuple):
    """What the sender asks for, what the message needs to arrive whole, what is preferred.

    preferred: channels, as the customer wants them; order: as the installation does.
    costs: of a message, by channel, in any unit.
    """

    contact_point_id: UUID | None = None
    channel: str = ""
    conversation_last: tuple[UUID, UUID] | None = None
    """(contact point, inbox) of the conversation's last inbound message."""
    largest_file: int | None = None
    """Bytes; None without files."""
    buttons: bool = False
    cc: bool = False
    force: bool = False
    fallback: tuple[Fallback, ...] = ()
    preferred: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    costs: Mapping[str, float] = NOTHING


class Leg(NamedTuple):
    """One way the message takes, as the first or after the one before it."""

    candidate: Candidate
    after: timedelta = timedelta()


class Verdict(NamedTuple):
    """What became of one candidate: chosen, outranked, or kept back by `obstacles`."""

    candidate: Candidate
    preference: Preference
    facts: Mapping[str, object] = NOTHING
    obstacles: tuple[Obstacle, ...] = ()
    overridden: tuple[Obstacle, ...] = ()
    """Obstacles that `force` overrode."""
    chosen: bool = False

    @property
    def reason(self) -> str:
        if self.obstacles:
            return str(self.obstacles[0])
        taken = self.chosen or self.preference is Preference.FALLBACK
        return str(self.preference) if taken else "outranked"


class Choice(NamedTuple):
    chosen: Candidate | None
    verdicts: tuple[Verdict, ...]
    """One per candidate, best first."""
    legs: tuple[Leg, ...] = ()
    """The ways in order, the chosen one first."""


def choose(candidates: Sequence[Candidate], wish: Wish, now: datetime) -> Choice:
    """The ways the message takes one after the other, and a verdict on every candidate.

    A way that does not exist takes no time: the next one stands in its place.
    """
    costs, ranked = wish.costs, candidates
    dearest = max([costs.get(one.channel, 0) for one in candidates], default=0)
    if len(candidates) > 1:
        ranked = sorted(candidates, key=_ranking(wish))
    judged = [judge(one, wish, now, dearest=dearest) for one in ranked]
    ways = _ways(judged, wish.fallback)
    for turn, (place, after) in enumerate(ways.items()):
        judged[place] = _taken(judged[place], turn, after)
    if wish.fallback:
        judged = [_awaiting(one, wish.fallback) for one in judged]
    legs = tuple([Leg(judged[place].candidate, after) for place, after in ways.items()])
    return Choice(legs[0].candidate if legs else None, tuple(judged), legs)


def _ways(judged: Sequence[Verdict], fallback: Sequence[Fallback]) -> dict[int, timedelta]:
    """The places of those that the message takes, in order, with the time before each."""
    ways: dict[int, timedelta] = {}
    for place, verdict in enumerate(judged):
        if not verdict.obstacles:
            ways[place] = _AT_ONCE
            break
    carried: timedelta | None = None
    for one in fallback:
        after = one.after if carried is None else carried
        found = _free(judged, one.channel, ways)
        carried = after if found is None else None
        if found is not None:
            ways[found] = after if ways else _AT_ONCE
    return ways


def _free(judged: Sequence[Verdict], channel: str, taken: Collection[int]) -> int | None:
    """The place of the best way by this channel, whatever was asked for as the first."""
    return next(
        (
            place
            for place, one in enumerate(judged)
            if one.candidate.channel == channel
            and not set(one.obstacles) - _WISHES
            and not one.candidate.capabilities.awaits_visit
            and place not in taken
        ),
        None,
    )


def _taken(verdict: Verdict, turn: int, after: timedelta) -> Verdict:
    candidate, preference, facts, obstacles, overridden, _ = verdict
    if turn:
        facts = {**facts, "turn": turn, "after": after.total_seconds()}
        return Verdict(candidate, Preference.FALLBACK, facts, (), overridden)
    if obstacles:
        # The wish could not be met, and the first way after it stands in.
        preference = Preference.STAND_IN
    return Verdict(candidate, preference, facts, (), overridden, chosen=True)


def _awaiting(verdict: Verdict, fallback: Sequence[Fallback]) -> Verdict:
    """What awaits a visit and is not the first way is no help as a further one."""
    candidate = verdict.candidate
    taken = verdict.chosen or verdict.preference is Preference.FALLBACK
    if taken or not candidate.capabilities.awaits_visit:
        return verdict
    if candidate.channel not in {one.channel for one in fallback}:
        return verdict
    return verdict._replace(obstacles=(*verdict.obstacles, Obstacle.AWAITS_VISIT))


def judge(candidate: Candidate, wish: Wish, now: datetime, *, dearest: float = 0) -> Verdict:
    """One candidate by itself. dearest: the cost of the dearest one beside it."""
    cost = wish.costs.get(candidate.channel, 0)
    preference = _preference(candidate, wish, cheaper=cost < dearest)
    facts: Mapping[str, object] = {"cost": cost} if cost else NOTHING
    found = _against(candidate, wish, now)
    if not found:
        return Verdict(candidate, preference, facts)
    told: dict[str, object] = {}
    for one in found:
        told |= _about(one, candidate)
    forced = tuple([one for one in found if wish.force and one in FORCEABLE])
    left = tuple([one for one in found if one not in forced])
    return Verdict(candidate, preference, {**told, **facts}, left, forced)


def _about(obstacle: Obstacle, candidate: Candidate) -> dict[str, object]:
    """What is to be told of an obstacle."""
    match obstacle:
        case Obstacle.UNHEALTHY:
            return {"health": candidate.health}
        case Obstacle.NO_CONSENT:
            return {"consent": candidate.refusal}
        case Obstacle.FILE_TOO_LARGE:
            return {"max_file_bytes": candidate.capabilities.max_file_bytes}
        case Obstacle.WINDOW_CLOSED:
            return {"closed_at": _window_end(candidate)}
        case _:
            return {}


def _against(candidate: Candidate, wish: Wish, now: datetime) -> list[Obstacle]:
    """What keeps it back, for this wish."""
    can, largest = candidate.capabilities, wish.largest_file
    window_end = _window_end(candidate) if can.reply_window else None
    # In the order of `Obstacle`. Mostly none of it is so: then nothing is made but this.
    stands = (
        wish.contact_point_id not in (None, candidate.contact_point_id),
        wish.channel not in ("", candidate.channel),
        not candidate.enabled,
        candidate.opted_out,
        candidate.refusal,
        candidate.blocked,
        candidate.health != "ok" and not _healed(candidate, now),
        candidate.last_inbound_at is None and not can.can_start,
        window_end is not None and window_end <= now,
        largest is not None and not can.files,
        largest is not None and can.files and 0 < can.max_file_bytes < largest,
        wish.buttons and not can.buttons,
        wish.cc and not can.cc,
    )
    return [*compress(_OBSTACLES, stands)]


def _healed(candidate: Candidate, now: datetime) -> bool:
    return candidate.health_until is not None and candidate.health_until <= now


def _window_end(candidate: Candidate) -> datetime | None:
    window, last = candidate.capabilities.reply_window, candidate.last_inbound_at
    return last + window if window is not None and last is not None else None


def _preference(candidate: Candidate, wish: Wish, *, cheaper: bool) -> Preference:
    here = candidate.contact_point_id, candidate.inbox_id
    # In the order of `Preference`: the first that holds.
    holds = (
        wish.contact_point_id == candidate.contact_point_id,
        wish.channel == candidate.channel,
        wish.conversation_last == here,
        candidate.channel in wish.preferred,
        candidate.channel in wish.order,
        candidate.last_inbound_at is not None,
        cheaper,
        True,
    )
    return _PREFERENCES[holds.index(True)]


def _ranking(wish: Wish) -> Callable[[Candidate], tuple[object, ...]]:
    """The key to sort by, the best first. Ids last, so that equals always stand alike."""
    named, channel, conversation = wish.contact_point_id, wish.channel, wish.conversation_last
    preferred, order, costs = wish.preferred, wish.order, wish.costs

    def key(one: Candidate) -> tuple[object, ...]:
        last = one.last_inbound_at
        return (
            one.contact_point_id != named,
            one.channel != channel,
            conversation != (one.contact_point_id, one.inbox_id),
            _place(one.channel, preferred) if preferred else 0,
            _place(one.channel, order) if order else 0,
            last is None,
            -one.last_inbound_position,
            -last.timestamp() if last else 0.0,
            costs.get(one.channel, 0),
            -one.created_at.timestamp(),
            one.contact_point_id,
            one.inbox_id,
        )

    return key


def _place(channel: str, order: Sequence[str]) -> int:
    return order.index(channel) if channel in order else len(order)
