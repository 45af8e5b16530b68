"""Merges, splits and undos in any order, with messages in between, leave no trace at all.

Two worlds get the same messages; in one of them customers are merged, split and taken apart again.
At the end both are exported: to the byte the same, though no two ids are.
"""

import asyncio
from contextlib import AsyncExitStack, suppress
from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

import orjson
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import text
from typing_extensions import override

from hub.appointments.put import put_appointment
from hub.conversations import follows
from hub.conversations.merging import regroup
from hub.conversations.merging.regroup import Part
from hub.conversations.outbound import drafts
from hub.conversations.outbound.drafts import Wording
from hub.customers import consents, preferences
from hub.customers.consents import Purpose, Said
from hub.customers.edges import Moved
from hub.customers.identify import Home
from hub.db.engine import Database
from hub.errors import Conflict, Invalid, NotFound
from hub.ids import new_id
from hub.objects import follow as objects
from hub.objects.body import PushedBody
from hub.orders.put import put_order
from hub.reminders import planning
from hub.reminders import repository as reminders
from hub.reminders.repository import Only
from hub.rules import repository as rules
from hub.rules.active import ActiveRules
from hub.rules.spec import parse
from tests.channels import INSTALLED
from tests.integration.deliveries.scene import Turned
from tests.integration.identity.people import People

NAMES = ("anna", "boris", "vera", "gleb")
PERSON = st.integers(0, len(NAMES) - 1)


