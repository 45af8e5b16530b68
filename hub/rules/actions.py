"""What a rule does when it fires, each through the verb that a person's click goes through.

A failing action is undone, recorded, and hurts no other.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from hub.appointments.links import AnswerLinks
from hub.conversations import reply, storm
from hub.conversations.draft import Author, Cause, Draft, Note, Sender
from hub.conversations.reach import Channels
from hub.conversations.reply import Suppressed, attempt_send
from hub.db.engine import WriteSession
from hub.deliveries import decisions
from hub.deliveries.decisions import NewDecision
from hub.deliveries.route import Choice, Fallback
from hub.errors import HubError
from hub.operators.access import SYSTEM
from hub.ports import Button
from hub.rendering import render
from hub.rules import conversation_actions, customer_actions
from hub.rules.context import Context
from hub.rules.loaders import Values
from hub.rules.schedule import duration
from hub.rules.steps import Action, CallWebhook, Send, spread
from hub.templates.invites import invite_of
from hub.templates.message import said
from hub.webhooks.enqueue import NewCall, call_named


@dataclass(frozen=True, slots=True)
class Tools:
    """What actions work with."""

    registry: Channels
    preferences_page: Callable[[UUID], str] | None = None
    """The address of the page of a contact point (`preferences_url` in texts)."""
    links: AnswerLinks | None = None
    """Where customers answer about appointments; None where nobody can be asked."""


@dataclass(frozen=True, slots=True)
class Acting:
    """A rule at work on a customer whose root is locked.

    depth: how many rules deep its cause is. useful_until: what it sends is worth nothing later.
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


@dataclass(frozen=True, slots=True)
class Result:
    """outcome: fired, suppressed, no-route, failed; `reason` says why it was not `fired`."""

    action: str
    outcome: str = "fired"
    reason: str = ""
    decision_id: UUID | None = None


async def act(session: WriteSession, acting: Acting, action: Action, tools: Tools) -> Result:
    """Do one action in the caller's transaction; what fails is undone and explained."""
    try:
        async with session.begin_nested():
            return await _do(session, acting, action, tools)
    except HubError as error:
        if action.send is None:
            return Result(action.name, "failed", str(error))
        decision = await suppress(session, acting, "suppressed", f"failed: {error}")
        return Result(action.name, "failed", str(error), decision)


async def _do(session: WriteSession, acting: Acting, action: Action, tools: Tools) -> Result:
    if action.send is not None:
        return await _send(session, acting, action.send, tools)
    if action.note is not None:
        await _note(session, acting, action.note)
    elif action.webhook is not None:
        await _call(session, acting, action.webhook)
    elif action.set_ is not None or customer_actions.of_customer(action):
        await customer_actions.change(session, acting.context, action, acting.by, acting.now)
    else:
        await conversation_actions.change(session, acting.context, action, acting.by, acting.now)
    return Result(action.name)


async def _send(session: WriteSession, acting: Acting, send: Send, tools: Tools) -> Result:
    if reason := await _refusal(session, acting):
        decision = await suppress(session, acting, "suppressed", reason)
        return Result("send", "suppressed", reason, decision)
    draft = await _draft(session, acting, send, tools.links)
    if draft is None:
        reason = "template-silent"
        decision = await suppress(session, acting, "suppressed", reason)
        return Result("send", "suppressed", reason, decision)
    sent = await attempt_send(
        session,
        acting.context.customer_id,
        replace(draft, preferences_page=tools.preferences_page),
        by=acting.by,
        registry=tools.registry,
        now=acting.now,
    )
    if isinstance(sent, Suppressed):
        return Result("send", sent.outcome, sent.reason, sent.decision_id)
    return Result("send", decision_id=sent.decision_id)


async def _refusal(session: WriteSession, acting: Acting) -> str:
    """Why a machine must not answer what came in; empty when it may."""
    place, conversation_id = acting.context.place, acting.context.conversation_id
    if place is None and conversation_id is not None:
        # Whatever set the rule off, what it sends there answers what came last.
        place = await storm.newest(session, conversation_id)
    if place is None:
        return ""
    return str(await storm.storming(session, *place, acting.now) or "")


async def _draft(
    session: WriteSession, acting: Acting, send: Send, links: AnswerLinks | None
) -> Draft | None:
    """None when the template has nothing to say about this."""
    context = acting.context
    given: dict[str, object] = {
        "channel": send.channel or "",
        "conversation_id": context.conversation_id,
        "automatic": True,
        "useful_until": acting.useful_until,
        "fallback": tuple(Fallback(one.channel, duration(one.after)) for one in send.fallback),
    }
    if send.buttons:
        given["buttons"] = tuple(Button(one.label, one.value) for one in send.buttons)
    if send.calendar is not None:
        title = filled(context, send.calendar) if send.calendar else ""
        given["invite"] = invite_of(title, context.values)
    # A template knows its own purpose; the rule may say another.
    if send.purpose is not None:
        given["purpose"] = send.purpose
    if send.template is None:
        words = filled(context, send.text or "")
        return Draft(words, **given) if words else None  # type: ignore[arg-type]
    locale, zone = str(context.customer["locale"]), str(context.customer["time_zone"])
    values = _with_link(context, links)
    found = await said(session, send.template, values, locale=locale, time_zone=zone)
    return None if found is None else found.draft(**given)


def _with_link(context: Context, links: AnswerLinks | None) -> Mapping[str, Values]:
    """The values for a template, with the address where an appointment is answered."""
    values = context.values
    appointment = values.get("appointment")
    if links is None or appointment is None or not appointment["starts_at"]:
        return values
    starts_at = datetime.fromisoformat(str(appointment["starts_at"]))
    url = links.url(UUID(str(appointment["id"])), starts_at)
    return {**values, "appointment": {**appointment, "answer_url": url}}


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


async def suppress(session: WriteSession, acting: Acting, outcome: str, reason: str) -> UUID:
    """Record why the rule sent nothing."""
    return await decisions.keep(
        session,
        NewDecision(
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
        ),
        acting.now,
    )
