"""Whose turn it is."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from hub.conversations.draft import Cause
from hub.desk.routing import concerned, reasons_of
from hub.desk.turn_taking import Why, why
from hub.desk.turns import Person, next_one, owner_takes
from hub.events import Event

NOW = datetime(2026, 5, 4, 9, tzinfo=UTC)
ids = st.integers(0, 2**64).map(lambda number: UUID(int=number))
people = st.lists(
    st.builds(
        Person,
        ids,
        st.booleans(),
        st.integers(0, 5),
        st.integers(0, 5),
        st.none() | st.integers(0, 9).map(lambda day: NOW + timedelta(days=day)),
    ),
    max_size=8,
    unique_by=lambda one: one.id,
)


@given(people)
def test_the_least_loaded_who_is_there_and_has_room(all_: list[Person]) -> None:
    chosen = next_one(all_)
    free = [one for one in all_ if one.present and one.load < one.capacity]
    assert (chosen is None) is (not free)
    assert next_one(all_[::-1]) == chosen, "the order they are read in does not matter"
    if chosen is not None:
        assert chosen in free
        assert chosen.load == min(one.load for one in free)


def test_of_equals_who_has_waited_longest_is_next() -> None:
    first, second = UUID(int=1), UUID(int=2)
    fresh = Person(second, present=True, capacity=1)
    assert next_one([Person(first, True, 0, 1, NOW), fresh]) == fresh
    assert next_one([Person(first, True, 0, 1), fresh]) == Person(first, True, 0, 1)


def test_from_whom_it_was_taken_gets_it_again_only_where_there_is_nobody_else() -> None:
    anna, boris = Person(UUID(int=1), True, 0, 5), Person(UUID(int=2), True, 3, 5)
    assert next_one([anna, boris]) == anna
    assert next_one([anna, boris], anna.id) == boris
    assert next_one([anna, replace(boris, present=False)], anna.id) is None
    assert next_one([anna], anna.id) == anna


def _taken(rule: int | None, depth: int, old: UUID | None) -> Event:
    changed = {"assignee": [str(old) if old else None, None]}
    return Event(
        1, UUID(int=1), "conversation.updated", NOW, None, UUID(int=7), None, None, None,
        {"changed": changed}, UUID(int=rule) if rule else None, depth,
    )  # fmt: skip


def test_what_made_it_wait_goes_on_to_what_follows() -> None:
    conversation, anna = UUID(int=7), UUID(int=2)
    assert reasons_of([_taken(None, 0, anna)]) == {conversation: Why()}
    by_rule = Why(Cause(rule_id=UUID(int=9), depth=2), anna)
    assert reasons_of([_taken(9, 2, anna)]) == {conversation: by_rule}
    assert reasons_of([_taken(9, 2, anna), _taken(None, 0, None)]) == {conversation: by_rule}
    assert why(by_rule.spelled()) == by_rule
    assert why(None) == why(Why().spelled()) == Why()
    assert by_rule.by.cause == by_rule.cause


def test_owners() -> None:
    here, gone = Person(UUID(int=1), present=True), Person(UUID(int=1), present=False)
    takes = {
        (wish, who): owner_takes(one, wish)
        for wish in ("active", "present", "off")
        for who, one in (("here", here), ("gone", gone), ("nobody", None))
    }
    assert {name for name, taken in takes.items() if taken} == {
        ("active", "here"),
        ("active", "gone"),
        ("present", "here"),
    }


def _event(kind: str, **changed: list[object]) -> Event:
    data = {"changed": changed}
    return Event(1, UUID(int=1), kind, NOW, None, None, None, None, None, data, None, 0)


def test_what_may_leave_a_conversation_without_anybody() -> None:
    updated = "conversation.updated"
    assert concerned(_event("conversation.opened"))
    assert concerned(_event(updated, status=["closed", "open"]))
    assert concerned(_event(updated, assignee=["x", None]))
    assert concerned(_event(updated, team=[None, "x"]))
    assert not concerned(_event(updated, status=["open", "closed"]))
    assert not concerned(_event(updated, assignee=[None, "x"]))
    assert not concerned(_event("message.created"))