_CONVERSATION = text("""
    SELECT coalesce(c.merged_into_id, c.id) AS id FROM conversations c
    WHERE c.opening_stream_id = :stream ORDER BY c.opened_at, c.id LIMIT 1
""")
_APPOINTMENTS = text("SELECT id FROM appointments ORDER BY id")
RULE: dict[str, Any] = {
    "name": "Two hours before",
    "trigger": {"before": "appointment.starts_at", "by": "2h"},
    "actions": [{"send": {"text": "See you", "purpose": "reminder"}}],
}
_INSIDE = text("""
    SELECT id FROM entries WHERE conversation_id = :conversation AND kind = 'message'
    ORDER BY position
""")
_PUSHED = text("""
    SELECT 'order', o.number, o.status FROM orders o JOIN customers c ON c.id = o.customer_id
    WHERE c.root_id = :root
    UNION ALL
    SELECT 'appointment', o.number, o.status FROM appointments o
    JOIN customers c ON c.id = o.customer_id WHERE c.root_id = :root
    ORDER BY 1, 2
""")


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
        self.moves: list[tuple[UUID, UUID]] = []
        """(a conversation that is concerned, act): what is still to be undone."""

    def run(self, work: Any) -> Any:
        return self.runner.run(work)

    @initialize()
    def begin(self) -> None:
        self.run(self._begin())

    async def _begin(self) -> None:
        database = await self.stack.enter_async_context(Database.open(self.url))
        self.people = People(database, Turned())
        self.olga = await self.people.operator(str(new_id()))
        self.people.operator_id = self.olga.id
        self.shop = await self.people.inbox(None)
        self.suffixes = [f"-{new_id()}", f"-{new_id()}"]
        self.homes: list[list[Home]] = [[], []]
        for number, name in enumerate(NAMES):
            # One has no name of its own, to take one from a message or to show another's.
            await self._write(number, "hello", name.title() if number else "")
        for world, suffix in enumerate(self.suffixes):
            self.homes[world] = [await self.people.contact(name + suffix) for name in NAMES]
            for number, home in enumerate(self.homes[world]):
                await self._furnish(home, NAMES[number] + suffix, number)
        async with self.people.database.transaction() as session:
            await rules.store(session, parse(RULE), channels=INSTALLED, now=self.people.clock())
        await self._plan()
        self.before = await self._conversations()
        self.wrote = 0

    async def _plan(self) -> None:
        """As after `customer.reshaped`: what is planned follows whose appointment it is."""
        async with self.people.database.transaction() as session:
            ids = (await session.execute(_APPOINTMENTS)).scalars().all()
            now, active = self.people.clock(), await ActiveRules().all(session)
            await planning.replan(session, active, "appointment", set(ids), now=now)

    async def _furnish(self, home: Home, name: str, number: int) -> None:
        """An order, an appointment, a yes and a no, wishes; a follower and a draft."""
        now, point = self.people.clock(), home.contact_point_id
        pushed = {"customer": {"contact_point": f"fake:{name}"}, "number": name}
        order = PushedBody.model_validate({**pushed, "status": "packed"})
        booked = PushedBody.model_validate(
            {**pushed, "status": "booked", "starts_at": now + timedelta(days=1)}
        )
        async with self.people.database.transaction() as session:
            await put_order(session, "shop", name, order, by=None, now=now)
            await put_appointment(session, "salon", name, booked, by=None, now=now)
            for purpose in (Purpose.MARKETING, Purpose.SURVEY)[: number % 3]:
                said = Said(point, purpose, number % 2 == 0, source="operator", at=now)
                await consents.add(session, said)
            wanted = NAMES[: number + 1]
            await preferences.put(
                session, home.record_id, wanted, "none", source="operator", now=now
            )
            [row] = await session.execute(_CONVERSATION, {"stream": home.stream_id})
            await follows.follow(session, row.id, self.olga, now)
            await drafts.put(session, row.id, Wording(f"draft for {name}"), self.olga, now)

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
        self.run(self._bring_along(moved))
        self.acts.append((moved.new_root, moved.edge_id))

    @precondition(lambda self: self.acts)
    @rule(which=st.integers(0, 99))
    def undo(self, which: int) -> None:
        customer, edge = self.acts.pop(which % len(self.acts))
        self.run(self._undo(customer, edge))

    async def _undo(self, customer: UUID, edge: UUID) -> None:
        await self._bring_along(await self.people.undo(customer, edge))

    async def _bring_along(self, moved: Moved) -> None:
        if moved.stream_id is not None and moved.record_id is not None:
            async with self.people.database.transaction() as session:
                await objects.follow(session, moved.stream_id, moved.record_id)

    @rule(one=PERSON, other=PERSON)
    def join(self, one: int, other: int) -> None:
        """Two conversations, if they are of one customer by now."""
        self.run(self._join(*[self.homes[0][number].stream_id for number in (one, other)]))

    async def _join(self, one: UUID, other: UUID) -> None:
        async with self.people.database.transaction() as session:
            first = (await session.execute(_CONVERSATION, {"stream": one})).scalar_one()
            second = (await session.execute(_CONVERSATION, {"stream": other})).scalar_one()
            with suppress(Conflict):
                act = await regroup.merge(session, first, second, self.olga, self.people.by)
                self.moves.append((act.into_id, act.id))

    @rule(number=PERSON, part=st.integers(1, 3))
    def part(self, number: int, part: int) -> None:
        self.run(self._part(self.homes[0][number].stream_id, part))

    async def _part(self, stream: UUID, part: int) -> None:
        async with self.people.database.transaction() as session:
            source = (await session.execute(_CONVERSATION, {"stream": stream})).scalar_one()
            rows = await session.execute(_INSIDE, {"conversation": source})
            chosen = frozenset(list(rows.scalars())[:part])
            with suppress(Invalid, NotFound):
                act = await regroup.split(session, source, Part(chosen), self.olga, self.people.by)
                self.moves.append((act.from_id, act.id))

    @precondition(lambda self: self.moves)
    @rule(which=st.integers(0, 99))
    def separate(self, which: int) -> None:
        self.run(self._separate(*self.moves.pop(which % len(self.moves))))

    async def _separate(self, conversation: UUID, move: UUID) -> None:
        async with self.people.database.transaction() as session:
            # Undone already, when its customers were taken apart.
            with suppress(Conflict):
                await regroup.undo(session, conversation, move, self.olga, self.people.by)

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
        while self.acts or self.moves:
            if self.moves:
                await self._separate(*self.moves.pop(len(self.moves) // 2))
            if self.acts:
                await self._undo(*self.acts.pop(len(self.acts) // 2))
        await self._plan()
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
            assert {one["author"]["id"] for one in entries if one["kind"] == "message"} == {
                str(home.record_id)
            }
        kept = ("kind", "direction", "text", "channel", "status", "occurred_at", "recorded_at")
        said = [{name: one[name] for name in kept} for one in entries]
        async with self.people.database.reading() as session:
            lines = await consents.history(session, home.root_id)
            wants = await preferences.of(session, home.root_id)
            pushed = await session.execute(_PUSHED, {"root": home.root_id})
            things = [list(row) for row in pushed]
            planned = await reminders.listed(session, Only(customer=home.root_id), limit=50)
        return {
            "consents": [(one["purpose"], one["given"], one["at"]) for one in lines],
            "wants": wants.channels,
            "pushed": things,
            "reminders": [
                (one["object"]["number"], one["status"], one["reason"], one["due_at"])
                for one in planned
            ],
            "customer": shown,
            "entries": said,
            "author": [e["author"]["name"] for e in entries],
        }

    async def _conversations(self) -> list[Any]:
        return await self.people.execute(
            """
            SELECT to_jsonb(c) - 'updated_at' AS conversation, s.root_id,
                   ARRAY(SELECT operator_id FROM conversation_followers
                         WHERE conversation_id = c.id ORDER BY 1) AS followers,
                   ARRAY(SELECT text FROM drafts WHERE conversation_id = c.id) AS drafts,
                   ARRAY(SELECT text FROM entries
                         WHERE conversation_id = c.id AND kind = 'message'
                         ORDER BY position) AS said
            FROM conversations c JOIN streams s ON s.id = c.opening_stream_id
            WHERE inbox_id = :shop AND merged_into_id IS NULL ORDER BY c.id
            """,
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
              AND (c.id IS NULL OR home.root_id <> s.root_id OR c.merged_into_id IS NOT NULL)
            UNION ALL
            SELECT 'count' FROM conversations c
            WHERE inbox_id = :shop AND merged_into_id IS NULL AND inbound_count <> (
                SELECT count(*) FROM entries e
                WHERE e.conversation_id = c.id AND e.direction = 'inbound')
            """,
            shop=self.shop,
        )


@pytest.mark.timeout(400)
def test_no_trace_is_left(database_url: str) -> None:
    Worlds.url = database_url
    run_state_machine_as_test(
        Worlds,
        settings=settings(
            max_examples=10,
            stateful_step_count=14,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
