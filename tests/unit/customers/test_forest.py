"""Undos in any order lead back to where it began."""

from datetime import UTC, datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from hub.customers.forest import Link, below, replaced, undone

NOW = datetime(2026, 5, 3, 9, 0, tzinfo=UTC)


def node(number: int) -> UUID:
    return UUID(int=number)


def root_of(parents, one):
    while one in parents:
        one = parents[one]
    return one


def test_a_root_is_what_nothing_leads_away_from():
    parents = {"a": "b", "b": "c", "d": "c"}
    assert root_of(parents, "a") == root_of(parents, "c") == "c"
    assert root_of(parents, "x") == "x"
    assert below(parents, "c") == {"a", "b", "c", "d"}
    assert below(parents, "b") == {"a", "b"}


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=15),
    st.randoms(use_true_random=False),
)
def test_merges_undone_in_any_order_leave_nothing(pairs, dice):
    """Each merge is one edge between two roots; its undo takes that edge away, whenever."""
    parents: dict[int, int] = {}
    merges = []
    for survivor, other in pairs:
        top, bottom = root_of(parents, survivor), root_of(parents, other)
        if top != bottom:
            parents[bottom] = top
            merges.append(bottom)
    dice.shuffle(merges)
    for bottom in merges:
        moved = below(parents, bottom)
        del parents[bottom]
        assert all(root_of(parents, one) == bottom for one in moved)
    assert parents == {}


@given(st.integers(1, 6), st.randoms(use_true_random=False))
def test_splits_undone_in_any_order_lead_back(number, dice):
    """A child that was moved again and again is where it was, once every move is taken back."""
    links = [Link(node(1), node(100))]
    for step in range(2, number + 2):
        links = replaced(links, Link(node(step), node(100 + step)), NOW)
    todo = list(range(2, number + 2))
    dice.shuffle(todo)
    left = sorted(todo)
    for step in todo:
        left.remove(step)
        links = undone(links, node(step), NOW)
        [active] = [one for one in links if one.active]
        # Where the newest move that still counts took it.
        assert active.id == node(max(left, default=1))
        assert {one.id for one in links if one.undone} == {node(n) for n in todo} - {
            node(n) for n in left
        }
    assert links[0] == Link(node(1), node(100))
