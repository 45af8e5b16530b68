"""Merges, splits and undos in any order, with messages in between, leave no trace at all.

Two worlds get the same messages; in one of them customers are merged, split and taken apart again.
At the end both are exported: to the byte the same, though no two ids are.
"""

import asyncio
from contextlib import AsyncExitStack
from typing import Any, ClassVar
from uuid import UUID

import orjson
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)
from typing_extensions import override

from hub.customers.identify import Home
from hub.db.engine import Database
from hub.errors import Conflict
from hub.ids import new_id
from tests.integration.deliveries.scene import Turned
from tests.integration.identity.people import People

NAMES = ("anna", "boris", "vera", "gleb")
PERSON = st.integers(0, len(NAMES) - 1)


class Worlds(RuleBasedStateMachine):
    url: ClassVar[str] = ""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.acts: list[tuple[UUID, UUID]] = []
        """(a customer that is concerned, edge): what is still to be undone."""
        self.wrote = 0
        self.split_ever = False

    def run(self, work: Any) -> Any:
        return self.runner.run(work)

    @initialize()
    def begin(self) -> None:
        self.run(self._begin())

    async def _begin(self) -> None:
        database = await self.stack.enter_async_context(Database.open(self.url))
        self.people = People(database, Turned())
        self.people.operator_id = (await self.people.operator(str(new_id()))).id
        self.shop = await self.people.inbox(None)
        self.suffixes = [f"-{new_id()}", f"-{new_id()}"]
        self.homes: list[list[Home]] = [[], []]
        for number, name in enumerate(NAMES):
            # One has no name of its own, to take one from a message or to show another's.
            await self._write(number, "hello", name.title() if number else "")
        for world, suffix in enumerate(self.suffixes):
            self.homes[world] = [await self.people.contact(name + suffix) for name in NAMES]
        self.before = await self._conversations()
        self.wrote = 0

    @rule(number=PERSON, named=st.booleans())
    def write(self, number: int, *, named: bool) -> None:
        # Whose name a message from an address brings is a question while it is split out.
        name = "Somebody" if named and not self.split_ever else ""
        self.run(self._write(number, f"message {self.wrote}", name))

    async def _write(self, number: int, words: str, name: str) -> None:
        self.wrote += 1
        self.people.clock.turn(minutes=1)
        for suffix in self.suffixes:
            await self.people.writes(self.shop, NAMES[number] + suffix, words, sender_name=name)

    @rule(one=PERSON, other=PERSON)
    def merge(self, one: int, other: int) -> None:
        mine = self.homes[0]
        try:
            moved = self.run(self.people.merge(mine[one].root_id, mine[other].root_id))
        except Conflict:
            return
        self.acts.append((moved.new_root, moved.edge_id))

    @rule(number=PERSON)
    def split(self, number: int) -> None:
        try:
            moved = self.run(self.people.split(self.homes[0][number].contact_point_id))
        except Conflict:
            return
        self.split_ever = True
        self.acts.append((moved.new_root, moved.edge_id))

    @precondition(lambda self: self.acts)
    @rule(which=st.integers(0, 99))
    def undo(self, which: int) -> None:
        customer, edge = self.acts.pop(which % len(self.acts))
        self.run(self.people.undo(customer, edge))

    @override
    def teardown(self) -> None:
        try:
            if hasattr(self, "before"):
                self.run(self._check())
        finally:
            self.run(self.stack.aclose())
            self.runner.close()

    async def _check(self) -> None:
        # Neither the first one first nor the last one first.
        while self.acts:
            customer, edge = self.acts.pop(len(self.acts) // 2)
            await self.people.undo(customer, edge)
        reshaped, untouched = [await self._export(world) for world in (0, 1)]
        assert reshaped == untouched
        if not self.wrote:
            assert await self._conversations() == self.before
        assert await self._strays() == []

    async def _export(self, world: int) -> bytes:
        """All that is known of these people and was said with them, without ids."""
        people = [await self._person(home) for home in self.homes[world]]
        written = orjson.dumps(people, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)
        return written.replace(self.suffixes[world].encode(), b"")

    async def _person(self, home: Home) -> Any:
        shown = await self.people.get(home.root_id)
        assert shown.pop("id") == str(home.root_id)
        for point in shown["contact_points"]:
            assert point.pop("id") == str(home.contact_point_id)
        entries = await self.people.timeline(home.root_id)
        if not self.split_ever:
            assert {one["author"]["id"] for one in entries} == {str(home.record_id)}
        kept = ("kind", "direction", "text", "channel", "status", "occurred_at", "recorded_at")
        said = [{name: one[name] for name in kept} for one in entries]
        return {
            "customer": shown,
            "entries": said,
            "author": [e["author"]["name"] for e in entries],
        }

    async def _conversations(self) -> list[Any]:
        return await self.people.execute(
            "SELECT c.*, s.root_id FROM conversations c "
            "JOIN streams s ON s.id = c.opening_stream_id WHERE inbox_id = :shop ORDER BY c.id",
            shop=self.shop,
        )

    async def _strays(self) -> list[Any]:
        """Messages in no conversation, or in one of somebody else; counts that are wrong."""
        return await self.people.execute(
            """
            SELECT e.text FROM entries e JOIN streams s ON s.id = e.stream_id
            LEFT JOIN conversations c ON c.id = e.conversation_id
            LEFT JOIN streams home ON home.id = c.opening_stream_id
            WHERE e.kind = 'message' AND e.inbox_id = :shop
              AND (c.id IS NULL OR home.root_id <> s.root_id)
            UNION ALL
            SELECT 'count' FROM conversations c WHERE inbox_id = :shop AND inbound_count <> (
                SELECT count(*) FROM entries e
                WHERE e.conversation_id = c.id AND e.direction = 'inbound')
            """,
            shop=self.shop,
        )


def test_no_trace_is_left(database_url: str) -> None:
    Worlds.url = database_url
    run_state_machine_as_test(
        Worlds,
        settings=settings(
            max_examples=12,
            stateful_step_count=14,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
