"""What a rule does when it fires; a failing action is recorded and hurts nobody else."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from hub.conversations.draft import Author, Cause, Draft, Sender
from hub.conversations.reach import Channels
from hub.conversations.reply import Suppressed, attempt_send
from hub.db.engine import WriteSession
from hub.deliveries import decisions
from hub.deliveries.decisions import NewDecision
from hub.deliveries.route import Choice
from hub.errors import HubError
from hub.operators.access import SYSTEM
from hub.rendering import Notices, render
from hub.rules.context import Context
from hub.rules.evaluate import Outcome
from hub.rules.spec import Action, Send


@dataclass(frozen=True, slots=True)
class Firing:
    """A rule about to act. depth: how many rules deep its cause is."""

    rule_id: UUID
    rule_name: str
    depth: int
    context: Context
    now: datetime


@dataclass(frozen=True, slots=True)
class Result:
    """outcome: fired, suppressed, no-route, failed; `reason` says why it was not `fired`."""

    outcome: str
    reason: str
    decision_id: UUID | None


async def act(
    session: WriteSession, firing: Firing, action: Action, registry: Channels, notices: Notices
) -> Result:
    """Do one action in the caller's transaction; what fails is undone and explained."""
    try:
        async with session.begin_nested():
            return await _send(session, firing, action.send, registry, notices)
    except HubError as error:
        decision = await _suppress(session, firing, "suppressed", f"failed: {error}")
        return Result("failed", str(error), decision)


async def explain(session: WriteSession, firing: Firing, outcome: Outcome) -> None:
    """Record that the rule was meant for this and why it did nothing."""
    kind = "superseded" if outcome.outcome == "superseded" else "suppressed"
    reason = outcome.outcome if outcome.outcome != "late" else outcome.reason
    await _suppress(session, firing, kind, reason)


async def _send(
    session: WriteSession, firing: Firing, send: Send, registry: Channels, notices: Notices
) -> Result:
    message = _text(firing.context, send, notices)
    if not message:
        reason = "template-silent"
        return Result("suppressed", reason, await _suppress(session, firing, "suppressed", reason))
    draft = Draft(text=message, purpose=send.purpose, channel=send.channel or "", automatic=True)
    cause = Cause(
        rule_id=firing.rule_id,
        object_kind=firing.context.object_kind,
        object_id=firing.context.object_id,
        depth=firing.depth + 1,
    )
    by = Sender(SYSTEM, Author("rule", firing.rule_id, firing.rule_name), cause)
    sent = await attempt_send(
        session, firing.context.customer_id, draft, by=by, registry=registry, now=firing.now
    )
    if isinstance(sent, Suppressed):
        return Result(sent.outcome, sent.reason, sent.decision_id)
    return Result("fired", "", sent.decision_id)


def _text(context: Context, send: Send, notices: Notices) -> str:
    """Empty when the template has nothing to say about this."""
    fields = context.values
    locale, zone = str(context.customer["locale"]), str(context.customer["time_zone"])
    if send.text is not None:
        return render(send.text, fields, locale=locale, time_zone=zone)
    return notices.render(send.template or "", fields, locale=locale, time_zone=zone)


async def _suppress(session: WriteSession, firing: Firing, outcome: str, reason: str) -> UUID:
    return await decisions.keep(
        session,
        NewDecision(
            customer_id=firing.context.customer_id,
            outcome=outcome,
            reason=reason,
            purpose="",
            choice=Choice(None, ()),
            by_kind="rule",
            by_id=firing.rule_id,
            rule_id=firing.rule_id,
            object_kind=firing.context.object_kind,
            object_id=firing.context.object_id,
        ),
        firing.now,
    )
