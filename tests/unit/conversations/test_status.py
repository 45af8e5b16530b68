"""What may become of a conversation."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.conversations.assignment import check
from hub.conversations.status import (
    UNSET,
    ConversationStatus,
    Patch,
    State,
    activities,
    change,
    changed,
)
from hub.errors import Invalid
from hub.operators.access import ROLE_SCOPES, Role, Viewer

NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
OPEN = State("open", None, None, 0, (), None, None, NOW - timedelta(hours=1), NOW)


def test_closing_ends_the_waiting_and_reopening_does_not_invent_it():
    closed = change(OPEN, Patch(status="closed"), NOW)
    assert (closed.status, closed.closed_at, closed.waiting_since) == ("closed", NOW, None)
    again = change(closed, Patch(status="open"), LATER)
    assert (again.status, again.closed_at, again.waiting_since) == ("open", None, None)


def test_closing_twice_keeps_the_first_time():
    closed = change(OPEN, Patch(status="closed"), NOW)
    assert change(closed, Patch(status="closed"), LATER) == closed


def test_a_time_alone_snoozes_and_none_wakes():
    asleep = change(OPEN, Patch(snoozed_until=LATER), NOW)
    assert (asleep.status, asleep.snoozed_until) == ("snoozed", LATER)
    awake = change(asleep, Patch(snoozed_until=None), NOW)
    assert (awake.status, awake.snoozed_until) == ("open", None)
    assert change(OPEN, Patch(snoozed_until=None), NOW) == OPEN


@pytest.mark.parametrize(
    ("patch", "field"),
    [
        (Patch(status="asleep"), "status"),
        (Patch(status="snoozed"), "snoozed_until"),
        (Patch(snoozed_until=NOW), "snoozed_until"),
        (Patch(priority=5), "priority"),
        (Patch(priority=-1), "priority"),
        (Patch(labels=tuple(str(n) for n in range(51))), "labels"),
    ],
)
def test_what_cannot_be_is_refused_by_name(patch: Patch, field: str):
    with pytest.raises(Invalid) as refused:
        change(OPEN, patch, NOW)
    assert list(refused.value.fields) == [field]


def test_labels_are_trimmed_and_kept_once():
    assert change(OPEN, Patch(labels=("vip ", "vip", " ", "a")), NOW).labels == ("a", "vip")


def test_a_snooze_that_is_over_does_not_stop_other_changes():
    asleep = change(OPEN, Patch(snoozed_until=LATER), NOW)
    with pytest.raises(Invalid):
        change(asleep, Patch(status="snoozed"), LATER)
    assert change(asleep, Patch(status="open", priority=1), LATER).priority == 1


patches = st.builds(
    Patch,
    status=st.sampled_from([UNSET, *(str(one) for one in ConversationStatus)]),
    assignee_id=st.sampled_from([UNSET, None, uuid4()]),
    team_id=st.sampled_from([UNSET, None, uuid4()]),
    priority=st.sampled_from([UNSET, 0, 4]),
    labels=st.sampled_from([UNSET, (), ("vip",)]),
    snoozed_until=st.sampled_from([UNSET, None, LATER]),
)


@given(st.lists(patches, max_size=6))
def test_the_parts_of_a_state_always_fit_together(several: list[Patch]):
    state = OPEN
    for patch in several:
        try:
            after = change(state, patch, NOW)
        except Invalid:
            continue
        assert (after.status == "snoozed") == (after.snoozed_until is not None)
        assert (after.status == "closed") == (after.closed_at is not None)
        assert not (after.status == "closed" and after.waiting_since)
        # Every visible change is told, and nothing else.
        told = activities(changed(state, after), {})
        assert bool(told) == bool(changed(state, after).keys() - {"snoozed_until"})
        state = after


def viewer(role: Role, *hidden: object) -> Viewer:
    return Viewer("operator", uuid4(), "Olga", ROLE_SCOPES[role], frozenset(hidden), role)  # type: ignore[arg-type]


def test_only_who_may_answer_there_is_given_a_conversation():
    inbox = uuid4()
    assert check(viewer(Role.OPERATOR), inbox).name == "Olga"
    for nobody in (None, viewer(Role.READER), viewer(Role.OPERATOR, inbox)):
        with pytest.raises(Invalid):
            check(nobody, inbox)
