"""Conversations merged in chains and undone in any order are as if they had never been merged."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.conversations.merging import forest
from hub.conversations.merging.forest import Node
from hub.conversations.merging.inheriting import Journal, Sets, Standing, Traits, without
from hub.conversations.status import MOST_LABELS

START = datetime(2026, 3, 1, tzinfo=UTC)
A, B, C, D, E = IDS = [UUID(int=number) for number in range(1, 6)]
OLGA, VERA = UUID(int=21), UUID(int=22)
PLAIN = Traits(Standing("open"))
CLOSED = Standing("closed", closed_at=START, close_reason="solved")


def labelled(*labels: str, **more: object) -> Traits:
    return replace(PLAIN, sets=Sets(frozenset(labels)), **more)  # type: ignore[arg-type]


@dataclass
class World:
    """Some conversations, and a clock that goes on with everything that is done to them."""

    nodes: dict[UUID, Node] = field(default_factory=dict)
    at: datetime = START

    def begin(self, **traits: Traits) -> "World":
        for name, one in traits.items():
            self.nodes[IDS["abcde".index(name)]] = Node(one, Journal(one, self.at))
        return self

    def later(self) -> datetime:
        self.at += timedelta(minutes=1)
        return self.at

    def join(self, one: UUID, into: UUID) -> None:
        self.nodes |= forest.joined(self.nodes, one, into, self.later())

    def leave(self, one: UUID) -> None:
        self.nodes |= forest.left(self.nodes, one, self.later())

    def change(self, one: UUID, to: Callable[[Traits], Traits]) -> None:
        self.later()
        node = self.nodes[one]
        self.nodes[one] = replace(node, traits=to(node.traits))

    def wake(self, one: UUID) -> None:
        """The customer writes."""
        now = self.later()
        open_ = replace(self.nodes[one].traits, standing=Standing("open"))
        self.nodes[one] = replace(self.nodes[one], traits=open_, last_inbound_at=now)

    def shown(self, one: UUID) -> Traits:
        return self.nodes[one].traits


def test_the_whole_chain_gives_back_what_one_of_its_parts_lent() -> None:
    world = World().begin(
        a=labelled("vip", assignee_id=OLGA, priority=3),
        b=labelled("late", standing=CLOSED),
        c=labelled("new", standing=CLOSED, team_id=VERA),
    )
    world.join(A, B)
    world.join(B, C)
    assert world.shown(C) == labelled(
        "vip", "late", "new", assignee_id=OLGA, team_id=VERA, priority=3
    )
    world.leave(A)
    assert world.shown(C) == labelled("late", "new", standing=CLOSED, team_id=VERA)
    assert world.shown(A) == labelled("vip", assignee_id=OLGA, priority=3)
    world.leave(B)
    assert world.shown(B) == labelled("late", standing=CLOSED)
    assert world.shown(C) == labelled("new", standing=CLOSED, team_id=VERA)


def test_what_two_have_lent_stays_while_one_of_them_stays() -> None:
    world = World().begin(
        a=labelled("vip", assignee_id=OLGA, priority=2),
        b=labelled("vip", assignee_id=VERA, priority=1),
        c=labelled(standing=CLOSED),
    )
    world.join(A, C)
    world.join(B, C)
    world.leave(A)
    assert world.shown(C) == labelled("vip", assignee_id=VERA, priority=1)


def test_what_was_done_meanwhile_stays_done() -> None:
    world = World().begin(a=labelled("vip", priority=3), b=labelled(), c=labelled("new"))
    world.join(A, B)
    world.change(B, lambda one: replace(one, assignee_id=OLGA, sets=Sets(frozenset({"own"}))))
    world.join(B, C)
    world.change(C, lambda one: replace(one, priority=1))
    world.leave(A)
    assert world.shown(C) == labelled("own", "new", assignee_id=OLGA, priority=1)


def test_what_the_customer_woke_stays_awake() -> None:
    for woken in (True, False):
        world = World().begin(a=labelled(), b=labelled(standing=CLOSED))
        world.join(A, B)
        if woken:
            world.wake(B)
        world.leave(A)
        assert world.shown(B).standing == (Standing("open") if woken else CLOSED)


def test_too_many_labels_stay_apart() -> None:
    many = [f"label {number}" for number in range(MOST_LABELS)]
    world = World().begin(a=labelled("one more"), b=labelled(*many))
    world.join(A, B)
    assert world.shown(B).sets.labels == set(many)
    world.leave(A)
    assert world.shown(A).sets.labels == {"one more"}


@pytest.mark.parametrize(
    ("text", "lent", "left"),
    [
        ("lent", "lent", ""),
        ("own\n\nlent", "lent", "own"),
        ("own\n\nlent\n\nmore", "lent", "own\n\nmore"),
        ("lent\n\nmore", "lent", "more"),
        ("own\n\ntwo\n\nparts", "two\n\nparts", "own"),
        ("lent\n\nlent", "lent", "lent"),
        ("own, lent", "lent", "own, lent"),
        ("own\n\nlent, changed", "lent", "own\n\nlent, changed"),
        ("own", "", "own"),
    ],
)
def test_a_draft_without_what_it_was_lent(text: str, lent: str, left: str) -> None:
    assert without(text, lent) == left


Step = tuple[str, int, int]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["join", "join", "label", "leave", "unlabel", "set", "snooze", "wake"]),
        st.integers(0, 50),
        st.integers(0, 50),
    ),
    min_size=12,
    max_size=24,
)


@dataclass
class Told(World):
    """Does steps, and remembers them so that they can be done again without what was undone."""

    done: list[tuple[UUID, Callable[[World], None]]] = field(default_factory=list)
    """(the part that a merge is of, else nobody's; the step)"""

    def step(self, number: int, name: str, one: int, other: int) -> None:
        standing = [each for each in IDS if self.nodes[each].into is None]
        parts = [each for each in IDS if self.nodes[each].into is not None]
        here, there = standing[one % len(standing)], standing[other % len(standing)]
        at = START + timedelta(days=number)
        match name:
            case "join" if here != there:
                self._do(here, lambda world: world.join(here, there))
            case "leave" if parts:
                gone = parts[one % len(parts)]
                self.leave(gone)
                # Were it merged again later, that would be another step.
                self.done = [each for each in self.done if each[0] != gone]
            case "label":
                self._change(here, lambda t: _sets(t, t.sets.labels | {f"label {number}"}))
            case "unlabel" if labels := sorted(self.shown(here).sets.labels):
                label = labels[other % len(labels)]
                self._change(here, lambda t: _sets(t, t.sets.labels - {label}))
            case "set":
                self._change(here, lambda t: replace(t, priority=number, score=(1, at)))
            case "snooze":
                asleep = Standing("snoozed", snoozed_until=at)
                self._change(here, lambda t: replace(t, standing=asleep))
            case "wake":
                self._do(UUID(int=0), lambda world: world.wake(here))
            case _:
                pass

    def _change(self, here: UUID, to: Callable[[Traits], Traits]) -> None:
        self._do(UUID(int=0), lambda world: world.change(here, to))

    def _do(self, part: UUID, step: Callable[[World], None]) -> None:
        step(self)
        self.done.append((part, step))


def _sets(traits: Traits, labels: frozenset[str]) -> Traits:
    return replace(traits, sets=replace(traits.sets, labels=labels))


BEGUN = {
    "a": labelled("a", priority=3, assignee_id=OLGA),
    "b": labelled("b", standing=CLOSED, score=(5, START)),
    "c": labelled("c", standing=Standing("pending"), team_id=VERA),
    "d": replace(PLAIN, standing=CLOSED, sets=Sets(followers=frozenset({OLGA, VERA}))),
    "e": labelled("e", priority=1),
}


@given(STEPS)
def test_undone_in_any_order_they_are_as_if_never_merged(steps: list[Step]) -> None:
    world = Told()
    world.begin(**BEGUN)
    for number, step in enumerate(steps):
        world.step(number + 100, *step)
    never = World().begin(**BEGUN)
    for _, again in world.done:
        again(never)
    for one in IDS:
        if world.nodes[one].into is None:
            assert world.shown(one) == never.shown(one)
