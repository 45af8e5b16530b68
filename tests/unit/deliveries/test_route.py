"""Which way a message goes, and why no other."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.deliveries.route import FORCEABLE, Candidate, Choice, Obstacle, Wish, choose
from hub.ports import Capabilities

NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
PLAIN = Capabilities(frozenset({"x"}), 100, can_start=True, files=True, buttons=True, cc=True)
WINDOW = replace(PLAIN, reply_window=timedelta(hours=24))


def candidate(number: int, **changes: Any) -> Candidate:
    made = Candidate(
        UUID(int=number), UUID(int=100), "mail", "x", PLAIN, NOW - timedelta(days=number)
    )
    return made._replace(**changes)


def ago(**by: float) -> datetime:
    return NOW - timedelta(**by)


OLD, NEW = candidate(2), candidate(1)
WROTE = candidate(3, last_inbound_at=ago(days=1))
WROTE_LATER = candidate(4, last_inbound_at=ago(hours=1), channel="chat")
ALL = [OLD, NEW, WROTE, WROTE_LATER]


def test_what_came_later_counts_whatever_its_date_says():
    slow_clock = WROTE._replace(last_inbound_position=2)
    before = WROTE_LATER._replace(last_inbound_position=1)
    assert choose([before, slow_clock], Wish(), NOW).chosen == slow_clock


@pytest.mark.parametrize(
    ("wish", "expected", "reason"),
    [
        (Wish(), WROTE_LATER, "last-inbound"),
        (Wish(contact_point_id=OLD.contact_point_id), OLD, "named"),
        (Wish(channel="mail"), WROTE, "channel-named"),
        (Wish(conversation_last=(WROTE.contact_point_id, UUID(int=100))), WROTE, "conversation"),
        (
            Wish(channel="chat", conversation_last=(WROTE.contact_point_id, UUID(int=100))),
            WROTE_LATER,
            "channel-named",
        ),
    ],
)
def test_the_order_of_preference(wish: Wish, expected: Candidate, reason: str):
    choice = choose(ALL, wish, NOW)
    assert choice.chosen == expected
    assert choice.verdicts[0].reason == reason
    assert {one.reason for one in choice.verdicts[1:]} <= {
        "outranked",
        "other-contact-point",
        "other-channel",
    }


def test_who_never_wrote_is_reached_at_the_newest_address():
    choice = choose([OLD, NEW], Wish(), NOW)
    assert (choice.chosen, choice.verdicts[0].reason) == (NEW, "newest")


def test_nobody_to_write_to():
    assert choose([], Wish(), NOW) == Choice(None, ())


FLIPS: dict[Obstacle, Candidate] = {
    Obstacle.INBOX_DISABLED: candidate(5, enabled=False),
    Obstacle.OPTED_OUT: candidate(5, opted_out=True),
    Obstacle.NO_CONSENT: candidate(5, refusal="withdrawn"),
    Obstacle.BLOCKED: candidate(5, blocked=True),
    Obstacle.UNHEALTHY: candidate(5, health="unreachable", health_until=NOW + timedelta(1)),
    Obstacle.NEVER_WROTE: candidate(5, capabilities=replace(PLAIN, can_start=False)),
    Obstacle.WINDOW_CLOSED: candidate(5, capabilities=WINDOW, last_inbound_at=ago(hours=24)),
    Obstacle.NO_FILES: candidate(5, capabilities=replace(PLAIN, files=False)),
    Obstacle.FILE_TOO_LARGE: candidate(5, capabilities=replace(PLAIN, max_file_bytes=9)),
    Obstacle.NO_BUTTONS: candidate(5, capabilities=replace(PLAIN, buttons=False)),
    Obstacle.NO_CC: candidate(5, capabilities=replace(PLAIN, cc=False)),
    Obstacle.OTHER_CHANNEL: candidate(5, channel="sms"),
}
DEMANDING = Wish(channel="mail", largest_file=10, buttons=True, cc=True)


@pytest.mark.parametrize("obstacle", FLIPS)
def test_each_obstacle_keeps_one_candidate_back_and_is_the_only_one_named(obstacle: Obstacle):
    choice = choose([FLIPS[obstacle], OLD], DEMANDING, NOW)
    lines = {one.candidate.contact_point_id: one.obstacles for one in choice.verdicts}
    assert lines == {UUID(int=5): (obstacle,), OLD.contact_point_id: ()}
    assert choice.chosen == OLD
    forced = choose([FLIPS[obstacle], OLD], DEMANDING._replace(force=True), NOW)
    line = next(one for one in forced.verdicts if one.candidate.contact_point_id == UUID(int=5))
    assert (line.overridden == (obstacle,)) == (obstacle in FORCEABLE)
    assert (line.obstacles == ()) == (obstacle in FORCEABLE)


def test_health_heals_and_windows_open():
    healed = candidate(5, health="unreachable", health_until=NOW)
    open_still = candidate(6, capabilities=WINDOW, last_inbound_at=ago(hours=23, minutes=59))
    never_closed = candidate(7, capabilities=WINDOW)
    choice = choose([healed, open_still, never_closed], Wish(), NOW)
    assert all(not one.obstacles for one in choice.verdicts)


def test_every_obstacle_is_named_not_only_the_first():
    worst = candidate(1, enabled=False, opted_out=True, blocked=True, health="invalid_address")
    (line,) = choose([worst], Wish(channel="chat", contact_point_id=UUID(int=9)), NOW).verdicts
    assert line.obstacles == (
        Obstacle.OTHER_CONTACT_POINT,
        Obstacle.OTHER_CHANNEL,
        Obstacle.INBOX_DISABLED,
        Obstacle.OPTED_OUT,
        Obstacle.BLOCKED,
        Obstacle.UNHEALTHY,
    )


candidates = st.builds(
    candidate,
    number=st.integers(1, 4),
    enabled=st.booleans(),
    opted_out=st.booleans(),
    blocked=st.booleans(),
    health=st.sampled_from(["ok", "unreachable"]),
    channel=st.sampled_from(["mail", "chat"]),
    capabilities=st.sampled_from([PLAIN, WINDOW, replace(PLAIN, can_start=False, files=False)]),
    last_inbound_at=st.sampled_from([None, ago(hours=1), ago(days=2)]),
    inbox_id=st.sampled_from([UUID(int=100), UUID(int=101)]),
)
wishes = st.builds(
    Wish,
    contact_point_id=st.sampled_from([None, UUID(int=1)]),
    channel=st.sampled_from(["", "mail"]),
    largest_file=st.sampled_from([None, 10]),
    force=st.booleans(),
)
pairs = st.lists(
    candidates, max_size=5, unique_by=lambda one: (one.contact_point_id, one.inbox_id)
)


@given(pairs, wishes, st.randoms())
def test_every_candidate_has_a_line_and_the_order_given_does_not_matter(
    several: list[Candidate], wish: Wish, random
):
    choice = choose(several, wish, NOW)
    assert sorted(map(id, several)) == sorted(id(one.candidate) for one in choice.verdicts)
    assert [one.candidate for one in choice.verdicts if one.chosen] == (
        [choice.chosen] if choice.chosen else []
    )
    assert (choice.chosen is None) == all(one.obstacles for one in choice.verdicts)
    random.shuffle(several)
    assert choose(several, wish, NOW) == choice


@given(pairs, wishes, st.data())
def test_flipping_one_factor_flips_exactly_that_line(
    several: list[Candidate], wish: Wish, data: st.DataObject
):
    if not several:
        return
    one = data.draw(st.sampled_from(several))
    factor, obstacle = data.draw(
        st.sampled_from(
            [
                ("enabled", Obstacle.INBOX_DISABLED),
                ("opted_out", Obstacle.OPTED_OUT),
                ("blocked", Obstacle.BLOCKED),
            ]
        )
    )
    change: dict[str, Any] = {factor: not getattr(one, factor)}
    flipped = one._replace(**change)
    before = found(several, wish)
    after = found([flipped if other is one else other for other in several], wish)
    key = one.contact_point_id, one.inbox_id
    assert before.pop(key) ^ after.pop(key) == {obstacle}
    assert before == after


def found(several: list[Candidate], wish: Wish) -> dict[tuple[UUID, UUID], set[Obstacle]]:
    return {
        (one.candidate.contact_point_id, one.candidate.inbox_id): {
            *one.obstacles,
            *one.overridden,
        }
        for one in choose(several, wish, NOW).verdicts
    }
