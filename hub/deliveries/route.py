"""Which contact points and inboxes a message goes to, in which order, and why none of the others.

Every obstacle of every candidate is named, not only the first: change one fact and exactly that
line of the explanation changes. The console makes words of the codes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple
from uuid import UUID

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


NO_FACTS: Final[Mapping[str, object]] = {}
_FREE: Final[Mapping[str, float]] = {}


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
    refusal: str = ""
    """Why no message of this purpose may go there: `hub.customers.consents.refusal`."""
    blocked: bool = False
    last_inbound_at: datetime | None = None
    last_inbound_position: int = 0
    """Of that message among all entries: what came later is greater, whatever its date says."""


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
    costs: Mapping[str, float] = _FREE

    def cost(self, channel: str) -> float:
        return self.costs.get(channel, 0)


class Leg(NamedTuple):
    """One way the message takes, as the first or after the one before it."""

    candidate: Candidate
    after: timedelta = timedelta()


class Verdict(NamedTuple):
    """What became of one candidate: chosen, outranked, or kept back by `obstacles`."""

    candidate: Candidate
    chosen: bool
    preference: Preference
    obstacles: tuple[Obstacle, ...] = ()
    overridden: tuple[Obstacle, ...] = ()
    """Obstacles that `force` overrode."""
    facts: Mapping[str, object] = NO_FACTS

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
    dearest = max((wish.cost(one.channel) for one in candidates), default=0)
    ranked = sorted(candidates, key=lambda one: _order(one, wish))
    judged = [judge(one, wish, now, dearest=dearest) for one in ranked]
    legs = _legs(judged, wish)
    turns = {id(leg.candidate): (number, leg) for number, leg in enumerate(legs)}
    verdicts = tuple(_seal(one, turns.get(id(one.candidate)), wish) for one in judged)
    return Choice(legs[0].candidate if legs else None, verdicts, legs)


def _legs(judged: Sequence[Verdict], wish: Wish) -> tuple[Leg, ...]:
    best = next((one.candidate for one in judged if not one.obstacles), None)
    legs = [] if best is None else [Leg(best)]
    carried: timedelta | None = None
    for one in wish.fallback:
        after = one.after if carried is None else carried
        found = _by(judged, one.channel, {id(leg.candidate) for leg in legs})
        carried = after if found is None else None
        if found is not None:
            legs.append(Leg(found, after if legs else timedelta()))
    return tuple(legs)


def _by(judged: Sequence[Verdict], channel: str, taken: set[int]) -> Candidate | None:
    """The best way by this channel that is free, whatever was asked for as the first."""
    return next(
        (
            one.candidate
            for one in judged
            if one.candidate.channel == channel
            and not set(one.obstacles) - _WISHES
            and not one.candidate.capabilities.awaits_visit
            and id(one.candidate) not in taken
        ),
        None,
    )


def _seal(verdict: Verdict, place: tuple[int, Leg] | None, wish: Wish) -> Verdict:
    can = verdict.candidate.capabilities
    if place is None:
        useless = can.awaits_visit and verdict.candidate.channel in {
            one.channel for one in wish.fallback
        }
        more = (*verdict.obstacles, Obstacle.AWAITS_VISIT)
        return verdict._replace(obstacles=more) if useless else verdict
    turn, leg = place
    if turn == 0:
        # The wish could not be met, and the first way after it stands in.
        return verdict._replace(
            chosen=True,
            obstacles=(),
            preference=Preference.STAND_IN if verdict.obstacles else verdict.preference,
        )
    return verdict._replace(
        obstacles=(),
        preference=Preference.FALLBACK,
        facts={**verdict.facts, "turn": turn, "after": leg.after.total_seconds()},
    )


def judge(candidate: Candidate, wish: Wish, now: datetime, *, dearest: float = 0) -> Verdict:
    """One candidate by itself. dearest: the cost of the dearest one beside it."""
    found = [*_unwished(candidate, wish), *_unreachable(candidate, now), *_unfit(candidate, wish)]
    forced = FORCEABLE if wish.force else frozenset[Obstacle]()
    facts: dict[str, object] = {}
    for one in found:
        facts |= _about(one, candidate)
    if cost := wish.cost(candidate.channel):
        facts["cost"] = cost
    return Verdict(
        candidate,
        chosen=False,
        preference=_preference(candidate, wish, dearest),
        obstacles=tuple(one for one in found if one not in forced),
        overridden=tuple(one for one in found if one in forced),
        facts=facts,
    )


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


def _unwished(candidate: Candidate, wish: Wish) -> list[Obstacle]:
    found = []
    if wish.contact_point_id not in (None, candidate.contact_point_id):
        found.append(Obstacle.OTHER_CONTACT_POINT)
    if wish.channel not in ("", candidate.channel):
        found.append(Obstacle.OTHER_CHANNEL)
    return found


def _unreachable(candidate: Candidate, now: datetime) -> list[Obstacle]:
    window_end = _window_end(candidate)
    never_wrote = candidate.last_inbound_at is None and not candidate.capabilities.can_start
    return [
        *([Obstacle.INBOX_DISABLED] if not candidate.enabled else ()),
        *([Obstacle.OPTED_OUT] if candidate.opted_out else ()),
        *([Obstacle.NO_CONSENT] if candidate.refusal else ()),
        *([Obstacle.BLOCKED] if candidate.blocked else ()),
        *([Obstacle.UNHEALTHY] if not _healthy(candidate, now) else ()),
        *([Obstacle.NEVER_WROTE] if never_wrote else ()),
        *([Obstacle.WINDOW_CLOSED] if window_end is not None and window_end <= now else ()),
    ]


def _healthy(candidate: Candidate, now: datetime) -> bool:
    if candidate.health == "ok":
        return True
    return candidate.health_until is not None and candidate.health_until <= now


def _window_end(candidate: Candidate) -> datetime | None:
    window, last = candidate.capabilities.reply_window, candidate.last_inbound_at
    return last + window if window is not None and last is not None else None


def _unfit(candidate: Candidate, wish: Wish) -> list[Obstacle]:
    can = candidate.capabilities
    has_files = wish.largest_file is not None
    too_large = can.files and 0 < can.max_file_bytes < (wish.largest_file or 0)
    return [
        *([Obstacle.NO_FILES] if has_files and not can.files else ()),
        *([Obstacle.FILE_TOO_LARGE] if too_large else ()),
        *([Obstacle.NO_BUTTONS] if wish.buttons and not can.buttons else ()),
        *([Obstacle.NO_CC] if wish.cc and not can.cc else ()),
    ]


def _preference(candidate: Candidate, wish: Wish, dearest: float) -> Preference:
    if wish.contact_point_id == candidate.contact_point_id:
        return Preference.NAMED
    if wish.channel == candidate.channel:
        return Preference.CHANNEL_NAMED
    if wish.conversation_last == (candidate.contact_point_id, candidate.inbox_id):
        return Preference.CONVERSATION
    return _by_channel(candidate, wish, dearest)


def _by_channel(candidate: Candidate, wish: Wish, dearest: float) -> Preference:
    if candidate.channel in wish.preferred:
        return Preference.PREFERRED
    if candidate.channel in wish.order:
        return Preference.CHANNEL_ORDER
    if candidate.last_inbound_at is not None:
        return Preference.LAST_INBOUND
    cheaper = wish.cost(candidate.channel) < dearest
    return Preference.CHEAPER if cheaper else Preference.NEWEST


def _order(candidate: Candidate, wish: Wish) -> tuple[object, ...]:
    """Smallest first. Ids last, so that equals always stand alike."""
    last = candidate.last_inbound_at
    return (
        wish.contact_point_id != candidate.contact_point_id,
        wish.channel != candidate.channel,
        wish.conversation_last != (candidate.contact_point_id, candidate.inbox_id),
        _place(candidate.channel, wish.preferred),
        _place(candidate.channel, wish.order),
        last is None,
        -candidate.last_inbound_position,
        -last.timestamp() if last else 0.0,
        wish.cost(candidate.channel),
        -candidate.created_at.timestamp(),
        candidate.contact_point_id,
        candidate.inbox_id,
    )


def _place(channel: str, order: Sequence[str]) -> int:
    return order.index(channel) if channel in order else len(order)
