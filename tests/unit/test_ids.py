"""Identifiers stand in the order they were made in, and are those of Python's own class."""

from uuid import UUID

from hub.ids import new_id, parse_id


def test_they_rise():
    made = [new_id() for _ in range(1000)]
    assert made == sorted(set(made))
    assert {one.version for one in made} == {7}


def test_one_spelled_and_read_again_is_the_same():
    one = new_id()
    again = parse_id(str(one))
    assert type(again) is UUID
    assert (one, again) == (again, one)
    assert {one: "here"}[again] == "here"
