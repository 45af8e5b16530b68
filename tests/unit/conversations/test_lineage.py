"""Merges and splits of conversations, undone in any order: every message in exactly one."""

from dataclasses import dataclass, field
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from hub.conversations.merging.lineage import Act, home, part_of, regrouped

A, B, C, NEW, OTHER = [UUID(int=number) for number in range(1, 6)]
E, F = UUID(int=11), UUID(int=12)


def act(number: int, name: str, *ends: UUID, entries: tuple[UUID, ...] = ()) -> Act:
    return Act(UUID(int=number), name, ends[0], ends[1], frozenset(entries))


def test_what_was_never_touched_stands_where_it_came_in() -> None:
    assert home([], A, E) == A
    assert home([act(1, "merge", B, C)], A, E) == A


def test_a_chain_is_followed_and_its_middle_can_be_undone() -> None:
    first, second = act(1, "merge", B, A), act(2, "merge", A, C)
    assert home([first, second], B, E) == C
    assert home([first._replace(undone=True), second], B, E) == B
    assert home([first._replace(undone=True), second], A, E) == C
    assert home([first, second._replace(undone=True)], B, E) == A


def test_what_was_split_out_of_a_merged_one_goes_home_either_way() -> None:
    merge, split = act(1, "merge", B, A), act(2, "split", A, NEW, entries=(E,))
    assert (home([merge, split], B, E), home([merge, split], B, F)) == (NEW, A)
    apart = merge._replace(undone=True)
    assert (home([apart, split], B, E), home([apart, split], B, F)) == (NEW, B)
    assert home([merge, split._replace(undone=True)], B, E) == A
    assert home([apart, split._replace(undone=True)], B, E) == B


def test_what_came_into_a_part_that_is_undone_goes_where_it_was_split_from() -> None:
    split = act(1, "split", A, NEW, entries=(E,))
    assert home([split], NEW, F) == NEW
    assert home([split._replace(undone=True)], NEW, F) == A


def test_a_circle_of_undone_splits_is_one_conversation() -> None:
    acts = [
        act(1, "split", A, NEW, entries=(E,))._replace(undone=True),
        act(2, "split", NEW, A, entries=(F,))._replace(undone=True),
    ]
    assert home(acts, A, E) == home(acts, NEW, F) == home(acts, A) == home(acts, NEW)


@dataclass
class World:
    """Conversations and messages as an operator sees them, with the acts that made them so."""

    acts: list[Act] = field(default_factory=list)
    conversations: list[UUID] = field(default_factory=lambda: [A, B, C])
    origin: dict[UUID, UUID] = field(default_factory=dict)
    moved: bool = False

    def standing(self) -> list[UUID]:
        return [one for one in self.conversations if home(self.acts, one) == one]

    def where(self) -> dict[UUID, UUID]:
        return {entry: home(self.acts, start, entry) for entry, start in self.origin.items()}

    def write(self, where: int) -> None:
        standing = self.standing()
        self.origin[UUID(int=1000 + len(self.origin))] = standing[where % len(standing)]

    def merge(self, one: int, other: int) -> None:
        standing = self.standing()
        loser, winner = standing[one % len(standing)], standing[other % len(standing)]
        if loser != winner:
            self.acts.append(act(100 + len(self.acts), "merge", loser, winner))

    def split(self, where: int, some: int) -> None:
        standing = self.standing()
        source = standing[where % len(standing)]
        inside = [entry for entry, here in self.where().items() if here == source]
        chosen = inside[: some % max(len(inside), 1)]
        if chosen:
            fresh = UUID(int=500 + len(self.conversations))
            self.conversations.append(fresh)
            number = 100 + len(self.acts)
            self.acts.append(act(number, "split", source, fresh, entries=tuple(chosen)))

    def step(self, name: str, one: int, other: int) -> None:
        match name:
            case "write":
                self.write(one)
            case "merge":
                self.merge(one, other)
            case "split":
                self.split(one, other)
            case _:
                self.undo(one)

    def undo(self, which: int) -> None:
        if self.acts:
            place = which % len(self.acts)
            self.acts[place] = self.acts[place]._replace(undone=True)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["write", "write", "merge", "split", "undo"]),
        st.integers(0, 50),
        st.integers(0, 50),
    ),
    max_size=30,
)


@given(STEPS, st.permutations(range(30)))
def test_every_message_stands_in_one_standing_conversation(
    steps: list[tuple[str, int, int]], order: list[int]
) -> None:
    world = World()
    for step in steps:
        world.step(*step)
        assert world.standing()
        assert set(world.where().values()) <= set(world.standing())
    began = {entry: start for entry, start in world.origin.items() if start in (A, B, C)}
    for which in order:
        world.undo(which)
    world.acts = [one._replace(undone=True) for one in world.acts]
    # Nothing is left of it all: also what came into a part stands where that was taken from.
    assert set(world.standing()) == {A, B, C}
    assert {entry: world.where()[entry] for entry in began} == began


def test_a_part_belongs_to_what_it_was_merged_into_and_not_to_the_whole() -> None:
    first, second = act(1, "merge", A, B), act(2, "merge", B, C)
    assert [part_of([first, second], one) for one in (A, B, C)] == [B, C, None]
    undone = first._replace(undone=True)
    assert regrouped([first, second], [undone, second], [A, B, C]) == ([A], [])
    assert regrouped([], [first], [A, B]) == ([], [(A, B)])


def test_what_a_split_made_returns_from_wherever_it_was_merged_into() -> None:
    split, merge = act(1, "split", A, NEW, entries=(E,)), act(2, "merge", NEW, C)
    undone = split._replace(undone=True)
    ids = [A, C, NEW]
    assert regrouped([split, merge], [undone, merge], ids) == ([NEW], [(NEW, A)])


@given(STEPS)
def test_whatever_is_undone_each_part_leaves_what_it_belonged_to(
    steps: list[tuple[str, int, int]],
) -> None:
    """As rows are kept: step by step, and never in a circle or under what has no such part."""
    world, belongs = World(), dict[UUID, UUID]()
    for step in steps:
        before = list(world.acts)
        world.step(*step)
        leaving, joining = regrouped(before, world.acts, world.conversations)
        for part in leaving:
            del belongs[part]
        assert not belongs.keys() & dict(joining).keys()
        belongs.update(joining)
        for part in world.conversations:
            assert whole(belongs, part) == home(world.acts, part)


def whole(belongs: dict[UUID, UUID], part: UUID) -> UUID:
    above = [part]
    while above[-1] in belongs:
        above.append(belongs[above[-1]])
        assert above[-1] not in above[:-1]
    return above[-1]
