"""Which contact point and inbox a message goes to, and why none of the others.

Every obstacle of every candidate is named, not only the first: change one fact and exactly that
line of the explanation changes. The console makes words of the codes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
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


FORCEABLE = frozenset({Obstacle.OPTED_OUT, Obstacle.BLOCKED, Obstacle.UNHEALTHY})
"""What an explicit `force` overrides. The others the provider itself would refuse."""


class Preference(StrEnum):
    """Why a candidate that could take the message was, or would be, preferred; strongest first."""

    NAMED = "named"
    CHANNEL_NAMED = "channel-named"
    CONVERSATION = "conversation"
    """The conversation's last inbound message came from there."""
    LAST_INBOUND = "last-inbound"
    """The customer wrote from there before."""
    NEWEST = "newest"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One contact point of the customer as one inbox can reach it."""

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


@dataclass(frozen=True, slots=True)
class Wish:
    """What the sender asks for, and what the message needs to arrive whole."""

    contact_point_id: UUID | None = None
    channel: str = ""
    conversation_last: tuple[UUID, UUID] | None = None
    """(contact point, inbox) of the conversation's last inbound message."""
    largest_file: int | None = None
    """Bytes; None without files."""
    buttons: bool = False
    cc: bool = False
    force: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one candidate: chosen, outranked, or kept back by `obstacles`."""

    candidate: Candidate
    chosen: bool
    preference: Preference
    obstacles: tuple[Obstacle, ...] = ()
    overridden: tuple[Obstacle, ...] = ()
    """Obstacles that `force` overrode."""
    facts: dict[str, object] = field(default_factory=dict)

    @property
    def reason(self) -> str:
        if self.obstacles:
            return str(self.obstacles[0])
        return str(self.preference) if self.chosen else "outranked"


@dataclass(frozen=True, slots=True)
class Choice:
    chosen: Candidate | None
    verdicts: tuple[Verdict, ...]
    """One per candidate, best first."""


def choose(candidates: Sequence[Candidate], wish: Wish, now: datetime) -> Choice:
    """The best candidate without an obstacle, and a verdict on every one."""
    ranked = sorted(candidates, key=lambda one: _order(one, wish))
    judged = [_judge(one, wish, now) for one in ranked]
    chosen = next((one.candidate for one in judged if not one.obstacles), None)
    return Choice(chosen, tuple(_seal(one, chosen) for one in judged))


def _seal(verdict: Verdict, chosen: Candidate | None) -> Verdict:
    return Verdict(
        verdict.candidate,
        verdict.candidate is chosen,
        verdict.preference,
        verdict.obstacles,
        verdict.overridden,
        verdict.facts,
    )


def _judge(candidate: Candidate, wish: Wish, now: datetime) -> Verdict:
    found = [*_unwished(candidate, wish), *_unreachable(candidate, now), *_unfit(candidate, wish)]
    forced = FORCEABLE if wish.force else frozenset[Obstacle]()
    facts: dict[str, object] = {}
    if Obstacle.UNHEALTHY in found:
        facts["health"] = candidate.health
    if Obstacle.NO_CONSENT in found:
        facts["consent"] = candidate.refusal
    if Obstacle.FILE_TOO_LARGE in found:
        facts["max_file_bytes"] = candidate.capabilities.max_file_bytes
    if Obstacle.WINDOW_CLOSED in found:
        facts["closed_at"] = _window_end(candidate)
    return Verdict(
        candidate,
        chosen=False,
        preference=_preference(candidate, wish),
        obstacles=tuple(one for one in found if one not in forced),
        overridden=tuple(one for one in found if one in forced),
        facts=facts,
    )


def _unwished(candidate: Candidate, wish: Wish) -> list[Obstacle]:
    found = []
    if wish.contact_point_id not in (None, candidate.contact_point_id):
        found.append(Obstacle.OTHER_CONTACT_POINT)
    if wish.channel not in ("", candidate.channel):
        found.append(Obstacle.OTHER_CHANNEL)
    return found


def _unreachable(candidate: Candidate, now: datetime) -> list[Obstacle]:
    healed = candidate.health_until is not None and candidate.health_until <= now
    window_end = _window_end(candidate)
    checks = {
        Obstacle.INBOX_DISABLED: not candidate.enabled,
        Obstacle.OPTED_OUT: candidate.opted_out,
        Obstacle.NO_CONSENT: bool(candidate.refusal),
        Obstacle.BLOCKED: candidate.blocked,
        Obstacle.UNHEALTHY: candidate.health != "ok" and not healed,
        Obstacle.NEVER_WROTE: candidate.last_inbound_at is None
        and not candidate.capabilities.can_start,
        Obstacle.WINDOW_CLOSED: window_end is not None and window_end <= now,
    }
    return [obstacle for obstacle, found in checks.items() if found]


def _window_end(candidate: Candidate) -> datetime | None:
    window, last = candidate.capabilities.reply_window, candidate.last_inbound_at
    return last + window if window is not None and last is not None else None


def _unfit(candidate: Candidate, wish: Wish) -> list[Obstacle]:
    can = candidate.capabilities
    has_files = wish.largest_file is not None
    checks = {
        Obstacle.NO_FILES: has_files and not can.files,
        Obstacle.FILE_TOO_LARGE: can.files
        and can.max_file_bytes > 0
        and (wish.largest_file or 0) > can.max_file_bytes,
        Obstacle.NO_BUTTONS: wish.buttons and not can.buttons,
        Obstacle.NO_CC: wish.cc and not can.cc,
    }
    return [obstacle for obstacle, found in checks.items() if found]


def _preference(candidate: Candidate, wish: Wish) -> Preference:
    if wish.contact_point_id == candidate.contact_point_id:
        return Preference.NAMED
    if wish.channel == candidate.channel:
        return Preference.CHANNEL_NAMED
    if wish.conversation_last == (candidate.contact_point_id, candidate.inbox_id):
        return Preference.CONVERSATION
    return Preference.LAST_INBOUND if candidate.last_inbound_at else Preference.NEWEST


def _order(candidate: Candidate, wish: Wish) -> tuple[object, ...]:
    """Smallest first. Ids last, so that equals always stand alike."""
    last = candidate.last_inbound_at
    return (
        wish.contact_point_id != candidate.contact_point_id,
        wish.channel != candidate.channel,
        wish.conversation_last != (candidate.contact_point_id, candidate.inbox_id),
        last is None,
        -last.timestamp() if last else 0.0,
        -candidate.created_at.timestamp(),
        candidate.contact_point_id,
        candidate.inbox_id,
    )
