"""What a decision tells of every candidate, byte for byte, against the rules put plainly."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.clock import rfc3339
from hub.deliveries.decisions import candidates_json
from hub.deliveries.route import FORCEABLE, Candidate, Fallback, Obstacle, Wish, choose
from hub.ports import Capabilities

NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
ALL = Capabilities(frozenset({"x"}), 100, can_start=True, files=True, buttons=True, cc=True)
CANS = [
    ALL,
    replace(ALL, reply_window=timedelta(hours=24)),
    replace(ALL, can_start=False, files=False),
    replace(ALL, max_file_bytes=9, buttons=False, cc=False),
    replace(ALL, awaits_visit=True),
]
CHANNELS = ["mail", "chat", "text"]
WISHES = ("other-contact-point", "other-channel")

clean: dict[str, st.SearchStrategy[Any]] = {
    "contact_point_id": st.integers(1, 4).map(lambda number: UUID(int=number)),
    "inbox_id": st.sampled_from([UUID(int=100), UUID(int=101)]),
    "channel": st.sampled_from(CHANNELS),
    "scheme": st.just("x"),
    "capabilities": st.sampled_from(CANS),
    "created_at": st.integers(1, 4).map(lambda days: NOW - timedelta(days=days)),
    "last_inbound_at": st.sampled_from(
        [None, None, None, NOW - timedelta(hours=1), NOW - timedelta(1)]
    ),
    "last_inbound_position": st.sampled_from([0, 0, 0, 1]),
}
flawed: dict[str, st.SearchStrategy[Any]] = {
    "enabled": st.booleans(),
    "health": st.sampled_from(["ok", "unreachable"]),
    "health_until": st.sampled_from([None, NOW, NOW + timedelta(hours=1)]),
    "opted_out": st.booleans(),
    "refusal": st.sampled_from(["", "withdrawn"]),
    "blocked": st.booleans(),
}
ways = st.fixed_dictionaries(clean) | st.fixed_dictionaries(clean | flawed)
wishes = st.builds(
    Wish,
    contact_point_id=st.sampled_from([None, None, None, UUID(int=1)]),
    channel=st.sampled_from(["", "", "", "mail"]),
    conversation_last=st.sampled_from([None, (UUID(int=2), UUID(int=100))]),
    largest_file=st.sampled_from([None, None, 0, 10]),
    buttons=st.booleans(),
    cc=st.booleans(),
    force=st.booleans(),
    fallback=st.lists(
        st.builds(
            Fallback,
            st.sampled_from(CHANNELS),
            st.sampled_from([timedelta(minutes=2), timedelta(hours=1)]),
        ),
        max_size=3,
    ).map(tuple),
    preferred=st.sampled_from([(), (), ("text", "mail")]),
    order=st.sampled_from([(), (), ("chat",)]),
    costs=st.sampled_from([{}, {"text": 1.0}, {"text": 1.0, "chat": 0.25}]),
)
several = st.lists(
    ways.map(lambda facts: Candidate(**facts)),
    max_size=5,
    unique_by=lambda one: (one.contact_point_id, one.inbox_id),
)


@settings(max_examples=500)
@given(several, wishes)
def test_a_decision_tells_of_every_candidate_what_the_rules_say(
    these: list[Candidate], wish: Wish
):
    choice = choose(these, wish, NOW)
    lines, ways = plainly(these, wish)
    assert candidates_json(choice) == orjson.dumps(lines).decode()
    assert [(key(leg.candidate), leg.after) for leg in choice.legs] == ways
    assert choice.chosen is (choice.legs[0].candidate if ways else None)


def plainly(
    these: Sequence[Candidate], wish: Wish
) -> tuple[list[dict[str, Any]], list[tuple[tuple[UUID, UUID], timedelta]]]:
    """The lines of the explanation, the best first, and the ways with the time before each."""
    ranked = sorted(these, key=lambda one: rank(one, wish))
    against = [obstacles(one, wish) for one in ranked]
    forced = [*FORCEABLE] if wish.force else []
    kept = [[no for no in found if no not in forced] for found in against]
    ways = taken(ranked, kept, wish)
    lines = []
    for number, one in enumerate(ranked):
        facts = {**about(one, against[number]), **cost(one, wish)}
        turn = next((n for n, (place, _) in enumerate(ways) if place == number), None)
        left = kept[number] if turn is None else []
        waits = one.capabilities.awaits_visit and one.channel in [
            it.channel for it in wish.fallback
        ]
        if turn is None and waits:
            left = [*left, Obstacle.AWAITS_VISIT]
        if turn:
            facts |= {"turn": turn, "after": ways[turn][1].total_seconds()}
        reason = "outranked"
        if left:
            reason = left[0].value
        elif turn is not None:
            first = "stand-in" if kept[number] else preference(one, these, wish)
            reason = "fallback" if turn else first
        lines.append(
            {
                "contact_point_id": str(one.contact_point_id),
                "inbox_id": str(one.inbox_id),
                "channel": one.channel,
                "chosen": turn == 0,
                "reason": reason,
                "obstacles": [no.value for no in left],
                "overridden": [no.value for no in against[number] if no in forced],
                "facts": facts,
            }
        )
    return lines, [(key(ranked[place]), after) for place, after in ways]


def key(one: Candidate) -> tuple[UUID, UUID]:
    return one.contact_point_id, one.inbox_id


def cost(one: Candidate, wish: Wish) -> dict[str, float]:
    found = wish.costs.get(one.channel, 0)
    return {"cost": found} if found else {}


def window_end(one: Candidate) -> datetime | None:
    if one.capabilities.reply_window is None or one.last_inbound_at is None:
        return None
    return one.last_inbound_at + one.capabilities.reply_window


def obstacles(one: Candidate, wish: Wish) -> list[Obstacle]:
    can, largest, end = one.capabilities, wish.largest_file, window_end(one)
    healed = one.health_until is not None and one.health_until <= NOW
    stands = {
        Obstacle.OTHER_CONTACT_POINT: wish.contact_point_id
        and wish.contact_point_id != one.contact_point_id,
        Obstacle.OTHER_CHANNEL: wish.channel and wish.channel != one.channel,
        Obstacle.INBOX_DISABLED: not one.enabled,
        Obstacle.OPTED_OUT: one.opted_out,
        Obstacle.NO_CONSENT: one.refusal,
        Obstacle.BLOCKED: one.blocked,
        Obstacle.UNHEALTHY: one.health != "ok" and not healed,
        Obstacle.NEVER_WROTE: not can.can_start and one.last_inbound_at is None,
        Obstacle.WINDOW_CLOSED: end is not None and end <= NOW,
        Obstacle.NO_FILES: largest is not None and not can.files,
        Obstacle.FILE_TOO_LARGE: can.files and 0 < can.max_file_bytes < (largest or 0),
        Obstacle.NO_BUTTONS: wish.buttons and not can.buttons,
        Obstacle.NO_CC: wish.cc and not can.cc,
    }
    return [no for no, here in stands.items() if here]


def about(one: Candidate, found: Sequence[Obstacle]) -> dict[str, object]:
    end = window_end(one)
    told: dict[Obstacle, dict[str, object]] = {
        Obstacle.UNHEALTHY: {"health": one.health},
        Obstacle.NO_CONSENT: {"consent": one.refusal},
        Obstacle.FILE_TOO_LARGE: {"max_file_bytes": one.capabilities.max_file_bytes},
        Obstacle.WINDOW_CLOSED: {"closed_at": rfc3339(end) if end else ""},
    }
    facts: dict[str, object] = {}
    for no in found:
        facts |= told.get(no, {})
    return facts


def preference(one: Candidate, these: Sequence[Candidate], wish: Wish) -> str:
    dearest = max(wish.costs.get(other.channel, 0) for other in these)
    holds = {
        "named": wish.contact_point_id == one.contact_point_id,
        "channel-named": wish.channel == one.channel,
        "conversation": wish.conversation_last == key(one),
        "preferred": one.channel in wish.preferred,
        "channel-order": one.channel in wish.order,
        "last-inbound": one.last_inbound_at is not None,
        "cheaper": wish.costs.get(one.channel, 0) < dearest,
        "newest": True,
    }
    return next(name for name, here in holds.items() if here)


def rank(one: Candidate, wish: Wish) -> tuple[object, ...]:
    def place(order: tuple[str, ...]) -> int:
        return [*order, one.channel].index(one.channel)

    last = one.last_inbound_at
    return (
        wish.contact_point_id != one.contact_point_id,
        wish.channel != one.channel,
        wish.conversation_last != key(one),
        place(wish.preferred),
        place(wish.order),
        last is None,
        -one.last_inbound_position,
        NOW - last if last else timedelta(),
        wish.costs.get(one.channel, 0),
        NOW - one.created_at,
        one.contact_point_id,
        one.inbox_id,
    )


def taken(
    ranked: Sequence[Candidate], kept: Sequence[Sequence[Obstacle]], wish: Wish
) -> list[tuple[int, timedelta]]:
    """By their places: the best, then the first free one of each further channel."""
    ways = [(n, timedelta()) for n, found in enumerate(kept) if not found][:1]
    waited: timedelta | None = None
    for one in wish.fallback:
        # A way that does not exist takes no time: the next one stands in its place.
        after = one.after if waited is None else waited
        free = [
            n
            for n, it in enumerate(ranked)
            if it.channel == one.channel
            and all(no in WISHES for no in kept[n])
            and not it.capabilities.awaits_visit
            and n not in [place for place, _ in ways]
        ]
        waited = None if free else after
        ways += [(n, after if ways else timedelta()) for n in free[:1]]
    return ways
