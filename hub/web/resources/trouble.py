"""`/problems`: what went wrong and waits for somebody (`hub.web.problems`: errors of answers)."""

from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime

from hub.conversations import problems
from hub.operators import audit
from hub.operators.access import Scope
from hub.web import cursors
from hub.web.api import AnyCall, Call, Routes
from hub.web.cursors import Page, Paging
from hub.web.shapes import Json, Output

routes = Routes("problems")

Kind = Literal["failed", "unknown", "quarantined", "inbox-down", "stuck", "alert", "reminder"]


class Whose(Output):
    id: UUID
    name: str


class Where(Output):
    id: UUID
    name: str
    channel: str


class ProblemView(Output):
    """`id`: of the delivery, the quarantined input, the inbox, or the alert. `why`: a code or a
    sentence. An alert is of the hub itself, and has no inbox: `detail` is what it is about.

    Of a reminder it is the rule.

    `detail`: the provider's own words. `action`: `retry` the delivery, `replay` the input,
    `open-inbox` and see to it; null when there is nothing but to wait.
    """

    kind: Kind
    id: UUID
    at: AwareDatetime
    why: str
    detail: str
    remedy: str
    customer: Whose | None
    inbox: Where | None
    conversation_id: UUID | None
    message_id: UUID | None
    action: Literal["retry", "replay", "open-inbox"] | None


class ProblemQuery(Paging):
    kind: Kind | Literal[""] = ""


class ProblemCounts(Output):
    """1,000 stands for that many or more."""

    failed: int
    unknown: int
    quarantined: int
    inbox_down: int
    stuck: int
    alert: int
    reminder: int


@routes.op(
    "GET",
    "/problems",
    query=ProblemQuery,
    out=Page[ProblemView],
    scope=Scope.MESSAGES_READ,
)
async def list_problems(call: Call[None, ProblemQuery]) -> Json:
    """Newest first. Quarantine and inboxes are shown to who administers inboxes."""
    asked = call.query
    place = cursors.decode(asked.cursor, cursors.moment, UUID)
    async with call.reading() as session:
        items, following = await problems.page(
            session,
            call.viewer,
            call.now,
            kind=asked.kind,
            limit=asked.limit,
            after=(place[0], place[1]) if place else None,
        )
    return {"items": items, "next": cursors.encode(*following) if following else None}


@routes.op("GET", "/problems/counts", out=ProblemCounts, scope=Scope.MESSAGES_READ)
async def count_problems(call: Call) -> Json:
    """How many problems there are of each kind."""
    async with call.reading() as session:
        found = await problems.counts(session, call.viewer, call.now)
    return {kind.replace("-", "_"): number for kind, number in found.items()}


@routes.op("PUT", "/deliveries/{id}/dismissal", status=204, scope=Scope.MESSAGES_WRITE)
async def dismiss_delivery(call: Call) -> None:
    """Leave it at that a message has failed: it is no problem any more, and stays failed."""
    await problems.dismiss(call.session, call.viewer, call.id, call.now)
    await _audit(call, "delivery.dismissed")


@routes.op("DELETE", "/deliveries/{id}/dismissal", status=204, scope=Scope.MESSAGES_WRITE)
async def recall_delivery(call: Call) -> None:
    """It is a problem after all."""
    await problems.dismiss(call.session, call.viewer, call.id, None)
    await _audit(call, "delivery.recalled")


async def _audit(call: AnyCall, action: str) -> None:
    await audit.record(
        call.session, call.viewer, action, about=("delivery", call.id), now=call.now
    )
