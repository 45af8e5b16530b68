"""What is true for a moment: typing, presence, a draft on another screen; carried between nodes.

On the node where it happens it is told at once; the others read it from an unlogged table that is
swept after seconds. It is never remembered, has no number, may be lost, and nothing waits for it.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import orjson
from sqlalchemy import text

from hub.clock import rfc3339
from hub.db.engine import Database, wake_after_commit
from hub.db.outage import Outage
from hub.db.signals import Topic
from hub.ids import new_id
from hub.timeline.broadcast import ContactPointKey, LiveEvent

_MAX_WAITING = 1000
_POLL = 1.0

_WRITE = text("""
    INSERT INTO live_signals (id, origin, body, at)
    SELECT id, :origin, body::jsonb, now()
    FROM unnest(CAST(:ids AS uuid[]), CAST(:bodies AS text[])) AS one(id, body)
""")
_SWEEP = text("DELETE FROM live_signals WHERE at < now() - interval '10 seconds'")
_READ = text("""
    SELECT id, body FROM live_signals
    WHERE origin <> :origin AND at > now() - interval '5 seconds' ORDER BY at
""")


@dataclass(frozen=True, slots=True)
class Transient:
    """Somebody is typing, has come or gone, or has something new on another screen.

    contact_point: the customer's address it happens at: operators type to it, the customer at it.
    author_kind: `customer`, `operator`, `integration`.
    state: of presence: `online`, `offline`, `viewing`, `away`.
    operator_id: the only one who is told; None tells everybody.
    """

    type: Literal["typing", "presence", "draft.updated"]
    author_kind: str
    author_id: UUID | None = None
    author_name: str = ""
    customer_id: UUID | None = None
    inbox_id: UUID | None = None
    contact_point: ContactPointKey | None = None
    state: str = ""
    operator_id: UUID | None = None
    conversation_id: UUID | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


def to_live(one: Transient, now: datetime) -> LiveEvent:
    data: dict[str, object] = {
        "author": {"kind": one.author_kind, "id": one.author_id, "name": one.author_name},
        "inbox_id": one.inbox_id,
        **one.data,
    }
    if one.state:
        data["state"] = one.state
    frame = orjson.dumps(
        {
            "type": one.type,
            "occurred_at": rfc3339(now),
            "customer_id": one.customer_id,
            "conversation_id": one.conversation_id,
            "data": data,
        },
        default=str,
    )
    inboxes = frozenset({one.inbox_id} if one.inbox_id else ())
    return LiveEvent(
        0,
        one.type,
        frame,
        inboxes,
        one.contact_point,
        author_kind=one.author_kind,
        operator_id=one.operator_id,
    )


class Exchange:
    """Carries transients to the other nodes and hands theirs to `tell`."""

    def __init__(self, database: Database, tell: Callable[[Transient], None]) -> None:
        self._database = database
        self._tell = tell
        self._origin = str(new_id())
        self._waiting: deque[Transient] = deque(maxlen=_MAX_WAITING)
        self._told: dict[UUID, None] = {}
        self._wake = database.signals.subscribe(Topic.LIVE)

    def send(self, one: Transient) -> None:
        self._waiting.append(one)
        self._wake.set()

    async def run(self, listening: Callable[[], bool]) -> None:
        """Write what waits, read what came; reads nothing while nobody is `listening`."""
        outage = Outage("live signals")
        try:
            while True:
                try:
                    await self._write()
                    if listening():
                        await self._read()
                    outage.over()
                except Exception as error:  # noqa: BLE001 - Outage logs it
                    await asyncio.sleep(outage.failed(error))
                await self._wake.wait(_POLL)
        finally:
            self._database.signals.unsubscribe(self._wake)

    async def _write(self) -> None:
        if not self._waiting:
            return
        leaving = [self._waiting.popleft() for _ in range(len(self._waiting))]
        async with self._database.transaction() as session:
            connection = await session.connection()
            await connection.execute(_SWEEP)
            await connection.execute(
                _WRITE,
                {
                    "origin": self._origin,
                    "ids": [new_id() for _ in leaving],
                    "bodies": [orjson.dumps(one, default=str).decode() for one in leaving],
                },
            )
            wake_after_commit(session, Topic.LIVE)

    async def _read(self) -> None:
        async with self._database.reading() as session:
            found = await (await session.connection()).execute(_READ, {"origin": self._origin})
            rows = {row.id: row.body for row in found}
        for key, body in rows.items():
            if key not in self._told:
                self._tell(_from_json(body))
        # Only what may still come again has to be remembered.
        self._told = dict.fromkeys(rows)


def _from_json(body: Mapping[str, Any]) -> Transient:
    point = body["contact_point"]
    return Transient(
        **{
            **body,
            "author_id": _id(body["author_id"]),
            "customer_id": _id(body["customer_id"]),
            "inbox_id": _id(body["inbox_id"]),
            # A node of the release before, still running, does not send these.
            "operator_id": _id(body.get("operator_id")),
            "conversation_id": _id(body.get("conversation_id")),
            "contact_point": (point[0], point[1]) if point else None,
        }
    )


def _id(value: str | None) -> UUID | None:
    return UUID(value) if value else None
