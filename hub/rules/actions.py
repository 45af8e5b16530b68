"""What a rule does when it fires, each through the verb that a person's click goes through.

A failing action is undone, recorded, and hurts no other.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from hub.appointments.links import AnswerLinks
from hub.conversations.draft import Author, Cause, Note, Sender
from hub.conversations.outbound import reply
from hub.conversations.outbound.reach import Channels
from hub.db.engine import WriteSession, savepoint
from hub.deliveries import decisions
from hub.deliveries.decisions import NewDecision
from hub.deliveries.route import Choice
from hub.errors import HubError
from hub.operators.access import SYSTEM
from hub.rendering import render
from hub.rules import conversation_actions, customer_actions
from hub.rules.context import Context
from hub.rules.question_links import QuestionLinks
from hub.rules.steps import Action, CallWebhook, spread
from hub.webhooks.enqueue import NewCall, call_named


@dataclass(frozen=True, slots=True)
class Tools:
    """What actions work with."""

    registry: Channels
    preferences_page: Callable[[UUID], str] | None = None
    """The address of the page of a contact point (`preferences_url` in texts)."""
    links: AnswerLinks | None = None
    """Where customers answer about appointments; None where nobody can be asked."""
    questions: QuestionLinks | None = None
    """Where customers answer what a rule asks; None where they have no page for it."""


class Acting(NamedTuple):
    """A rule at work on a customer whose root is locked.

    depth: how many rules deep its cause is. useful_until: what it sends is worth nothing later.
    A tuple, as the next: thousands are made at a time.
    """

    rule_id: UUID
    rule_name: str
    depth: int
    context: Context
    now: datetime
    useful_until: datetime | None = None

    @property
    def by(self) -> Sender:
        """The rule in person: what it causes says so, and how deep."""
        cause = Cause(
            rule_id=self.rule_id,
            object_kind=self.context.object_kind,
            object_id=self.context.object_id,
            depth=self.depth + 1,
        )
        return Sender(SYSTEM, Author("rule", self.rule_id, self.rule_name), cause)


class Result(NamedTuple):
    """outcome: fired, suppressed, no-route, failed; `reason` says why it was not `fired`."""

    action: str
    outcome: str = "fired"
    reason: str = ""
    decision_id: UUID | None = None


async def act(session: WriteSession, acting: Acting, action: Action) -> Result:
    """Do one action that sends nothing, in the caller's transaction; what fails is undone.

    What a rule sends goes another way: `hub.rules.sending`.
    """
    try:
        async with savepoint(session):
            await _do(session, acting, action)
    except HubError as error:
        named = (f"{field}: {said}" for field, said in error.fields.items())
        return Result(action.name, "failed", " ".join([str(error), *named]))
    return Result(action.name)


async def _do(session: WriteSession, acting: Acting, action: Action) -> None:
    if action.note is not None:
        await _note(session, acting, action.note)
    elif action.webhook is not None:
        await _call(session, acting, action.webhook)
    elif action.set_ is not None or customer_actions.of_customer(action):
        await customer_actions.change(session, acting.context, action, acting.by, acting.now)
    else:
        await conversation_actions.change(session, acting.context, action, acting.by, acting.now)


def filled(context: Context, source: str) -> str:
    """A text of the rule's own, filled in for the customer."""
    locale, zone = str(context.customer["locale"]), str(context.customer["time_zone"])
    return render(source, context.values, locale=locale, time_zone=zone)


async def _note(session: WriteSession, acting: Acting, source: str) -> None:
    context = acting.context
    new = Note(filled(context, source), conversation_id=context.conversation_id)
    await reply.note(session, context.customer_id, new, by=acting.by, now=acting.now)


async def _call(session: WriteSession, acting: Acting, hook: CallWebhook) -> None:
    context = acting.context
    told = spread(hook.data, lambda one: filled(context, one))
    about = {"kind": context.object_kind, "id": str(context.object_id)}
    rule = {"id": str(acting.rule_id), "name": acting.rule_name}
    call = NewCall(
        data={"rule": rule, "object": about, **told},
        customer_id=context.customer_id,
        conversation_id=context.conversation_id,
    )
    await call_named(session, hook.name, call, acting.now)


def unsent(acting: Acting, outcome: str, reason: str) -> NewDecision:
    """Why the rule sent nothing."""
    return NewDecision(
        customer_id=acting.context.customer_id,
        outcome=outcome,
        reason=reason,
        purpose="",
        choice=Choice(None, ()),
        by_kind="rule",
        by_id=acting.rule_id,
        rule_id=acting.rule_id,
        object_kind=acting.context.object_kind,
        object_id=acting.context.object_id,
    )


async def suppress(session: WriteSession, acting: Acting, outcome: str, reason: str) -> UUID:
    """Record why the rule sent nothing."""
    return await decisions.keep(session, unsent(acting, outcome, reason), acting.now)
