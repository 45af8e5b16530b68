"""One send under way: who asked for what, and what was planned for it."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from hub.conversations.draft import Draft, Sender
from hub.conversations.outbound.joining import Target
from hub.conversations.outbound.reach import Reach
from hub.deliveries.decisions import NewDecision, verdict_json
from hub.deliveries.planner import Plan
from hub.ports import StoredFile


class Job(NamedTuple):
    """One send under way: the customer's root is locked, the draft checked, its way planned.

    locale: the customer's.
    """

    root_id: UUID
    draft: Draft
    by: Sender
    now: datetime
    files: tuple[StoredFile, ...]
    named: Target | None
    reaches: dict[tuple[UUID, UUID], Reach]
    plan: Plan
    locale: str = ""

    @property
    def leaves_at(self) -> datetime:
        return self.draft.send_at or self.now

    @property
    def reach(self) -> Reach:
        """What was chosen."""
        chosen = self.plan.choice.chosen
        assert chosen is not None  # noqa: S101 - callers look first
        return self.reaches[chosen.contact_point_id, chosen.inbox_id]

    def saying(self, draft: Draft) -> "Job":
        return Job(self.root_id, draft, *self[2:])

    def decision(self, entry_id: UUID | None = None) -> NewDecision:
        plan, author, cause = self.plan, self.by.author, self.by.cause
        return NewDecision(
            # Of the record the address hangs on: it goes where that goes.
            customer_id=self.reach.record_id if plan.choice.chosen else self.root_id,
            outcome=plan.outcome,
            reason=plan.reason,
            facts=plan.facts,
            purpose=self.draft.purpose,
            choice=plan.choice,
            by_kind=author.kind,
            by_id=author.id,
            entry_id=entry_id,
            rule_id=cause.rule_id,
            object_kind=cause.object_kind,
            object_id=cause.object_id,
        )

    def shown(self) -> list[dict[str, Any]]:
        """The candidates as the refused author sees them: with addresses, no secret here."""
        return [
            {
                **verdict_json(verdict),
                "contact_point": {
                    "id": str(verdict.candidate.contact_point_id),
                    "scheme": verdict.candidate.scheme,
                    "value": one.address,
                },
                "inbox": one.inbox_name,
            }
            for verdict in self.plan.choice.verdicts
            for one in [
                self.reaches[verdict.candidate.contact_point_id, verdict.candidate.inbox_id]
            ]
        ]
