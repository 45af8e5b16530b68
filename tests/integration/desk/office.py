"""A team at their screens, and customers who write to its inbox."""

from collections.abc import Sequence
from uuid import UUID

from hub.db.engine import Database
from hub.desk.routing import RoutingReader
from hub.desk.turn_taking import Turns
from hub.due import queue
from hub.due.loop import Pace
from hub.due.queue import Claim
from hub.events import Event
from hub.ids import new_id
from hub.operators.access import Viewer
from tests.integration.conversations.stage import Stage
from tests.integration.deliveries.scene import Turned

_FACTS = (
    "id", "type", "occurred_at", "customer_id", "conversation_id", "stream_id", "position",
    "inbox_id", "data", "rule_id", "depth",
)  # fmt: skip


class Office(Stage):
    def __init__(self, database: Database, time: Turned) -> None:
        super().__init__(database, time)
        self.time = time
        self._read = 0

    async def team(
        self, inbox_id: UUID, *members: Viewer, routing: str = "round-robin", capacity: int = 20
    ) -> UUID:
        team_id = new_id()
        await self.execute(
            "INSERT INTO teams (id, name, routing, capacity) VALUES (:id, :name, :routing, :most)",
            id=team_id,
            name=f"team {team_id}",
            routing=routing,
            most=capacity,
        )
        await self.execute(
            "INSERT INTO team_inboxes (team_id, inbox_id) VALUES (:id, :inbox)",
            id=team_id,
            inbox=inbox_id,
        )
        for one in members:
            await self.execute(
                "INSERT INTO team_members (team_id, operator_id) VALUES (:id, :operator)",
                id=team_id,
                operator=one.id,
            )
        return team_id

    async def comes(self, one: Viewer, state: str = "online") -> None:
        await self.leaves(one)
        await self.execute(
            "INSERT INTO presence (screen_id, operator_id, state, seen_at)"
            " VALUES (:screen, :operator, :state, now())",
            screen=new_id(),
            operator=one.id,
            state=state,
        )

    async def leaves(self, one: Viewer) -> None:
        await self.execute("DELETE FROM presence WHERE operator_id = :id", id=one.id)

    async def news(self) -> Sequence[Event]:
        """What happened since the last look."""
        rows = await self.execute(
            "SELECT * FROM pending_events WHERE n > :n ORDER BY n", n=self._read
        )
        self._read = rows[-1].n if rows else self._read
        return [Event(row.n, **{name: getattr(row, name) for name in _FACTS}) for row in rows]

    async def route(self) -> None:
        """Let the reader read on."""
        events = await self.news()
        async with self.database.transaction() as session:
            await RoutingReader(self.clock)(session, events)

    async def hand_out(self, database: Database | None = None) -> int:
        """Do what is due; how many rows that was."""
        one = database or self.database
        turns = Turns(one, self.clock)
        claims: list[Claim] = []
        for kind in turns.handlers:
            async with one.transaction() as session:
                claims += await queue.claim(
                    session, [kind], now=self.clock(), limit=100, lease=Pace().lease
                )
        await turns.hand_out(claims)
        return len(claims)

    async def whose(self) -> dict[str, str]:
        """Who has what: {customer: operator, or nobody}."""
        rows = await self.execute("""
            SELECT p.value, coalesce(o.name, '') AS name FROM conversations AS c
            JOIN streams AS s ON s.id = c.opening_stream_id
            JOIN contact_points AS p ON p.id = s.contact_point_id
            LEFT JOIN operators AS o ON o.id = c.assignee_id
            ORDER BY c.opened_at, c.id
        """)
        return {row.value: row.name for row in rows}

    async def told(self, how: str) -> int:
        """How many lines of the timelines say that."""
        [row] = await self.execute(
            "SELECT count(*) AS number FROM entries"
            " WHERE data->>'activity' = 'conversation.assigned' AND data->>'how' = :how",
            how=how,
        )
        return int(row.number)
