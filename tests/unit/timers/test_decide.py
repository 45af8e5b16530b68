"""Which timers a conversation has: what starts, pauses and ends them, and when they tell."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.events import Event
from hub.hours.calendar import ALWAYS, Calendar, Span
from hub.timers.decide import Facts, Kind, Policy, Timer, Way, folded, timers
from hub.timers.watching import told, ways

NOW = datetime(2026, 5, 4, 9, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
INBOX, TEAM, OTHER = (UUID(int=number) for number in (1, 2, 3))
OFFICE = Calendar((Span(frozenset(range(5)), 540, 1080),), ZoneInfo("UTC"))
TARGETS: dict[Kind, timedelta] = {
    "first_reply": HOUR,
    "next_reply": 2 * HOUR,
    "resolution": 8 * HOUR,
}
PROMISE = Policy(UUID(int=9), frozenset(), frozenset(), 0, TARGETS, 0.8)
FRESH = Facts("open", INBOX, None, 0, NOW, replied=False)


def by_kind(found: tuple[Timer, ...]) -> dict[str, Timer]:
    return {one.kind: one for one in found}


def test_a_first_message_starts_the_first_reply_and_the_resolution() -> None:
    found = by_kind(timers(FRESH, (), [PROMISE], OFFICE, NOW))
    assert {kind: (one.warn_at, one.due_at) for kind, one in found.items()} == {
        "first_reply": (NOW + 48 * MINUTE, NOW + HOUR),
        "resolution": (NOW + 6.4 * HOUR, NOW + 8 * HOUR),
    }


@pytest.mark.parametrize("policies", [[], [PROMISE]])
def test_who_rated_low_is_called_back_whatever_is_promised(policies: list[Policy]) -> None:
    rated = replace(FRESH, rated_low_at=NOW + MINUTE)
    at = NOW + 2 * MINUTE
    found = timers(rated, (), policies, OFFICE, at)
    call = by_kind(found)["call_back"]
    assert call.due_at == NOW + MINUTE + 24 * HOUR
    late = replace(call, breached_at=call.due_at)
    # Told once, however often it is looked at.
    assert by_kind(timers(rated, (late,), policies, OFFICE, at))["call_back"] == late
    for over in (
        replace(rated, waiting_since=None),
        replace(rated, status="closed"),
        replace(rated, waiting_since=NOW + HOUR),
        replace(rated, rated_low_at=None),
    ):
        assert "call_back" not in by_kind(timers(over, (late,), policies, OFFICE, at))


def test_business_time_is_counted() -> None:
    friday = NOW + timedelta(days=4, hours=8, minutes=30)
    [reply, _] = timers(replace(FRESH, waiting_since=friday), (), [PROMISE], OFFICE, friday)
    assert reply.due_at == NOW + timedelta(days=7, minutes=30)
    never = Calendar((), ZoneInfo("UTC"))
    [reply, _] = timers(FRESH, (), [PROMISE], never, NOW)
    assert (reply.due_at, reply.warn_at, reply.next_at) == (None, None, None)


def test_an_answer_ends_the_reply_and_the_next_message_starts_another() -> None:
    first = timers(FRESH, (), [PROMISE], ALWAYS, NOW)
    answered = replace(FRESH, waiting_since=None, replied=True)
    assert set(by_kind(timers(answered, first, [PROMISE], ALWAYS, NOW))) == {"resolution"}
    again = replace(answered, waiting_since=NOW + 3 * HOUR)
    found = by_kind(timers(again, first, [PROMISE], ALWAYS, NOW + 3 * HOUR))
    assert set(found) == {"next_reply", "resolution"}
    assert found["next_reply"].due_at == NOW + 5 * HOUR


@pytest.mark.parametrize("status", ["pending", "snoozed"])
def test_only_the_resolution_pauses(status: str) -> None:
    open_ = timers(FRESH, (), [PROMISE], ALWAYS, NOW)
    resting = replace(FRESH, status=status)
    paused = by_kind(timers(resting, open_, [PROMISE], ALWAYS, NOW + HOUR))
    assert paused["first_reply"].due_at == NOW + HOUR
    assert (paused["resolution"].due_at, paused["resolution"].spent) == (None, HOUR)
    later = NOW + 10 * HOUR
    on = by_kind(timers(FRESH, tuple(paused.values()), [PROMISE], ALWAYS, later))
    assert on["resolution"].due_at == later + 7 * HOUR
    assert timers(FRESH, tuple(on.values()), [PROMISE], ALWAYS, later + HOUR) == tuple(on.values())


def test_what_is_closed_has_none_and_begins_anew_when_it_is_opened() -> None:
    open_ = timers(FRESH, (), [PROMISE], ALWAYS, NOW)
    closed = replace(FRESH, status="closed", waiting_since=None)
    assert timers(closed, open_, [PROMISE], ALWAYS, NOW) == ()
    [one] = timers(replace(closed, status="open"), (), [PROMISE], ALWAYS, NOW + HOUR)
    assert one.due_at == NOW + 9 * HOUR


@pytest.mark.parametrize(
    ("policy", "facts", "fits"),
    [
        ({}, {}, True),
        ({"inboxes": frozenset({INBOX})}, {}, True),
        ({"inboxes": frozenset({OTHER})}, {}, False),
        ({"teams": frozenset({TEAM})}, {}, False),
        ({"teams": frozenset({TEAM})}, {"team_id": TEAM}, True),
        ({"priority": 3}, {"priority": 2}, False),
        ({"priority": 3}, {"priority": 4}, True),
    ],
)
def test_whom_a_promise_fits(
    policy: dict[str, object], facts: dict[str, object], fits: bool
) -> None:
    assert replace(PROMISE, **policy).fits(replace(FRESH, **facts)) is fits  # type: ignore[arg-type]


def test_the_first_promise_that_fits_holds_and_another_one_measures_from_the_same_moment() -> None:
    urgent = replace(PROMISE, id=UUID(int=8), priority=3, targets={"first_reply": 10 * MINUTE})
    found = timers(FRESH, (), [urgent, PROMISE], ALWAYS, NOW)
    assert [one.policy_id for one in found] == [PROMISE.id, PROMISE.id]
    [one] = timers(replace(FRESH, priority=4), found, [urgent, PROMISE], ALWAYS, NOW + HOUR)
    assert (one.policy_id, one.due_at) == (urgent.id, NOW + 10 * MINUTE)
    assert timers(FRESH, found, [], ALWAYS, NOW) == ()


def test_each_thing_is_told_once() -> None:
    [reply, _] = timers(FRESH, (), [PROMISE], ALWAYS, NOW)
    assert told(reply, NOW + 47 * MINUTE) == reply
    warned = told(reply, NOW + 48 * MINUTE)
    assert (warned.warned_at, warned.breached_at) == (NOW + 48 * MINUTE, None)
    assert (warned.next_at, told(warned, NOW + 50 * MINUTE)) == (NOW + HOUR, warned)
    breached = told(warned, NOW + HOUR)
    assert (breached.breached_at, breached.next_at) == (NOW + HOUR, None)
    assert told(breached, NOW + 2 * HOUR) == breached
    late = told(reply, NOW + 3 * HOUR)
    assert late.warned_at == late.breached_at == NOW + 3 * HOUR, "told late, it is told at once"


def test_an_answer_taken_back_tells_nothing_twice() -> None:
    [reply, _] = timers(FRESH, (), [PROMISE], ALWAYS, NOW)
    broken = told(reply, NOW + HOUR)
    answered = replace(FRESH, waiting_since=None, replied=True)
    kept = timers(answered, (broken,), [PROMISE], ALWAYS, NOW + HOUR)
    assert by_kind(kept)["first_reply"].next_at is None
    for rest in (kept, timers(replace(answered, status="closed"), kept, [PROMISE], ALWAYS, NOW)):
        back = by_kind(timers(FRESH, rest, [PROMISE], ALWAYS, NOW + 2 * HOUR))["first_reply"]
        assert back == broken
    later = replace(FRESH, waiting_since=NOW + 2 * HOUR)
    fresh = by_kind(timers(later, kept, [PROMISE], ALWAYS, NOW + 2 * HOUR))["first_reply"]
    assert (fresh.warned_at, fresh.breached_at) == (None, None), "another wait is another promise"


@pytest.mark.parametrize("hours", [2, 3])
def test_a_longer_promise_is_told_of_when_its_own_time_comes(hours: int) -> None:
    broken = told(timers(FRESH, (), [PROMISE], ALWAYS, NOW)[0], NOW + HOUR)
    longer = replace(PROMISE, targets={"first_reply": hours * HOUR})
    [now] = timers(FRESH, (broken,), [longer], ALWAYS, NOW + 1.5 * HOUR)
    assert (now.warned_at, now.breached_at) == (None, None)
    [late] = timers(FRESH, (broken,), [longer], ALWAYS, NOW + 5 * HOUR)
    assert late.breached_at == broken.breached_at, "what is over by then was told already"
    # An event older than what was told does not undo it.
    [same, _] = timers(FRESH, (broken,), [PROMISE], ALWAYS, NOW)
    assert same == broken


def test_what_is_due_in_more_than_ten_years_still_warns() -> None:
    rare = Calendar((Span(frozenset({0}), 0, 1),), ZoneInfo("UTC"))
    [one] = timers(FRESH, (), [replace(PROMISE, targets={"first_reply": 600 * MINUTE})], rare, NOW)
    assert one.due_at is None
    assert one.warn_at is not None
    warned = told(one, one.warn_at)
    assert (warned.warned_at, warned.next_at) == (one.warn_at, None)
    assert told(warned, one.warn_at + HOUR) == warned


moments = st.none() | st.integers(0, 100).map(lambda minute: NOW + minute * MINUTE)


@given(st.builds(Timer, st.just("resolution"), st.just(INBOX), st.just(NOW), st.just(NOW),
                 due_at=moments, warn_at=moments, warned_at=moments, breached_at=moments),
       st.integers(0, 100))  # fmt: skip
def test_what_has_nothing_to_tell_has_it_later_or_never(timer: Timer, minute: int) -> None:
    now = NOW + minute * MINUTE
    after = told(timer, now)
    if after == timer and timer.warned_at is None:
        assert after.next_at is None or after.next_at > now


def _event(kind: str, hour: float, **data: object) -> Event:
    at = NOW + hour * HOUR
    return Event(1, INBOX, kind, at, None, TEAM, None, None, None, data, None, 0)


def _becomes(hour: float, old: str, new: str) -> Event:
    return _event("conversation.updated", hour, changed={"status": [old, new]})


def test_a_snooze_and_its_end_seen_at_once_do_not_count() -> None:
    opened = _event("conversation.opened", 0)
    events = [opened, _becomes(1, "open", "snoozed"), _becomes(4, "snoozed", "open")]
    found = by_kind(folded(FRESH, (), [PROMISE], ALWAYS, ways(events)[TEAM]))["resolution"]
    assert (found.spent, found.due_at) == (HOUR, NOW + 11 * HOUR)
    # Awake again by the time the snooze is read: its end is told later, and counts from then.
    [paused] = [
        one
        for one in folded(FRESH, (), [PROMISE], ALWAYS, ways(events[:2])[TEAM])
        if one.kind == "resolution"
    ]
    assert (paused.running_since, paused.spent) == (None, HOUR)
    on = folded(FRESH, (paused,), [PROMISE], ALWAYS, ways(events[2:])[TEAM])
    assert by_kind(on)["resolution"] == found


def test_closed_and_opened_again_seen_at_once_begins_anew() -> None:
    broken = told(timers(FRESH, (), [PROMISE], ALWAYS, NOW)[1], NOW + 9 * HOUR)
    events = [_becomes(10, "open", "closed"), _event("conversation.opened", 11)]
    [one] = folded(replace(FRESH, waiting_since=None), (broken,), [PROMISE], ALWAYS,
                   ways(events)[TEAM])  # fmt: skip
    assert (one.started_at, one.breached_at) == (NOW + 11 * HOUR, None)
    closed = replace(FRESH, status="closed")
    assert folded(closed, (broken,), [PROMISE], ALWAYS, Way(NOW, (("open", NOW),))) == ()


def test_which_events_concern_timers() -> None:
    assert ways([_event("message.status_changed", 1, message_status="delivered")]) == {}
    assert ways([_event("message.created", 1, imported=True)]) == {}
    taken_back = _event("message.status_changed", 1, message_status="cancelled")
    assert ways([taken_back]) == {TEAM: Way(NOW + HOUR)}


steps = st.lists(
    st.tuples(st.sampled_from(["open", "pending", "snoozed"]), st.integers(1, 600), st.booleans()),
    max_size=8,
)


@given(steps)
def test_what_was_spent_is_the_time_it_was_open(way: list[tuple[str, int, bool]]) -> None:
    """Looking often, or only when something changed, comes to the same."""
    facts, at, spent = FRESH, NOW, timedelta()
    found = timers(facts, (), [PROMISE], OFFICE, at)
    for status, minutes, looked in way:
        if facts.status == "open":
            spent += OFFICE.between(at, at + minutes * MINUTE)
        at += minutes * MINUTE
        if looked:
            found = timers(facts, found, [PROMISE], OFFICE, at)
        facts = replace(facts, status=status)
        found = timers(facts, found, [PROMISE], OFFICE, at)
    resting = replace(facts, status="pending")
    found = timers(resting, found, [PROMISE], OFFICE, at)
    assert by_kind(found)["resolution"].spent == spent
